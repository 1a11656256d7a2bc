/// The level of what is always there, followed by its minimum over the last seconds (after Martin, *Noise power spectral
/// density estimation based on optimal smoothing and minimum statistics*, IEEE Trans. Speech and Audio Processing 9(5), 2001):
/// between words and syllables even somebody who speaks is silent.
struct NoiseFloor {
    /// Power; 0 is never below `least`.
    private(set) var power: Float
    private var smoothed: Float?
    private var minima = (Float.infinity, Float.infinity, Float.infinity, Float.infinity, Float.infinity, Float.infinity)
    private var current = Float.infinity
    private var frames = 0
    private let framesOfPart: Int
    private let least: Float

    /// The minimum of a smoothed power lies below its mean: by so much for noise smoothed as here.
    private static let bias: Float = 1.6
    /// Weight of a new frame of 20 ms: a tenth of a second.
    private static let weight: Float = 0.2

    /// - Parameters:
    ///   - framesOfPart: frames of half a second; six of these are remembered.
    ///   - least: power that counts as silence whatever comes, and is assumed at the start.
    init(framesOfPart: Int, least: Float) {
        self.framesOfPart = max(1, framesOfPart)
        self.least = least
        power = least
    }

    mutating func take(_ framePower: Float) {
        let value = smoothed.map { $0 + Self.weight * (framePower - $0) } ?? framePower
        smoothed = value
        current = min(current, value)
        frames += 1
        if frames == framesOfPart {
            minima = (minima.1, minima.2, minima.3, minima.4, minima.5, current)
            current = .infinity
            frames = 0
        }
        // Until three seconds have been heard, silence is assumed before them: a clip may begin with speech.
        guard minima.0 < .infinity else { return }
        let lowest = min(min(minima.0, minima.1, minima.2), min(minima.3, minima.4, minima.5), current)
        power = max(least, lowest * Self.bias)
    }
}
