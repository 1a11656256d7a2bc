import Board
@testable import BoardLinux
import CLinux
import Platform
import Testing

private func edge(_ isRising: Bool, _ milliseconds: Int64, sequence: UInt32 = 0) -> LineEdge {
    LineEdge(isRising: isRising, timestampNanoseconds: milliseconds * 1_000_000, sequence: sequence)
}

@Suite struct LineTests {
    @Test func placesAreReadFromTheirNames() {
        #expect(LineLocation.split("gpiochip0/17")?.chip == "gpiochip0")
        #expect(LineLocation.split("gpiochip0/17")?.offset == 17)
        #expect(LineLocation.split("/dev/gpiochip2/3")?.chip == "/dev/gpiochip2")
        for bad in ["GPIO17", "gpiochip0/", "gpiochip0/x", "/17", "", "gpiochip0/-1", "gpiochip0/99999999999", "gpiochip0/65536"] {
            #expect(LineLocation.split(bad) == nil, "\(bad)")
        }
    }

    @Test func chipsComeInOrderOfTheirNumbers() throws {
        let folder = TemporaryFolder()
        for name in ["gpiochip10", "gpiochip2", "gpiochip", "gpiochip0", "gpiochipx", "ttyS0"] { folder.write(name, "") }
        #expect(LineLocation.chipPaths(folder.path) == ["gpiochip0", "gpiochip2", "gpiochip10"].map { folder.path + "/" + $0 })
    }

    @Test func whatIsMissingIsNamed() {
        let folder = TemporaryFolder()
        var request = LineRequest(line: "door")
        #expect(failure { _ = try HardwareInputLine(request, devices: folder.path) }?.contains("line door: there is no GPIO chip") == true)
        folder.write("gpiochip0", "not a device")
        #expect(failure { _ = try HardwareInputLine(request, devices: folder.path) }?.contains("cannot open \(folder.path)/gpiochip0")
                == true)
        request.line = "gpiochip7/1"
        #expect(failure { _ = try HardwareOutputLine(request,
            devices: folder.path) }?.contains("there is no chip gpiochip7; there are gpiochip0") == true)
    }

    @Test func aBouncingContactGivesOneEdge() {
        var debouncer = EdgeDebouncer(periodNanoseconds: 5_000_000, level: false)
        // Closing: four bounces within 3 ms, then quiet.
        for bounce in [edge(true, 100), edge(false, 101), edge(true, 102), edge(false, 102)] { #expect(debouncer.take(bounce) == nil) }
        #expect(debouncer.take(edge(true, 103)) == nil)
        #expect(debouncer.settlesAtNanoseconds == 108_000_000)
        #expect(debouncer.settle(atNanoseconds: 107_999_999) == nil)
        #expect(debouncer.settle(atNanoseconds: 108_000_000) == edge(true, 103))
        #expect(debouncer.settlesAtNanoseconds == nil)
        // A pulse shorter than the period never was.
        #expect(debouncer.take(edge(false, 200)) == nil)
        #expect(debouncer.take(edge(true, 202)) == nil)
        #expect(debouncer.settle(atNanoseconds: 300_000_000) == nil)
        // The reader came late: the edge that had settled long ago comes out when the next one is seen.
        #expect(debouncer.take(edge(false, 400)) == nil)
        #expect(debouncer.take(edge(true, 500)) == edge(false, 400))
        #expect(debouncer.settle(atNanoseconds: 505_000_000) == edge(true, 500))
    }

    /// Against the definition: a change is reported where the level stayed for the period afterwards.
    @Test func debouncingFollowsItsDefinition() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let period = Int64.random(in: 1...20, using: &random)
            var time: Int64 = 0, level = false
            var edges: [LineEdge] = []
            for _ in 0..<60 {
                time += Int64.random(in: 1...30, using: &random)
                level.toggle()
                edges.append(LineEdge(isRising: level, timestampNanoseconds: time))
            }
            var expected: [LineEdge] = [], reported = false
            for (index, edge) in edges.enumerated() {
                let stays = index + 1 == edges.count || edges[index + 1].timestampNanoseconds - edge.timestampNanoseconds >= period
                if stays, edge.isRising != reported {
                    expected.append(edge)
                    reported = edge.isRising
                }
            }
            var debouncer = EdgeDebouncer(periodNanoseconds: period, level: false), got: [LineEdge] = []
            for edge in edges {
                if let settled = debouncer.take(edge) { got.append(settled) }
            }
            if let settled = debouncer.settle(atNanoseconds: time + period) { got.append(settled) }
            #expect(got == expected)
        }
    }

    @Test func lossesShowInTheSequence() {
        var losses = EdgeLosses(watchesBothEdges: false)
        for sequence: UInt32 in [1, 2, 5, 6] { losses.take(edge(true, 0, sequence: sequence)) }
        #expect(losses.count == 2)
        var late = EdgeLosses(watchesBothEdges: true)
        late.take(edge(true, 0, sequence: 4))
        #expect(late.count == 3)
    }

    @Test func lossesShowInTwoEdgesOfOneKind() {
        var both = EdgeLosses(watchesBothEdges: true), rising = EdgeLosses(watchesBothEdges: false)
        for isRising in [true, false, true, true, false, false, false] { both.take(edge(isRising, 0)) }
        for _ in 0..<3 { rising.take(edge(true, 0)) }
        #expect(both.count == 3)
        #expect(rising.count == 0)
    }

    @Test func aFullQueueKeepsTheNewest() {
        var queue = EdgeQueue(capacity: 3)
        defer { queue.deallocate() }
        var fits: [Bool] = []
        for time: Int64 in 1...5 { fits.append(queue.append(edge(true, time))) }
        #expect(fits == [true, true, true, false, false])
        for time: Int64 in 3...5 { #expect(queue.removeFirst() == edge(true, time)) }
        #expect(queue.removeFirst() == nil)
    }
}

