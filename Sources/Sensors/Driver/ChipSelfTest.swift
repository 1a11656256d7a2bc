/// How a chip tests itself: it moves its own masses, and the change of its outputs must lie in bounds.
struct ChipSelfTest {
    /// Written on top of the ordinary set-up before the first measurement, and to switch the stimulus on.
    var prepare: [RegisterWrite]
    var stimulate: [RegisterWrite]
    var settleMicroseconds: Int64
    /// Counts in one g and one degree a second while testing.
    var accelerationCounts: Float
    var angularCounts: Float
    /// Where raw samples are read: big-endian or little-endian triples.
    var accelerationRegister: UInt8
    var angularRegister: UInt8
    var isBigEndian: Bool
    var bounds: Bounds

    enum Bounds {
        /// Changes in g and in degrees a second that the data sheet allows.
        case absolute(acceleration: ClosedRange<Float>, angularRate: ClosedRange<Float>)
        /// Against what the factory measured; registers of the six codes, accelerometer first.
        case factory(FactoryTrim)
    }
}

/// What the factory measured, and how near the change must come to it.
struct FactoryTrim {
    enum Code {
        /// MPU-6050: five bits an axis, spread over four registers.
        case fiveBits(first: UInt8)
        /// One byte an axis; response = 2620 / 2^range × 1.01^(code − 1).
        case bytes(acceleration: UInt8, accelerationBank: UInt8, angularRate: UInt8, angularBank: UInt8)
    }

    var code: Code
    /// Change over factory response.
    var accelerationRatio: ClosedRange<Float>
    var angularRatio: ClosedRange<Float>
}

/// What a self-test found.
public struct SelfTestResult: Sendable {
    /// Bounds kept or not; `interrupted` where faults ended it before there was a result.
    public enum Verdict: Sendable { case passed, accelerometerFailed, gyroscopeFailed, bothFailed, interrupted }
    public var verdict: Verdict
    /// Change of the outputs under the chip's own stimulus: m/s² and rad/s.
    public var accelerationResponse: SIMD3<Float>
    public var angularRateResponse: SIMD3<Float>
}
