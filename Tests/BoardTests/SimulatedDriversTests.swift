import Board
import CLinux
import Platform
import Sensors
import Testing
@testable import VirtualBoard

/// The firmware's drivers on the simulated chips: every sample there, at its true time, with the motion's values.
@Suite struct SimulatedDriversTests {
    struct Outcome {
        var samples: [InertialSample] = []
        var counters = SensorCounters()
        var trace = SampleTrace(capacity: 200_000)
        var fieldCount = 0
        var heapGrowth = 0
    }

    static let state = MotionState(acceleration: SIMD3(1.5, -2.5, 9), angularRate: SIMD3(0.5, -0.4, 0.3), magneticField: SIMD3(12, 21, -38))

    /// Runs a sensor for some simulated seconds, with `hands` called once a simulated second.
    static func run(_ chip: InertialChip, rateHertz: Float, seconds: Int, options: ChipOptions, motion: any Motion = StillMotion(state),
                    beside: ((SimulatedBus) -> Void)? = nil, hands: ((Int, SimulatedBoard) throws -> Void)? = nil) throws -> Outcome {
        var outcome = Outcome()
        let board = SimulatedBoard(fast: true)
        let simulated = chip.simulated(motion: motion, options: options)
        simulated.trace = outcome.trace
        simulated.pin.line = board.addLine("gpiochip0/4", "ready")
        let address: UInt8 = chip == .lsm6dso ? 0x6A : 0x68
        let bus = board.addBus("/dev/i2c-1")
        bus.attach(simulated, at: address)
        beside?(bus)
        var request = LineRequest(line: "ready")
        request.edges = .rising
        let line = try board.openInput(request)
        let waits = try board.makeWaitSet([line])
        var configuration = SensorConfiguration()
        configuration.chip = chip
        configuration.rateHertz = rateHertz
        let sensor = try InertialSensor(configuration: configuration, bus: bus, dataReady: line, time: { board.now() })
        let buffer = UnsafeMutableBufferPointer<InertialSample>.allocate(capacity: 64)
        buffer.initialize(repeating: InertialSample(timestampNanoseconds: 0, acceleration: .zero, angularRate: .zero))
        defer { buffer.deallocate() }
        outcome.samples.reserveCapacity(Int(rateHertz) * (seconds + 2))
        let start = board.now()
        for second in 0..<seconds {
            try hands?(second, board)
            let end = start + Int64(second + 1) * 1_000_000_000
            let heap = linux_heap_bytes()
            while board.now() < end {
                let next = sensor.update(now: board.now())
                while true {
                    let count = sensor.takeSamples(buffer)
                    if count == 0 { break }
                    for index in 0..<count {
                        outcome.samples.append(buffer[index])
                        if buffer[index].hasMagneticField { outcome.fieldCount += 1 }
                    }
                }
                _ = waits.wait(untilNanoseconds: min(next, end))
            }
            if second == seconds - 1 { outcome.heapGrowth = Int(linux_heap_bytes()) - Int(heap) }
        }
        outcome.counters = sensor.counters
        return outcome
    }

    /// Differences between each sample's time and the nearest true one, microseconds root mean square, after a second.
    static func timeError(_ outcome: Outcome) -> Double {
        let trace = outcome.trace
        var index = 0, sum = 0.0, number = 0
        guard let first = outcome.samples.first?.timestampNanoseconds else { return .infinity }
        for sample in outcome.samples where sample.timestampNanoseconds - first > 1_000_000_000 {
            while index + 1 < trace.count, let here = trace.time(index), let next = trace.time(index + 1),
                  abs(next - sample.timestampNanoseconds) <= abs(here - sample.timestampNanoseconds) { index += 1 }
            guard let true_ = trace.time(index) else { continue }
            let error = Double(sample.timestampNanoseconds - true_) / 1000
            sum += error * error
            number += 1
        }
        return number > 0 ? (sum / Double(number)).squareRoot() : .infinity
    }

