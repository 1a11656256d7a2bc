import Board

/// One sample of an inertial sensor, in the sensor's axes after the mounting has been applied.
public struct InertialSample: Sendable {
    /// When it was taken (monotonic nanoseconds), fitted to the chip's own clock, not the time it was read.
    public var timestampNanoseconds: Int64
    /// m/s²
    public var acceleration: SIMD3<Float>
    /// rad/s
    public var angularRate: SIMD3<Float>
    /// µT; only where `hasMagneticField`: magnetometers are slower than the rest.
    public var magneticField: SIMD3<Float>
    public var hasMagneticField: Bool
    public var temperatureCelsius: Float

    public init(timestampNanoseconds: Int64, acceleration: SIMD3<Float>, angularRate: SIMD3<Float>,
                magneticField: SIMD3<Float> = .zero, hasMagneticField: Bool = false, temperatureCelsius: Float = .nan) {
        self.timestampNanoseconds = timestampNanoseconds
        self.acceleration = acceleration
        self.angularRate = angularRate
        self.magneticField = magneticField
        self.hasMagneticField = hasMagneticField
        self.temperatureCelsius = temperatureCelsius
    }
}

/// What a sensor has been through since it was opened.
public struct SensorCounters: Sendable, Equatable {
    public var samples: UInt64 = 0
    /// FIFO overflows, and samples known to be lost by them.
    public var overflows: UInt32 = 0, lostSamples: UInt32 = 0
    public var notAcknowledged: UInt32 = 0, timeouts: UInt32 = 0, otherBusErrors: UInt32 = 0
    /// A register that no longer held what was written to it.
    public var badRegisters: UInt32 = 0
    /// Data that was due without its interrupt, and interrupts without data.
    public var missedInterrupts: UInt32 = 0, spuriousInterrupts: UInt32 = 0
    /// Resets of the chip, and of the bus, by this driver.
    public var resets: UInt32 = 0, busRecoveries: UInt32 = 0

    public init() {}

    /// A transfer that failed.
    mutating func count(_ error: I2CError) {
        switch error {
        case .notAcknowledged: notAcknowledged &+= 1
        case .timedOut: timeouts &+= 1
        default: otherBusErrors &+= 1
        }
    }
}
