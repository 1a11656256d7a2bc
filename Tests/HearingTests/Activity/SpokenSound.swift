import Foundation

/// Sounds for tests, the same in every run.
struct SpokenSound {
    let rate: Int
    private(set) var samples: [Float] = []
    private var state: UInt64 = 88_172_645_463_325_252

    init(rate: Int = 16_000) { self.rate = rate }

    var seconds: Double { Double(samples.count) / Double(rate) }

    /// From -1 to 1, uniform (xorshift64).
    mutating func uniform() -> Float {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
    }

    /// `amplitude`: the largest magnitude.
    mutating func noise(_ seconds: Double, amplitude: Float = 0.0005) {
        for _ in 0..<Int(seconds * Double(rate)) {
            let value = amplitude * uniform()
            samples.append(value)
        }
    }

    /// Something hard falls every 1.3 seconds.
    mutating func knocks(_ seconds: Double) {
        for index in 0..<Int(seconds * Double(rate)) {
            let since = (Double(index) / Double(rate)).truncatingRemainder(dividingBy: 1.3)
            let value = uniform() * (0.0005 + 0.4 * Float(exp(-40 * since)))
            samples.append(value)
        }
    }

    /// Anything else, with a little noise below it: `value` gives the sound at a time in seconds.
    mutating func add(_ seconds: Double, noise amplitude: Float = 0.0005, _ value: (Double) -> Double) {
        for index in 0..<Int(seconds * Double(rate)) {
            let sample = Float(value(Double(index) / Double(rate))) + amplitude * uniform()
            samples.append(sample)
        }
    }

    /// Vowels at four syllables a second: harmonics of a gliding pitch under two formants.
    mutating func voice(_ seconds: Double, loudness: Double = 0.2, noise amplitude: Float = 0.0005) {
        var phase = 0.0
        let step = 1 / Double(rate), highest = min(3500, 0.45 * Double(rate))
        add(seconds, noise: amplitude) { time in
            let pitch = 130 + 25 * sin(2 * .pi * 0.7 * time)
            phase += pitch * step
            let first = 500 + 200 * sin(2 * .pi * 2 * time), second = 1500 + 400 * cos(2 * .pi * 1.3 * time)
            var sum = 0.0, harmonic = 1.0
            while harmonic * pitch < highest {
                let frequency = harmonic * pitch
                let weight = exp(-pow((frequency - first) / 150, 2)) + 0.5 * exp(-pow((frequency - second) / 250, 2)) + 0.02
                sum += weight * sin(2 * .pi * harmonic * phase)
                harmonic += 1
            }
            let syllable = 0.25 + 0.75 * pow(sin(.pi * 4 * time), 2)
            return loudness * syllable * sum * 0.4
        }
    }

    /// Limits and distorts, as an amplifier that is too loud.
    mutating func clip(gain: Float) {
        for index in 0..<samples.count { samples[index] = max(-1, min(1, samples[index] * gain)) }
    }

    mutating func offset(by value: Float) {
        for index in 0..<samples.count { samples[index] += value }
    }

    mutating func replace(every count: Int, with value: Float) {
        for index in stride(from: 0, to: samples.count, by: count) { samples[index] = value }
    }
}
