import CLinux
import Foundation
@testable import Platform
import Testing

struct PlatformTests {
    @Test(arguments: [(0.0, 2, "0.00"), (2.345678, 2, "2.35"), (-0.004, 2, "0.00"), (-1.5, 0, "-2"), (123456.789, 1, "123456.8"),
                      (0.05, 1, "0.1"),
                      (1e300, 2, "9e18 or more"), (.nan, 1, "nan"), (-.infinity, 1, "-inf")])
    func fixedDecimals(value: Double, decimals: Int, text: String) { #expect(fixed(value, decimals: decimals) == text) }

    @Test func paddingAndUnits() {
        #expect(padLeft("ab", 5) == "   ab")
        #expect(padRight("µs", 4) == "µs  ")
        #expect(padRight("longer", 3) == "longer")
        #expect(megabytes(999) == "999 B")
        #expect(megabytes(14_249) == "14.2 kB")
        #expect(megabytes(3_734_528) == "3.73 MB")
        #expect(milliseconds(1_234_567) == "1.235 ms")
    }

    @Test func processorLists() {
        #expect(Processors.numbers("0-3,6\n") == [0, 1, 2, 3, 6])
        #expect(Processors.numbers("") == [])
        #expect(Processors.numbers("5-2,x,99999999999999,1") == [1])
    }

    @Test func coresAreSortedByCapacityAndFrequency() throws {
        let root = NSTemporaryDirectory() + "cpu-\(UInt64.random(in: 0...UInt64.max))"
        defer { try? FileManager.default.removeItem(atPath: root) }
        try FileManager.default.createDirectory(atPath: root + "/cpu0/cpufreq", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: root + "/cpu1/cpufreq", withIntermediateDirectories: true)
        try Data("0-1\n".utf8).write(to: URL(fileURLWithPath: root + "/online"))
        try Data("446\n".utf8).write(to: URL(fileURLWithPath: root + "/cpu0/cpu_capacity"))
        try Data("1024\n".utf8).write(to: URL(fileURLWithPath: root + "/cpu1/cpu_capacity"))
        try Data("2400000\n".utf8).write(to: URL(fileURLWithPath: root + "/cpu1/cpufreq/cpuinfo_max_freq"))
        let cores = Processors.available(root: root)
        if linux_may_run_on(0) != 0, linux_may_run_on(1) != 0 {
            #expect(cores.map { $0.number } == [1, 0])
            #expect(Processors.topology(cores) == "2 cores: 1 × 2.4 GHz (capacity 1024), 1 (capacity 446)")
        }
        #expect(!Processors.available(root: "/nonexistent").isEmpty)
    }

    @Test func filesAreReadWithALimitAndReplacedWhole() throws {
        let path = NSTemporaryDirectory() + "file-\(UInt64.random(in: 0...UInt64.max))"
        defer { unlink(path) }
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try File.writeAtomically(path, bytes)
        #expect(try File.read(path) == bytes)
        #expect(try File.read(path, limit: 100_000) == bytes)
        #expect(throws: Failure.self) { try File.read(path, limit: 99_999) }
        #expect(throws: Failure.self) { try File.read("/dev/zero", limit: 1000) }
        #expect(throws: Failure.self) { try File.read("/") }
        try File.writeAtomically(path, [])
        #expect(try File.read(path) == [])
        #expect(!File.exists(path + ".new"))
        #expect(File.text("/proc/self/stat") != nil)
        #expect(ProcessMemory.resident > 0 && ProcessMemory.peak >= ProcessMemory.resident / 2)
    }

    @Test func mappedFileThatShrinksReadsAsZeros() throws {
        let path = NSTemporaryDirectory() + "mapped-\(UInt64.random(in: 0...UInt64.max))"
        defer { unlink(path) }
        try File.writeAtomically(path, [UInt8](repeating: 7, count: 100_000))
        let file = try MappedFile(path: path)
        #expect(file.bytes[99_999] == 7)
        #expect(!file.isBroken)
        #expect(truncate(path, 10) == 0)
        #expect(file.bytes[90_000] == 0)
        #expect(file.isBroken)
        #expect(try MappedFile(path: path).isBroken == false)
    }

    @Test func closedPipeIsNotAnError() {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        Signals.install()
        close(ends[0])
        #expect(Output(descriptor: ends[1]).write("nobody reads this") == false)
        close(ends[1])
    }

    @Test func threadsRunAndJoin() throws {
        let counter = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
        counter.pointee = 0
        defer { counter.deallocate() }
        let threads = try (0..<8).map { _ in try Platform.Thread { for _ in 0..<1000 { _ = linux_add(counter, 1) } } }
        for thread in threads { thread.join() }
        #expect(linux_load(counter) == 8000)
        let before = monotonicNanoseconds()
        #expect(monotonicNanoseconds() >= before)
    }
}
