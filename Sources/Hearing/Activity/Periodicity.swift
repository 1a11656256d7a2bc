/// How much a sound repeats itself at the pitch of a voice: the highest normalised autocorrelation for 70 to 400 Hz over the
/// last 40 ms, on a signal of about 4 kHz.
final class Periodicity {
    private let step: Int
    private let window: Int
    private let leastLag: Int, mostLag: Int
    /// The last `window` samples, oldest first.
    private let samples: UnsafeMutablePointer<Float>
    private var highPass: Biquad
    private let startOfHighPass: Biquad
    private var sum: Float = 0, summed = 0

    init(rateHertz: Int) {
        step = max(1, rateHertz / 4000)
        let rate = rateHertz / step
        window = rate / 25
        leastLag = max(2, rate / 400)
        mostLag = rate / 70
        samples = .allocate(capacity: window)
        samples.initialize(repeating: 0, count: window)
        startOfHighPass = Biquad.highPass(90, rate: Double(rateHertz))
        highPass = startOfHighPass
    }

    deinit { samples.deallocate() }

    /// From 0 (noise) to 1 (a tone), with the samples of this frame.
    func take(_ frame: UnsafeBufferPointer<Float>) -> Float {
        append(frame)
        let count = window - mostLag
        var energy: Float = 0
        for index in 0..<count { energy += samples[index] * samples[index] }
        guard energy > 1e-12 else { return 0 }
        // From the lag of 0, where everything is alike, a voice falls before it rises again at its pitch; a rumble only falls.
        var shifted = energy, best: Float = 0, hasFallen = false
        for lag in 1...mostLag {
            let entering = samples[lag + count - 1], leaving = samples[lag - 1]
            shifted += entering * entering - leaving * leaving
            var product: Float = 0
            for index in 0..<count { product += samples[index] * samples[index + lag] }
            let correlation = shifted > 1e-12 ? product / (energy * shifted).squareRoot() : 0
            if correlation < 0.3 { hasFallen = true }
            if hasFallen, lag >= leastLag { best = max(best, correlation) }
        }
        return min(1, best)
    }

    private func append(_ frame: UnsafeBufferPointer<Float>) {
        let arriving = min(window, (summed + frame.count) / step)
        let skipped = (summed + frame.count) / step - arriving
        for index in 0..<(window - arriving) { samples[index] = samples[index + arriving] }
        var place = window - arriving - skipped
        for sample in frame {
            sum += highPass.filter(sample)
            summed += 1
            guard summed == step else { continue }
            if place >= window - arriving { samples[place] = sum / Float(step) }
            place += 1
            (sum, summed) = (0, 0)
        }
        highPass.settle()
    }

    func reset() {
        samples.update(repeating: 0, count: window)
        highPass = startOfHighPass
        (sum, summed) = (0, 0)
    }
}
