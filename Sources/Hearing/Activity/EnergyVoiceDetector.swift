import CLinux

/// A voice by its energy over the noise in the bands of speech, by the pitch of its vowels and by its uneven spectrum. No
/// model: noise of any level that goes on doesn't look like a voice to it, a whisper doesn't either, and music may.
public final class EnergyVoiceDetector: VoiceDetector {
    public let rateHertz: Int
    public let frameLength: Int
    public private(set) var level: Float = -100
    private let bands: BandEnergies
    private let periodicity: Periodicity
    private var floors: [NoiseFloor] = []
    private let freshFloor: NoiseFloor
    private var voicing: Float = 0

    /// Nothing quieter counts: -80 dB of full scale in a band.
    private static let leastPower: Float = 1e-8
    /// How a vowel's pitch counts for what is spoken around it: by a tenth less with each frame.
    private static let memory: Float = 0.9

    /// - Parameter rateHertz: 8000 or more.
    public init(rateHertz: Int = 16_000) {
        self.rateHertz = rateHertz
        frameLength = max(1, rateHertz / 50)
        bands = BandEnergies(rateHertz: rateHertz)
        periodicity = Periodicity(rateHertz: rateHertz)
        freshFloor = NoiseFloor(framesOfPart: 25, least: Self.leastPower)
        floors = [NoiseFloor](repeating: freshFloor, count: BandEnergies.count)
    }

    deinit { bands.deallocate() }

    public func score(_ frame: UnsafeBufferPointer<Float>) -> Float {
        bands.take(frame)
        var total: Float = 0, excess = SIMD8<Float>()
        for band in 0..<BandEnergies.count {
            let power = bands.power[band] + 1e-12
            total += power
            floors[band].take(power)
            excess[band] = max(0, min(25, Self.decibels(power / floors[band].power)))
        }
        level = Self.decibels(total)
        // In noise a voice stands out where its formants are, not everywhere: the mean of the three best bands.
        var best: Float = 0
        for _ in 0..<3 {
            var index = 0
            for band in 1..<BandEnergies.count where excess[band] > excess[index] { index = band }
            best += excess[index] / 3
            excess[index] = -1
        }
        let energy = Self.ramp(best, from: 4, to: 10)
        let pitch = Self.ramp(periodicity.take(frame), from: 0.4, to: 0.7)
        voicing = max(pitch, voicing * Self.memory)
        return energy * max(voicing, 0.3 * Self.ramp(-flatness(), from: 1, to: 6))
    }

    /// Spectral flatness in decibels: the geometric mean of the bands' densities over their arithmetic one; 0 for white noise.
    private func flatness() -> Float {
        var logarithms: Float = 0, sum: Float = 0
        for (band, edge) in BandEnergies.edges.enumerated() {
            let density = (bands.power[band] + 1e-12) / Float(edge.high - edge.low)
            logarithms += Self.decibels(density)
            sum += density
        }
        return logarithms / Float(BandEnergies.count) - Self.decibels(sum / Float(BandEnergies.count))
    }

    public func reset() {
        bands.reset()
        periodicity.reset()
        for band in 0..<floors.count { floors[band] = freshFloor }
        voicing = 0
        level = -100
    }

    private static func decibels(_ power: Float) -> Float { 10 * Float(log10(Double(power))) }

    private static func ramp(_ value: Float, from low: Float, to high: Float) -> Float { max(0, min(1, (value - low) / (high - low))) }
}
