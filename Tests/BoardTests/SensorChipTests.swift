import CLinux
@testable import Sensors
import Testing
@testable import VirtualBoard

/// Every driver against the simulated chip, which follows the same data sheet by another hand.
@Suite struct SensorChipTests {
    @Test(arguments: InertialChip.allCases)
    func isFoundOnAScan(_ kind: InertialChip) throws {
        let session = try SensorSession(kind)
        #expect(SensorScan.scan(session.bus) == [SensorScan.Found(chip: kind, address: kind.description.addresses[0])])
        #expect(session.sensor.chip == kind)
        #expect(InertialChip(named: session.sensor.chipName.lowercased()) == kind)
    }

    /// Values in SI units at every range, still and turning.
    @Test(arguments: InertialChip.allCases, [2, 4, 8, 16] as [Float])
    func valuesAreRight(_ kind: InertialChip, range: Float) throws {
        let state = MotionState(acceleration: SIMD3(1.5, -2.5, 9), angularRate: SIMD3(0.5, -1.25, 2), magneticField: SIMD3(20, 5, -40))
        let session = try SensorSession(kind, motion: StillMotion(state), options: .ideal) {
            $0.accelerationRangeG = range
            $0.angularRangeDegreesPerSecond = 125 * range
        }
        session.run(seconds: 0.5)
        let sample = try #require(session.samples.last)
        for axis in 0..<3 {
            #expect(abs(Double(sample.acceleration[axis]) - state.acceleration[axis]) < 0.01)
            #expect(abs(Double(sample.angularRate[axis]) - state.angularRate[axis]) < 0.003)
        }
        #expect(abs(sample.temperatureCelsius - 31) < 0.5)
        #expect(session.sensor.accelerationRangeG == range)
    }

    @Test func mountingTurnsTheAxes() throws {
        let state = MotionState(acceleration: SIMD3(1.5, -2.5, 9), angularRate: SIMD3(0.5, -1.25, 2), magneticField: .zero)
        let session = try SensorSession(.mpu6050, motion: StillMotion(state), options: .ideal) { $0.mounting = Mounting(axes: "-y,x,z")! }
        session.run(seconds: 0.5)
        let sample = try #require(session.samples.last)
        #expect(abs(sample.acceleration.x - 2.5) < 0.01 && abs(sample.acceleration.y - 1.5) < 0.01)
        #expect(Mounting(axes: "x,y,-z") == nil && Mounting(axes: "x,x,z") == nil && Mounting(axes: "x,y") == nil
                && Mounting(axes: "") == nil)
    }

    /// 60 seconds at the chip's 1 kHz: no sample lost, none stamped wrong, with a clock 3 % off either way.
    @Test(arguments: InertialChip.allCases, [0.03, -0.03])
    func aMinuteAtAKilohertzLosesNothing(_ kind: InertialChip, drift: Double) throws {
        let session = try SensorSession(kind, rate: 1000, drift: drift)
        session.run(seconds: 60)
        let timing = session.timing()
        #expect(timing.gaps == 0)
        #expect(timing.duplicates == 0)
        #expect(timing.rootMeanSquareMicroseconds < 50)
        #expect(session.samples.count > 46_000)
        var clean = SensorCounters()
        clean.samples = session.sensor.counters.samples
        clean.resets = 1
        #expect(session.sensor.counters == clean)
        #expect(abs(Double(session.sensor.measuredRateHertz / session.sensor.nominalRateHertz) - 1 - drift) < 0.001)
    }

    /// The figure that matters: 200 Hz, 3 %, with and without a line.
    @Test(arguments: InertialChip.allCases, [true, false])
    func sampleTimesAt200Hertz(_ kind: InertialChip, line: Bool) throws {
        for drift in [0.03, -0.03] {
            let session = try SensorSession(kind, drift: drift, line: line)
            session.run(seconds: 10)
            let timing = session.timing()
            #expect(timing.rootMeanSquareMicroseconds < 200)
            #expect(timing.gaps == 0)
        }
    }

    @Test(arguments: InertialChip.allCases)
    func selfTestPasses(_ kind: InertialChip) throws {
        let session = try SensorSession(kind, motion: StillMotion())
        session.run(seconds: 1)
        session.sensor.startSelfTest()
        session.run(seconds: 3, until: { session.sensor.selfTestResult != nil })
        #expect(session.sensor.selfTestResult?.verdict == .passed)
        // And back to work, with the ranges of before.
        let before = session.samples.count
        session.run(seconds: 1)
        #expect(session.samples.count > before + 100)
        #expect(abs((session.samples.last?.acceleration.z ?? 0) - 9.81) < 0.2)
    }

    @Test(arguments: MagnetometerChip.allCases)
    func magnetometersJoinTheSamples(_ kind: MagnetometerChip) throws {
        let state = MotionState(acceleration: SIMD3(0, 0, 9.81), angularRate: .zero, magneticField: SIMD3(20, 5, -40))
        let session = try SensorSession(.lsm6dso, motion: StillMotion(state), magnetometer: kind, use: .automatic)
        session.run(seconds: 5)
        let magnetometer = try #require(session.sensor.magnetometer)
        #expect(magnetometer.chip == kind)
        #expect(magnetometer.state == .running)
        let fields = session.samples.filter { $0.hasMagneticField }
        #expect(fields.count > 350)
        // A chip in no known package keeps its own axes; the field's strength tells the scale.
        let strength = fields.map { ($0.magneticField * $0.magneticField).sum().squareRoot() }.reduce(0, +) / Float(fields.count)
        #expect(abs(strength - 45) < 1.5)
    }

    @Test(arguments: [InertialChip.mpu9250, .icm20948])
    func packagedMagnetometersShareTheAxes(_ kind: InertialChip) throws {
        let state = MotionState(acceleration: SIMD3(0, 0, 9.81), angularRate: .zero, magneticField: SIMD3(20, 5, -40))
        let session = try SensorSession(kind, motion: StillMotion(state), use: .automatic)
        session.run(seconds: 3)
        let field = try #require(session.samples.last { $0.hasMagneticField }).magneticField
        #expect(abs(field.x - 20) < 2 && abs(field.y - 5) < 2 && abs(field.z + 40) < 2)
        #expect(session.samples.filter { $0.hasMagneticField }.count > 250)
    }

    /// In a process of its own: other tests allocate beside this one.
    @Test func steadyStateAllocatesNothing() async {
        await #expect(processExitsWith: .success) {
            let session = try SensorSession(.mpu9250, rate: 1000, use: .automatic)
            session.run(seconds: 1, keep: false)
            // What a run allocates shows in every window; what the runtime does once doesn't.
            var least = Int.max
            for _ in 0..<5 {
                let before = Int(linux_heap_bytes())
                session.run(seconds: 1, keep: false)
                least = min(least, abs(Int(linux_heap_bytes()) - before))
            }
            try #require(least == 0)
            try #require(session.sensor.counters.samples > 5_000)
        }
    }
}
