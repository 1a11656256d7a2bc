import Board
import CConsole
import CLinux
@testable import Engine
@testable import Commands
@testable import Configuration
@testable import Console
@testable import Device
import Glibc
import Platform
import VirtualBoard

/// Everything that threads share without a lock, and the firmware around it, for ThreadSanitizer, which says what it finds
/// by itself. What is decided here is only that each piece did its work.
@main struct Threads {
    static func main() {
        do throws(Failure) {
            try ring()
            try sequenceLock()
            try pool()
            try console()
            try device()
        } catch {
            fail(error.description)
        }
        print("threads: 5 passed, 0 failed")
    }

    static func fail(_ text: String) -> Never {
        print("threads: FAILED: \(text)")
        exit(1)
    }

    static func ring() throws(Failure) {
        let ring = EventRing<(UInt64, UInt64)>(capacity: 64)
        let total: UInt64 = 100_000
        let producer = try Platform.Thread {
            var value: UInt64 = 0
            while value < total { if ring.push((value, ~value)) { value += 1 } else { sched_yield() } }
        }
        var expected: UInt64 = 0
        while expected < total {
            guard let value = ring.pop() else {
                sched_yield()
                continue
            }
            if value.0 != expected || value.1 != ~expected { fail("the ring gives \(value), not \(expected)") }
            expected += 1
        }
        producer.join()
        _ = (ring.count, ring.dropped)
    }

    /// Words: the sanitizer doesn't see accesses as wide as a vector.
    private struct Wide { var a: UInt64, b: UInt64, c: UInt64, d: UInt64, e: UInt32 }

    static func sequenceLock() throws(Failure) {
        let latest = SequenceLock(Wide(a: 0, b: 0, c: 0, d: 0, e: 0))
        let ended = EventRing<Bool>(capacity: 2)
        let writer = try Platform.Thread {
            var value: UInt64 = 0
            while ended.count == 0 {
                value &+= 1
                latest.publish(Wide(a: value, b: value, c: value, d: value, e: UInt32(truncatingIfNeeded: value)))
            }
        }
        var last: UInt64 = 0, changes = 0, reads = 0
        while changes < 100 || reads < 20_000 {
            let value = latest.read()
            guard value.b == value.a, value.c == value.a, value.d == value.a, value.e == UInt32(truncatingIfNeeded: value.a),
                  value.a >= last else {
                fail("a torn or an old value: \(value)")
            }
            if value.a != last { changes += 1 } else { sched_yield() }
            last = value.a
            reads += 1
        }
        ended.push(true)
        writer.join()
    }

    private final class Sum: SlicedWork {
        let counts = UnsafeMutablePointer<Int>.allocate(capacity: 32)
        override func execute(_ slice: Int, worker: Int) { counts[slice] += 1 }
        deinit { counts.deallocate() }
    }

    static func pool() throws(Failure) {
        let pool = try ThreadPool(threads: 4)
        let work = Sum()
        work.slices = 32
        work.counts.initialize(repeating: 0, count: 32)
        for round in 1...2000 {
            pool.run(work)
            // Plain words: the pool itself has to order them.
            for slice in 0..<32 where work.counts[slice] != round { fail("slice \(slice) ran \(work.counts[slice]) times, not \(round)") }
            if round % 100 == 0 { usleep(2000) }
        }
    }

    static func console() throws(Failure) {
        var input: [Int32] = [0, 0], output: [Int32] = [0, 0]
        guard pipe(&input) == 0, pipe(&output) == 0 else { throw .system(.resource, "cannot make pipes") }
        for descriptor in [input[0], output[0], output[1]] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        let console = Console(name: "test", input: input[0], output: output[1], isInteractive: false, isJSON: false, prompt: "> ",
                              wake: console_wake_open(), wording: .text, completion: nil)
        let ended = EventRing<Bool>(capacity: 2)
        _ = "status\n".withCString { write(input[1], $0, 7) }
        _ = console.readInput()
        guard console.takeLine() != nil else { fail("no line") }
        let command = try Platform.Thread {
            for number in 0..<2000 { console.write("line \(number)") }
            ended.push(true)
        }
        var bytes = [UInt8](repeating: 0, count: 1 << 16), read = 0
        while ended.count == 0 || console.hasOutput {
            console.show(LogLine(level: .info, sinceStart: 0, text: "a line of the log"))
            _ = console.flush(now: monotonicNanoseconds())
            console.checkProgress(now: monotonicNanoseconds())
            read += max(0, Glibc.read(output[0], &bytes, bytes.count))
            sched_yield()
        }
        command.join()
        if read < 2000 * 9 { fail("\(read) bytes of the command's output came") }
        console.becomeIdle()
        console.hangUp()
    }

    /// Sensors' threads in real time, below them what the console's server does, and commands on a thread of their own.
    static func device() throws(Failure) {
        let device = try DeviceFactory.make(try Arguments(["--simulate"], options: run.options))
        try device.start()
        defer { device.stop() }
        let ended = EventRing<Int32>(capacity: 16)
        let context = Context(output: { _ in }, errors: { print("threads: \($0)") })
        context.device = device
        let track = try device.track(named: "main")
        while track.reading.read().samples == 0 { usleep(10_000) }
        let commands = try Platform.Thread {
            for words in [["status"], ["sensors"], ["imu", "--seconds", "1"], ["pose", "--seconds", "1", "--json"],
                          ["gpio", "indicator", "on"],
                          ["fault", "reset", "0x68"], ["governor", "performance"], ["log", "debug"], ["imu", "record", "/dev/null/none"],
                              ["budget"]] {
                _ = runCommand(words, context: context)
            }
            ended.push(0)
        }
        while ended.count == 0 {
            device.drainEvents { EventText.log($0, device) }
            device.supervisor?.look(now: monotonicNanoseconds())
            usleep(5000)
        }
        commands.join()
    }
}
