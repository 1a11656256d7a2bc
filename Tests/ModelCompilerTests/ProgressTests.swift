@testable import ModelCompiler
import Platform
import Synchronization
import Testing

@Suite struct ProgressTests {
    private func lines(_ work: (Progress) throws -> Void) rethrows -> [String] {
        let drawn = Mutex<[String]>([])
        try work(Progress { text in drawn.withLock { $0.append(text) } })
        return drawn.withLock { $0 }
    }

    @Test func theBarMovesAndGoes() {
        var steps: [Int] = []
        let drawn = lines { $0.each("ranges", of: 3) { steps.append($0) } }
        #expect(steps == [0, 1, 2])
        #expect(drawn == ["ranges [........................] 0/3", "ranges [########................] 1/3",
                          "ranges [################........] 2/3", ""])
    }

    /// What is said next, the failure, begins a line of its own.
    @Test func aFailureLeavesNoBar() {
        let drawn = lines { progress in
            #expect(throws: Failure.self) { try progress.each("ranges", of: 9) { if $0 == 1 { throw Failure(.usage, "stop") } } }
        }
        #expect(drawn.last == "")
        #expect(drawn.count == 3)
    }

    @Test func nothingIsSomething() {
        #expect(lines { $0.each("ranges", of: 0) { _ in } } == [""])
        #expect(Progress.bar("x", 0, of: 0, cells: 2) == "x [..] 0/0")
    }
}
