import Foundation
import Platform
import Rig
import Testing
import VirtualBoard

extension HardwareTests {
    /// The firmware's drivers on the kernel's buses, with chips whose clocks are 3 % fast.
    @Suite struct DriverTests {
        private let bench: RigBench

        init() throws {
            bench = try OneBoard.named("drivers") {
                let bench = try Bench.make()
                try bench.compareClocks()
                return bench
            }
        }

        /// Half a sample period and more, and an interrupt seems to belong to another sample.
        private static let longestStallNanoseconds: Int64 = 2_000_000
        private static let countersThatStay = ["overflows", "lostSamples", "notAcknowledged", "timeouts", "otherBusErrors", "badRegisters"]

        /// Found, and a thousand samples at 200 Hz with the values of the motion at the times of the samples.
        @Test(arguments: ["mpu6050", "mpu6500", "mpu9250", "icm20948", "lsm6dso", "icm42688"])
        func everyDriverReadsWhatItsChipFeels(chip: String) throws {
            let sensor = try #require(bench.board.sensor(chip))
            let trace = SampleTrace(capacity: 1 << 14)
            bench.machine.withChips(ofBus: sensor.bus) { _, _ in sensor.model.trace = trace }
            let run = try bench.start(chip)
            defer { _ = try? run.end() }
            _ = try run.waitForSamples(chip, more: 300, seconds: 15)

            // A machine that takes the emulated board's processor away makes interrupts late by whole samples, as no board
            // does, and then the counters tell of it. What a window of five seconds counted is judged only where that
            // did not happen; there are four tries for one without any.
            var readings: [[String: Any]] = [], samples = 0, changed: [String] = [], wasJudged = false
            for _ in 0..<4 {
                let ((before, after), stall) = try StallMeter.measure {
                    let before = try run.state(of: chip)
                    var after = before
                    readings = []
                    // Five seconds, and more where the board got too little of this machine.
                    for _ in 0..<12 {
                        readings += try run.console.run("imu \(chip) --seconds 5 --rate 40", seconds: 60)
                        after = try run.state(of: chip)
                        if readings.count > 100, (after["samples"] as? Int ?? 0) - (before["samples"] as? Int ?? 0) > 900 { break }
                    }
                    return (before, after)
                }
                samples = (after["samples"] as? Int ?? 0) - (before["samples"] as? Int ?? 0)
                let counted = Self.countersThatStay.filter { after.fault($0) != before.fault($0) }.map {
                    "\($0) \(before.fault($0)) to \(after.fault($0))"
                }
                if counted.isEmpty {
                    (changed, wasJudged) = ([], true)
                    break
                }
                RigFiles.report("\(chip): \(counted.joined(separator: ", ")) in \(samples) samples, in which this machine stood still for "
                                + "up to \(milliseconds(stall, decimals: 1))")
                if stall < Self.longestStallNanoseconds { (changed, wasJudged) = (counted, true) }
            }
            if !wasJudged { RigFiles.report("\(chip): losses not judged, this machine stands still too often") }
            #expect(changed.isEmpty, "\(chip)")
            #expect(readings.count > 100, "\(readings.count) readings")
            #expect(samples > 900, "\(samples) samples")

            var worstAcceleration = 0.0, worstRate = 0.0, fields: [SIMD3<Double>] = []
            for reading in readings {
                let time = bench.clock.ours(Int64(reading.number("time_s") * 1e9))
                let truth = RigBench.turning.state(atNanoseconds: time)
                worstAcceleration = max(worstAcceleration, length(reading.vector("acc") - truth.acceleration))
                worstRate = max(worstRate, length(reading.vector("gyr") - truth.angularRate))
                let field = reading.vector("mag")
                if !field.x.isNaN { fields.append(field) }
            }
            // Filters delay, offsets and noise are the chip's own; a wrong scale, sign or axis is ten times as much.
            #expect(worstAcceleration < 1, "\(worstAcceleration) m/s²")
            #expect(worstRate < 0.2, "\(worstRate) rad/s")
            if sensor.magnetometer != "none" {
                #expect(!fields.isEmpty, "no magnetic field from \(sensor.magnetometer)")
                for field in fields { #expect(abs(length(field) - length(MotionState.rest.magneticField)) < 8, "\(field) µT") }
            }

            let times = bench.machine.withChips(ofBus: sensor.bus) { _, _ -> [Int64] in
                sensor.model.trace = nil
                return (max(0, trace.count - trace.capacity)..<trace.count).compactMap { trace.time($0) }
            }
            let recovered = readings.map { bench.clock.ours(Int64($0.number("time_s") * 1e9)) }
            let errors = try #require(SampleTimes(recovered: recovered, truth: times))
            #expect(errors.rmsMicroseconds < 2500, "half a sample period is what guessing gives")
            RigFiles.report("\(chip): \(samples) samples, sample times off by \(fixed(errors.rmsMicroseconds, decimals: 0)) µs RMS (mean "
                            + "\(fixed(errors.meanMicroseconds, decimals: 0)), ± \(bench.clock.uncertaintyNanoseconds / 1000) µs), "
                            + "largest error \(fixed(worstAcceleration, decimals: 2)) m/s², \(fixed(worstRate, decimals: 3)) rad/s")
        }
    }
}
