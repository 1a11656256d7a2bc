import Board
import Platform

/// One accelerometer with gyroscope on an I2C bus, and the magnetometer beside it: a state machine that never sleeps
/// and allocates nothing after it was made. One thread calls `update` when it asked to be called or when its line has
/// edges, then takes samples. Faults of chip and bus are counted and survived, never thrown.
public final class InertialSensor {
    /// Where the driver is on the way to samples, in this order; only `running` gives any.
    public enum State: UInt8, Sendable {
        case resetting, waiting, identifying, configuring, verifying, running
        /// After faults: waiting for the chip to answer, then comparing its registers.
        case recovering
        case selfTesting
    }

    public let configuration: SensorConfiguration
    public let chip: InertialChip
    /// Seven bits.
    public let address: UInt8
    public internal(set) var state = State.resetting
    public internal(set) var counters = SensorCounters()
    /// In the device's axes; applied to every sample.
    public var calibration = SensorCalibration()
    public internal(set) var selfTestResult: SelfTestResult?
    /// Nil where the configuration has none or none answered.
    public internal(set) var magnetometer: Magnetometer?

    let description: InertialChipDescription
    let program: SensorProgram
    let port: RegisterPort
    let line: InputLine?
    let time: () -> Int64
    let edges = UnsafeMutableBufferPointer<LineEdge>.allocate(capacity: 64)
    let ring: SampleRing
    var clock: RecoveredClock
    var decoder: FrameDecoder

    /// Position in a table, and how often the state's work has failed.
    var position = 0, attempts = 0
    var wakeTime: Int64 = 0
    var faultsInARow = 0, pauseEnd = Int64.min, nextBusRecovery = Int64.min, lastRecoveryEnd = Int64.min, recoveriesInARow = 0
    /// Index of the next sample to be read, and when it was last known that samples come.
    var nextIndex: Int64 = 0, lastDataTime: Int64 = 0
    var goodFrom: Int64 = 0, lastStamp = Int64.min
    var nextCheck: Int64 = 0, checkPosition = 0, nextTemperature: Int64 = 0
    var temperatureCelsius = Float.nan, lastTemperatureCounts = Float.nan, implausibleInARow = 0
    var isSettling = false, mustFlush = false, countedSlips: UInt32 = 0
    var selfTest = SelfTestProgress()

    /// Finds the chip (the one that the configuration names, or any) on the bus. `dataReady`: the line on the chip's
    /// interrupt pin, opened for rising edges (logical); without one the FIFO's counts alone give the time. `time`: the
    /// board's clock. Fails with `inputOutput` where no such chip answers.
    public init(configuration: SensorConfiguration, bus: I2CBus, dataReady: InputLine? = nil,
                time: @escaping () -> Int64 = monotonicNanoseconds) throws(Failure) {
        guard let found = SensorScan.find(configuration, on: bus) else {
            let wanted = configuration.chip?.name ?? "inertial sensor that there is a driver for"
            throw Failure(.inputOutput, "no \(wanted) answers on \(bus.name); check wiring and power, or name another bus or address")
        }
        self.configuration = configuration
        chip = found.chip
        address = found.address
        let description = found.chip.description
        self.description = description
        let packaged = description.packagedMagnetometer
        let wantsField = configuration.magnetometer != .none
        program = SensorProgram(description, configuration, hasLine: dataReady != nil, bypass: packaged != nil && wantsField)
        port = RegisterPort(bus: bus, address: address, bankSelect: description.bankSelect)
        line = dataReady
        self.time = time
        ring = SampleRing(capacity: 512)
        let stride = description.raisesAtWatermark ? program.samplesPerBurst : 1
        clock = RecoveredClock(nominalHertz: Double(program.rateHertz), stride: stride)
        decoder = FrameDecoder(description.fifo.format)
        switch configuration.magnetometer {
        case .none: break
        case .chip(let named): magnetometer = Magnetometer(chip: named, bus: bus, isPackaged: named == packaged)
        case .automatic:
            if let packaged {
                magnetometer = Magnetometer(chip: packaged, bus: bus, isPackaged: true)
            } else if let other = SensorScan.findMagnetometer(on: bus) {
                magnetometer = Magnetometer(chip: other, bus: bus, isPackaged: false)
            }
        }
    }

    deinit { edges.deallocate() }

    /// "MPU-6050".
    public var chipName: String { description.name }
    /// What the chip was set to, rounded from the configuration.
    public var nominalRateHertz: Float { program.rateHertz }
    public var accelerationRangeG: Float { program.accelerationRangeG }
    public var angularRangeDegreesPerSecond: Float { program.angularRangeDegreesPerSecond }
    /// The chip's own rate against the board's clock; the nominal one until it is known.
    public var measuredRateHertz: Float { Float(1e9 / clock.periodNanoseconds) }
    /// RMS of the interrupts around the fitted clock.
    public var intervalJitterMicroseconds: Float { Float(clock.jitterNanoseconds / 1000) }

    /// One step at time `now`: at most one burst, or a few register transfers. Returns when it wants to be called
    /// again at the latest.
    public func update(now: Int64) -> Int64 {
        takeEdges()
        guard now >= pauseEnd else { return pauseEnd }
        var next: Int64
        do throws(I2CError) {
            next = try step(now)
            if state == .running || state == .verifying { faultsInARow = 0 }
        } catch {
            pauseEnd = fault(error, now)
            next = pauseEnd
        }
        if state == .running, let magnetometer {
            next = min(next, magnetometer.update(now: now))
        }
        return max(next, now)
    }

    /// Takes up to `samples.count` samples, oldest first; the number taken.
    public func takeSamples(_ samples: UnsafeMutableBufferPointer<InertialSample>) -> Int { ring.take(samples) }

    /// Starts the chip's own test, which takes about half a second without samples; `selfTestResult` is its outcome.
    public func startSelfTest() {
        selfTestResult = nil
        selfTest = SelfTestProgress()
        wakeTime = .min
        enter(.selfTesting)
    }

    /// Sets the chip up from the start.
    public func restart() { enter(.resetting) }

    func enter(_ new: State) {
        state = new
        isSettling = false
        position = 0
    }
}
