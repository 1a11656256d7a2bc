import CLinux
import Engine
import Kernels
import Nest
import Platform
import TestSupport
import Testing

@Suite(.serialized)
struct ModelTests {
    @Test func sameBytesWithAnyNumberOfThreads() throws {
        let (builder, input, output) = smallNetwork(size: 17)
        var random = Random(41)
        let values = random.bytes(17 * 17 * 24)
        var first: [Float] = []
        for threads in [1, 2, 3] {
            let model = try builder.model(inputs: [input], outputs: [output], threads: threads, kernels: .chosen(for: .detect()))
            for _ in 0..<5 {
                model.set(0, values)
                try model.run()
                if first.isEmpty { first = model.get(0, as: Float.self) }
                #expect(model.get(0, as: Float.self) == first, "\(threads) threads")
            }
        }
    }

    /// The first run checks weights; every later one must leave the heap as it was. In a process of its own: other tests
    /// allocate beside this one.
    @Test func runsAllocateNothing() async {
        await #expect(processExitsWith: .success) {
            for threads in [1, 2] {
                let (builder, input, output) = smallNetwork(size: 6)
                let model = try builder.model(inputs: [input], outputs: [output], threads: threads, kernels: .chosen(for: .detect()))
                var random = Random(42)
                model.set(0, random.bytes(6 * 6 * 24))
                try model.run()
                var within = Int.max, after = Int.max
                for _ in 0..<20 {
                    var most = 0
                    let before = Int(linux_heap_bytes())
                    try model.run { _ in most = max(most, abs(Int(linux_heap_bytes()) - before)) }
                    within = min(within, most)
                    after = min(after, abs(Int(linux_heap_bytes()) - before))
                }
                try #require(within == 0)
                try #require(after == 0)
            }
        }
    }

    @Test func programsAreChosenByNameAndBatch() throws {
        let (builder, input, output) = smallNetwork()
        var contents = builder.contents(inputs: [input], outputs: [output])
        contents.programs.append(contents.programs[0])
        contents.programs[1].name = "other"
        contents.programs[1].batch = 8
        let pool = try pool(1)
        var options = ModelOptions()
        options.batch = 8
        #expect(try Model(contents: contents, options: options, kernels: .reference, pool: pool).program.name == "other")
        options.program = "missing"
        #expect(throws: Failure.self) { try Model(contents: contents, options: options, kernels: .reference, pool: pool) }
    }

    @Test func memoryIsAccountedFor() throws {
        let (builder, input, output) = smallNetwork()
        let model = try builder.model(inputs: [input], outputs: [output])
        #expect(model.memory.arenaBytes >= builder.arenaBytes)
        #expect(model.memory.residentWeightBytes == builder.chunks.reduce(0) { $0 + $1.count })
        #expect(model.memory.scratchBytes > 0)
        #expect(model.metadata("name") == "test")
        #expect(model.metadata("missing") == nil)
        #expect(model.name(ofInstruction: 0) == "instruction")
    }
}
