import CLinux

/// The level of a sound over tenths of a second, a number of samples at a time.
struct SoundLevel {
    /// Root mean square and largest magnitude of the last whole tenth of a second, in decibels of full scale: 0 is as loud as
    /// can be, `quietest` where there is nothing.
    private(set) var rootMeanSquare = SoundLevel.quietest
    private(set) var peak = SoundLevel.quietest
    /// Every sample of the last second and more was zero: a microphone that is switched off, or has no connection.
    private(set) var isZero = false
    private let period: Int
    private var count = 0, sum: Float = 0, largest: Float = 0
    private var zeroPeriods = 0

    /// Below what 24 bits can tell.
    static let quietest: Float = -150
    private static let periodsOfZeros = 10

    init(rateHertz: Int) { period = max(1, rateHertz / 10) }

    mutating func take(_ samples: UnsafeBufferPointer<Float>) {
        for sample in samples {
            sum += sample * sample
            largest = max(largest, sample.magnitude)
            count += 1
            guard count == period else { continue }
            rootMeanSquare = Self.decibels(sum / Float(count), of: 10)
            peak = Self.decibels(largest, of: 20)
            zeroPeriods = largest == 0 ? min(zeroPeriods + 1, Self.periodsOfZeros) : 0
            isZero = zeroPeriods == Self.periodsOfZeros
            (count, sum, largest) = (0, 0, 0)
        }
    }

    private static func decibels(_ value: Float, of factor: Float) -> Float {
        value > 0 ? max(quietest, factor * Float(log10(Double(value)))) : quietest
    }
}