    @Test(arguments: InertialChip.allCases)
    func readsAt200Hertz(_ chip: InertialChip) throws {
        for drift in [0.03, -0.03] {
            var options = ChipOptions(seed: 3)
            options.drift = drift
            options.gyroscopeBias = .zero
            let outcome = try Self.run(chip, rateHertz: 200, seconds: 8, options: options)
            let samples = outcome.samples
            let rate = chip == .lsm6dso ? 208.0 : chip == .icm20948 ? 1125.0 / 6 : 200.0
            #expect(Double(samples.count) > 7.5 * rate * (1 + drift), "\(chip.name): \(samples.count) samples")
            var force = SIMD3<Double>(), turn = SIMD3<Double>()
            for sample in samples {
                force += SIMD3<Double>(sample.acceleration) / Double(samples.count)
                turn += SIMD3<Double>(sample.angularRate) / Double(samples.count)
            }
            for axis in 0..<3 {
                #expect(abs(force[axis] - Self.state.acceleration[axis]) < 0.01, "\(chip.name): \(force)")
                #expect(abs(turn[axis] - Self.state.angularRate[axis]) < 0.002, "\(chip.name): \(turn)")
            }
            #expect(abs(samples[samples.count - 1].temperatureCelsius - 31) < 0.5)
            let error = Self.timeError(outcome)
            print("\(chip.name), drift \(drift): \(samples.count) samples, time error \(fixed(error, decimals: 1)) µs RMS, "
                  + "\(outcome.counters)")
            #expect(error < 200, "\(chip.name): time error \(error) µs")
            let counters = outcome.counters
            #expect(counters.overflows == 0 && counters.badRegisters == 0 && counters.notAcknowledged == 0)
            // Between the first sample handed out and the last, all that the chip took.
            let first = samples[0].timestampNanoseconds - 2_000_000, last = samples[samples.count - 1].timestampNanoseconds + 2_000_000
            let taken = (0..<outcome.trace.count).filter { (first...last).contains(outcome.trace.time($0) ?? 0) }.count
            #expect(taken == samples.count, "\(chip.name): \(taken) samples taken, \(samples.count) read")
        }
    }

    @Test(arguments: [InertialChip.mpu9250, .icm20948])
    func magnetometerInThePackage(_ chip: InertialChip) throws {
        let outcome = try Self.run(chip, rateHertz: 200, seconds: 4, options: ChipOptions(seed: 4))
        #expect(outcome.fieldCount > 150)
        for sample in outcome.samples where sample.hasMagneticField {
            for axis in 0..<3 { #expect(abs(Double(sample.magneticField[axis]) - Self.state.magneticField[axis]) < 4) }
        }
    }

    @Test(arguments: [MagnetometerChip.qmc5883l, .lis3mdl])
    func magnetometerBeside(_ chip: MagnetometerChip) throws {
        let outcome = try Self.run(.mpu6050, rateHertz: 200, seconds: 4, options: ChipOptions(seed: 4)) { bus in
            let motion = StillMotion(Self.state)
            if chip == .lis3mdl {
                bus.attach(LIS3MDLChip(motion: motion), at: 0x1C)
            } else {
                bus.attach(QMC5883LChip(motion: motion), at: 0x0D)
            }
        }
        #expect(outcome.fieldCount > 100)
        for sample in outcome.samples where sample.hasMagneticField {
            for axis in 0..<3 { #expect(abs(Double(sample.magneticField[axis]) - Self.state.magneticField[axis]) < 4) }
        }
    }

    @Test(arguments: [InertialChip.mpu6050, .lsm6dso, .icm42688])
    func nothingIsLostAtAKilohertz(_ chip: InertialChip) throws {
        var options = ChipOptions(seed: 5)
        options.drift = 0.02
        let outcome = try Self.run(chip, rateHertz: chip == .lsm6dso ? 833 : 1000, seconds: 60, options: options)
        let counters = outcome.counters
        #expect(counters.lostSamples == 0 && counters.overflows == 0, "\(chip.name): \(counters)")
        #expect(Double(outcome.samples.count) > 59.5 * (chip == .lsm6dso ? 833 : 1000) * 1.02)
        print("\(chip.name): \(outcome.samples.count) samples in 60 s, time error \(fixed(Self.timeError(outcome), decimals: 1)) µs, heap "
              + "growth in the last second \(outcome.heapGrowth)")
    }

    @Test(arguments: InertialChip.allCases)
    func faultsAreSurvived(_ chip: InertialChip) throws {
        let address = chip == .lsm6dso ? "0x6a" : "0x68"
        let register = chip == .icm42688 ? "0x4f" : chip == .lsm6dso ? "0x10" : chip == .icm20948 ? "2:0x01" : "0x1b"
        let outcome = try Self.run(chip, rateHertz: 200, seconds: 20, options: ChipOptions(seed: 6), hands: { second, board in
            switch second {
            case 2: try board.perform("nack \(address) 5")
            case 4: try board.perform("reset \(address)")
            case 6: try board.perform("hold 1.0")
            case 9: try board.perform("corrupt \(address) \(register) 0x08")
            case 12: try board.perform("storm \(address) 0.5")
            case 14: try board.perform("mute-interrupt \(address) 1")
            case 16: try board.perform("overflow \(address)")
            case 18: try board.perform("short \(address) 2")
            default: break
            }
        })
        let samples = outcome.samples, counters = outcome.counters
        print("\(chip.name): \(samples.count) samples, \(counters)")
        #expect(counters.notAcknowledged > 0 && counters.resets > 0 && counters.otherBusErrors + counters.timeouts > 0)
        #expect(counters.overflows > 0)
        let end = samples[samples.count - 1].timestampNanoseconds
        #expect(samples.filter { $0.timestampNanoseconds > end - 900_000_000 }.count > 150, "\(chip.name) still reads")
        #expect(samples.count > 3000)
    }
}