@Suite struct LineWaitTests {
    @Test func aReadableLineEndsTheWait() throws {
        let first = PipeLine(), second = PipeLine()
        let set = try HardwareWaitSet([first, second])
        #expect(set.wait(untilNanoseconds: monotonicNanoseconds() + 1_000_000) == false)
        second.post()
        #expect(set.wait(untilNanoseconds: monotonicNanoseconds() + 60_000_000_000) == true)
        second.take()
        #expect(set.wait(untilNanoseconds: monotonicNanoseconds() - 1) == false)
        first.post()
        #expect(set.wait(untilNanoseconds: 0) == true)
    }

    @Test func anotherThreadWakes() throws {
        let set = try HardwareWaitSet([])
        let waker = try Thread { set.wake() }
        // Without the wake this would last an hour.
        #expect(set.wait(untilNanoseconds: monotonicNanoseconds() + 3_600_000_000_000) == false)
        waker.join()
        // A wake that comes first is not lost, and counts once.
        set.wake()
        set.wake()
        #expect(set.wait(untilNanoseconds: monotonicNanoseconds() + 3_600_000_000_000) == false)
        let start = monotonicNanoseconds()
        #expect(set.wait(untilNanoseconds: start + 2_000_000) == false)
        #expect(monotonicNanoseconds() >= start + 2_000_000)
    }

    @Test func aWakeIsKeptBesideEdges() throws {
        let line = PipeLine(), set: HardwareWaitSet
        set = try HardwareWaitSet([line])
        line.post()
        set.wake()
        #expect(set.wait(untilNanoseconds: .max) == true)
        line.take()
        #expect(set.wait(untilNanoseconds: .max) == false)
    }

    /// In a process of its own: other tests allocate beside this one.
    @Test func waitingAllocatesNothing() async {
        await #expect(processExitsWith: .success) {
            let line = PipeLine(), set = try HardwareWaitSet([line])
            line.post()
            _ = set.wait(untilNanoseconds: 0)
            var least = Int.max
            for _ in 0..<5 {
                let before = linux_heap_bytes()
                for _ in 0..<100 { _ = set.wait(untilNanoseconds: 0) }
                least = min(least, abs(Int(linux_heap_bytes()) - Int(before)))
            }
            try #require(least == 0)
        }
    }

    /// A descriptor that the test makes readable, in place of a line of the kernel.
    private final class PipeLine: InputLine {
        let name = "pipe"
        var lostEdges: UInt32 { 0 }
        private var ends: [Int32] = [-1, -1]
        var descriptor: Int32 { ends[0] }

        init() { pipe(&ends) }
        deinit { for end in ends { close(end) } }

        func post() { _ = write(ends[1], "x", 1) }
        func take() {
            var byte: UInt8 = 0
            _ = read(ends[0], &byte, 1)
        }
        func level() throws(Failure) -> Bool { true }
        func takeEdges(_ edges: UnsafeMutableBufferPointer<LineEdge>) throws(Failure) -> Int { 0 }
    }
}
