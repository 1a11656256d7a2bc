import Platform
import Rig
import Testing
import VirtualBoard

extension HardwareTests {
    /// Everything that the rig can break, while the firmware runs: a counter tells, and data comes back.
    @Suite struct FaultTests {
        struct Case: CustomTestStringConvertible, Sendable {
            let name: String
            let fault: Fault
            /// One of these counters rises.
            let counters: [String]
            var testDescription: String { name }
        }

        static let cases = [
            Case(name: "one missing acknowledgement", fault: .notAcknowledged(address: 0x68, count: 1), counters: ["notAcknowledged"]),
            Case(name: "twenty missing acknowledgements", fault: .notAcknowledged(address: 0x68, count: 20), counters: ["notAcknowledged"]),
            Case(name: "bus held for a second", fault: .held(seconds: 1, line: .clock),
                 counters: ["timeouts", "otherBusErrors", "lostSamples", "overflows", "missedInterrupts"]),
            Case(name: "bus held for three seconds", fault: .held(seconds: 3, line: .data),
                 counters: ["timeouts", "otherBusErrors", "busRecoveries"]),
            Case(name: "short reads", fault: .shortRead(address: 0x68, count: 5),
                 counters: ["otherBusErrors", "lostSamples", "badRegisters", "resets", "overflows"]),
            // Power management: the chip goes to sleep.
            Case(name: "corrupted register", fault: .corrupted(address: 0x68, register: 0x6b, mask: 0x40),
                 counters: ["badRegisters", "resets"]),
            Case(name: "chip reset", fault: .reset(address: 0x68), counters: ["badRegisters", "resets"]),
            Case(name: "FIFO overflow", fault: .overflow(address: 0x68), counters: ["overflows"]),
            Case(name: "interrupt storm", fault: .storm(address: 0x68, seconds: 1, hertz: 2000), counters: ["spuriousInterrupts"]),
            Case(name: "missing interrupts", fault: .mutedInterrupt(address: 0x68, seconds: 1), counters: ["missedInterrupts"]),
        ]

        private final class Shared {
            let bench: RigBench
            let run: FirmwareRun

            init() throws {
                bench = try Bench.make()
                run = try bench.start("mpu6050")
                try run.waitForSamples("mpu6050", more: 200, seconds: 15)
            }
        }
        private let bench: RigBench, run: FirmwareRun

        init() throws {
            let shared = try OneBoard.named("faults") { try Shared() }
            (bench, run) = (shared.bench, shared.run)
        }

        @Test(arguments: cases) func faultIsCountedAndSurvived(_ each: Case) throws {
            let before = try #require(try run.console.run("sensors mpu6050").first)
            try bench.machine.inject(each.fault, bus: 2)
            let start = monotonicNanoseconds()
            var faultSeconds = 0.0
            switch each.fault {
            case .held(let seconds, _), .mutedInterrupt(_, let seconds): faultSeconds = seconds ?? 0
            case .storm(_, let seconds, _): faultSeconds = seconds
            default: break
            }
            var after = before
            // Registers are compared in turns, so that it may take a while until a change is seen.
            while !each.counters.contains(where: { after.fault($0) > before.fault($0) }), monotonicNanoseconds() - start < 15_000_000_000 {
                after = try #require(try run.console.run("sensors mpu6050").first)
            }
            #expect(each.counters.contains { after.fault($0) > before.fault($0) },
                    "none of \(each.counters) rose: \(after["faults"] ?? "")")
            let seen = monotonicNanoseconds()
            let end = start + Int64(faultSeconds * 1e9)
            while monotonicNanoseconds() < end { _ = try run.console.run("sensors mpu6050") }
            let resumed = try run.waitForSamples("mpu6050", more: 100, seconds: 20)
            let raised = each.counters.filter { resumed.fault($0) > before.fault($0) }.map {
                "\($0) +\(resumed.fault($0) - before.fault($0))"
            }
            RigFiles.report("\(each.name): noticed after \(milliseconds(seen - start, decimals: 0)), \(raised.joined(separator: ", ")), "
                            + "100 samples more \(milliseconds(monotonicNanoseconds() - max(end, start), decimals: 0)) after its end")
        }

        @Test func driftingClockIsFollowed() throws {
            try bench.machine.inject(.drift(address: 0x68, share: -0.03), bus: 2)
            defer { try? bench.machine.inject(.drift(address: 0x68, share: 0.03), bus: 2) }
            let state = try run.waitForSamples("mpu6050", more: 1200, seconds: 30)
            #expect(abs(state.number("rateHertz") - 194) < 2, "\(state.number("rateHertz")) Hz of a clock that is 3 % slow")
        }

        @Test func gpioEdgesComeAllAndInOrder() throws {
            let count = 300
            #expect(try bench.pressButton(run, edges: count) == count)
            RigFiles.report("\(count) GPIO edges with handshake: all, in order")
        }
    }
}
