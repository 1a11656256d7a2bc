import Engine
import Foundation
import Kernels
@testable import ModelRuntime
import Platform
import Testing
import TestSupport

private let model = modelPath("efficientnet-lite0")
private let isThere = FileManager.default.fileExists(atPath: model)

/// A library in a process of ten megabytes, with copies of one model.
private final class Shelf {
    let scratch = Scratch()
    let library: Library
    var told: [String] = []

    init(_ names: [String]) throws {
        library = Library(pools: Pools(Processors.available()), features: ProcessorFeatures.detect(), measure: { 10_000_000 })
        for name in names { try FileManager.default.copyItem(atPath: model, toPath: path(name)) }
        library.report { [unowned self] in told.append($0) }
    }

    deinit { scratch.remove() }

    func path(_ name: String) -> String { scratch(name + ".nest") }

    func lease(_ name: String, for user: String = "a", waits: Bool = true, pause: @escaping () -> Bool = { false }) throws -> ModelLease {
        var request = ModelRequest(path: path(name))
        request.threads = 1
        return try library.lease(request, for: ModelUser(name: user, pause: pause), waits: waits)
    }

    @discardableResult func keep(_ name: String) throws -> Model {
        let lease = try lease(name)
        lease.keep()
        lease.end()
        return lease.model
    }

    var names: [String] { library.rows.map { $0.name } }
}

@Suite(.enabled(if: isThere, "models/efficientnet-lite0.nest is not there; `make models` makes it")) struct LibraryTests {
    @Test func whatIsKeptIsUsedAgain() throws {
        let shelf = try Shelf(["one"])
        let first = try shelf.keep("one")
        let again = try shelf.lease("one")
        #expect(again.wasLoaded && again.model === first)
        #expect(shelf.library.rows[0].user == "a" && !shelf.library.rows[0].mayBeGivenBack)
        again.end()
        #expect(shelf.library.rows[0].user == nil && shelf.library.rows[0].mayBeGivenBack
                && shelf.library.rows[0].bytes == first.memory.totalBytes)
        // Options that it wasn't loaded with, and a measurement, want a model of their own.
        var other = ModelRequest(path: shelf.path("one"))
        other.kernels = "reference"
        #expect(try !shelf.library.lease(other, for: ModelUser(name: "a", pause: { false })).wasLoaded)
        other.kernels = nil
        other.isPrivate = true
        #expect(try !shelf.library.lease(other, for: ModelUser(name: "a", pause: { false })).wasLoaded)
        #expect(try shelf.library.unload(shelf.path("one")) == 1 && shelf.names.isEmpty)
        #expect(try shelf.library.unload(shelf.path("one")) == 0)
    }

    @Test func whatIsNotKeptGoesWithItsUse() throws {
        let shelf = try Shelf(["one"])
        weak var seen: Model?
        do {
            let lease = try shelf.lease("one")
            seen = lease.model
            #expect(shelf.library.rows.map { $0.isKept } == [false] && seen != nil)
            lease.end()
        }
        #expect(shelf.names.isEmpty && seen == nil)
    }

    @Test func theSecondUserWaitsForTheFirst() throws {
        let shelf = try Shelf(["one"])
        let kept = try shelf.keep("one"), first = try shelf.lease("one", for: "ttyS0")
        var pauses = 0
        let second = try shelf.lease("one", for: "ttyS1", pause: {
            pauses += 1
            #expect(shelf.library.rows[0].user == "ttyS0")
            if pauses == 3 { first.end() }
            return true
        })
        #expect(pauses == 3 && second.model === kept && shelf.library.rows[0].user == "ttyS1" && shelf.names.count == 1)
        #expect(shelf.told == ["ttyS1 waits for one, which ttyS0 is using"])
        // Who gives up gets nothing and takes nothing away; at work, it isn't unloaded either.
        #expect(throws: Failure.self) { try shelf.lease("one", for: "ttyS2") }
        #expect(throws: Failure.self) { try shelf.library.unload(shelf.path("one")) }
        #expect(shelf.library.rows[0].user == "ttyS1")
        // Who holds a model already doesn't wait.
        let own = try shelf.lease("one", for: "ttyS2", waits: false)
        #expect(own.model !== kept && shelf.names.count == 2)
    }

    @Test func twoConsolesAtOnceGetTheSameAnswers() throws {
        let shelf = try Shelf(["one"])
        try shelf.keep("one")
        func answer() throws -> [UInt8] {
            let lease = try shelf.lease("one", pause: {
                usleep(200)
                return true
            })
            defer { lease.end() }
            lease.model.input(0).initializeMemory(as: UInt8.self, repeating: 37)
            try lease.model.run()
            return Array(lease.model.output(0))
        }
        let expected = try answer()
        let right = EventRing<Bool>(capacity: 64), more = EventRing<Bool>(capacity: 64)
        let threads = try [right, more].map { ring in try Platform.Thread { for _ in 0..<10 { ring.push((try? answer()) == expected) } } }
        for thread in threads { thread.join() }
        for ring in [right, more] {
            #expect(ring.count == 10)
            while let isRight = ring.pop() { #expect(isRight) }
        }
    }

    @Test func theBudgetTakesIdleModelsBackAndNoOthers() throws {
        let shelf = try Shelf(["one", "two", "three", "four"])
        for name in ["one", "two", "three"] { try shelf.keep(name) }
        let each = shelf.library.rows[0].bytes
        #expect(shelf.library.takenBytes == 10_000_000 + 3 * each)
        // Used last, so not the first to go.
        try shelf.lease("one").end()
        #expect(try shelf.library.setBudget(10_000_000 + 3 * each - 1) == ["two"] && shelf.names == ["one", "three"])
        // No room for a fourth's arena: what was used longest ago goes, and that is said.
        #expect(try shelf.library.setBudget(10_000_000 + 2 * each + 1_300_000) == [])
        let fourth = try shelf.lease("four", for: "ttyS0")
        #expect(fourth.givenBack == ["three"] && shelf.names == ["one", "four"])
        #expect(shelf.told == ["three is given back: ttyS0 needs the room"])
        #expect(shelf.library.takenBytes <= 10_000_000 + 2 * each + 1_300_000)
        // At work, both stay, and the next is refused.
        let first = try shelf.lease("one")
        do {
            _ = try shelf.lease("two")
            Issue.record("there was no room")
        } catch let failure as Failure { #expect(failure.kind == .budget) }
        #expect(shelf.names == ["one", "four"])
        #expect(throws: Failure.self) { try shelf.library.setBudget(9_000_000) }
        first.end()
        fourth.end()
    }

    @Test func aReplacedFileIsAnotherModel() throws {
        let shelf = try Shelf(["one"])
        let old = try shelf.keep("one")
        try FileManager.default.removeItem(atPath: shelf.path("one"))
        try FileManager.default.copyItem(atPath: model, toPath: shelf.path("one"))
        let new = try shelf.keep("one")
        #expect(new !== old && shelf.names == ["one"])
    }
}
