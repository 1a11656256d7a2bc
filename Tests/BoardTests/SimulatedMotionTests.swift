import Platform
import Testing
@testable import VirtualBoard

@Suite struct SimulatedMotionTests {
    @Test func turningKeepsTheWorldTogether() {
        let motion = TurningMotion(angularRate: SIMD3(0.3, -0.2, 0.5))
        let step: Int64 = 100_000
        for second in 0..<10 {
            let time = Int64(second) * 1_000_000_000
            let now = motion.state(atNanoseconds: time), next = motion.state(atNanoseconds: time + step)
            // A fixed vector seen from a turning body: dv/dt = −ω × v.
            for (a, b) in [(now.acceleration, next.acceleration), (now.magneticField, next.magneticField)] {
                let rate = now.angularRate
                let cross = SIMD3(rate.y * a.z - rate.z * a.y, rate.z * a.x - rate.x * a.z, rate.x * a.y - rate.y * a.x)
                let change = (b - a) / (Double(step) * 1e-9) + cross
                #expect((change * change).sum() < 1e-3)
            }
            #expect(abs((now.acceleration * now.acceleration).sum().squareRoot() - standardGravity) < 1e-9)
        }
    }

    @Test func rockingIsConsistentToo() {
        let motion = RockingMotion()
        for index in 1..<240 {
            let time = Int64(index) * 100_000_000
            let before = motion.state(atNanoseconds: time - 50_000), after = motion.state(atNanoseconds: time + 50_000)
            let rate = motion.state(atNanoseconds: time).angularRate, a = motion.state(atNanoseconds: time).acceleration
            let cross = SIMD3(rate.y * a.z - rate.z * a.y, rate.z * a.x - rate.x * a.z, rate.x * a.y - rate.y * a.x)
            let change = (after.acceleration - before.acceleration) / 1e-4 + cross
            #expect((change * change).sum() < 0.02)
        }
    }

    @Test func logsWithTimesAreInterpolated() throws {
        let folder = TemporaryFolder()
        folder.write("motion.csv", """
            time_s,acc_x_m/s2,acc_y_m/s2,acc_z_m/s2,gyr_x_rad/s,gyr_y_rad/s,gyr_z_rad/s
            10,0,0,0,1,0,0
            10.5,1,2,3,2,0,0
            12,4,5,6,nan,0,0

            """)
        let path = folder.path + "/motion.csv"
        let motion = try RecordedMotion(path: path, startNanoseconds: 1_000_000_000)
        #expect(motion.rowCount == 3 && motion.durationSeconds == 2)
        #expect(motion.state(atNanoseconds: 0).acceleration == .zero)
        #expect(motion.state(atNanoseconds: 1_250_000_000).acceleration == SIMD3(0.5, 1, 1.5))
        #expect(motion.state(atNanoseconds: 2_250_000_000).acceleration == SIMD3(2.5, 3.5, 4.5))
        // A missing value repeats the one before; after the end the board stays still.
        #expect(motion.state(atNanoseconds: 2_250_000_000).angularRate.x == 2)
        let end = motion.state(atNanoseconds: 99_000_000_000)
        #expect(end.acceleration == SIMD3(4, 5, 6) && end.angularRate == .zero)
        let loop = try RecordedMotion(path: path, startNanoseconds: 0, isLooping: true)
        #expect(loop.state(atNanoseconds: 4_250_000_000).acceleration == SIMD3(0.5, 1, 1.5))
    }

    @Test func badLogsAreRefused() throws {
        let header = "time_s,acc_x_m/s2,acc_y_m/s2,acc_z_m/s2,gyr_x_rad/s,gyr_y_rad/s,gyr_z_rad/s\n"
        for text in ["", header, header + "1,0,0,0,0,0,0\n0.5,0,0,0,0,0,0\n", header + ",0,0,0,0,0,0\n", "a,b\n1,2\n"] {
            let folder = TemporaryFolder()
            folder.write("bad.csv", text)
            let path = folder.path + "/bad.csv"
            #expect(throws: Failure.self) { _ = try RecordedMotion(path: path) }
            #expect(throws: Failure.self) { _ = try SimulatedBoard.make(log: path, fast: true) }
        }
        #expect(throws: Failure.self) { _ = try SimulatedBoard.make(log: "/nowhere.npy", fast: true) }
    }

    /// A log through an ideal chip: every sample is the log at its time, rounded to the chip's steps.
    @Test(arguments: ["02_undisturbed_slow_rotation_B.npy", "16_undisturbed_fast_translation_B.npy"])
    func logReplay(_ name: String) throws {
        guard let path = ChipData.path("pose/" + name) else {
            print("skipped: no evaluation data (SWIFTLET_DATA)")
            return
        }
        let motion = try RecordedMotion(path: path, startNanoseconds: 1_000_000_000)
        let chip = MPUChip.mpu6500(motion: motion, options: .ideal)
        let trace = SampleTrace(capacity: 40_000)
        let bench = ChipBench(chip, at: 0x68)
        // ±16 g and ±2000 °/s, 1 kHz.
        try bench.write(0x1A, 0x01, 0x18, 0x18)
        chip.trace = trace
        try bench.write(0x6B, 0x01)
        var compared = 0, worstForce = 0.0, worstRate = 0.0
        for _ in 0..<20_000 {
            bench.pass(milliseconds: 0.7)
            let values = try bench.bigEndian(0x3B, 7)
            guard trace.count > 0, let time = trace.time(trace.count - 1) else { continue }
            let state = motion.state(atNanoseconds: time)
            for axis in 0..<3 {
                worstForce = max(worstForce, abs(Double(values[axis]) - state.acceleration[axis] / 9.80665 * 2048))
                worstRate = max(worstRate, abs(Double(values[axis + 4]) - state.angularRate[axis] * 180 / .pi * 16.384))
            }
            compared += 1
        }
        #expect(compared > 10_000)
        #expect(worstForce <= 0.5000001 && worstRate <= 0.5000001)
        #expect(motion.rowCount > 50_000 && motion.hasMagnetometer)
        // And at a row's own time the log itself.
        let third = motion.state(atNanoseconds: 1_000_000_000 + Int64(3 * 3.5e6))
        #expect(abs(third.acceleration.x - motion.row(3).acceleration.x) < 1e-6)
    }
}
