import Engine
@testable import ModelCompiler
import Nest
import Platform
import Testing

@Suite struct LowerTests {
    private let same = Padding(top: 1, left: 1, bottom: 1, right: 1)

    @Test func convolutionsAgreeWithAPlainOne() throws {
        for (seed, window) in [Window(kernel: (1, 1)), Window(kernel: (3, 3), padding: same), Window(kernel: (3, 2), stride: (2, 1)),
                               Window(kernel: (3, 3), dilation: (2, 2),
                                      padding: Padding(top: 2, left: 2, bottom: 2, right: 2))].enumerated() {
            var network = TestNetwork(channels: 3, seed: UInt32(seed))
            network.convolution(7, window)
            let graph = network.finished()
            var numbers = Numbers(99)
            let x = numbers.list(8 * 8 * 3)
            let node = graph.nodes[0]
            let expected = plainConvolution(x, height: 8, width: 8, channels: 3, weights: graph.floatValues(node.inputs[1])!,
                                            bias: graph.floatValues(node.inputs[2])!, window)
            #expect(largestDifference(try run(try lower([graph], name: "c"), x), expected) < 1e-4)
        }
    }

    @Test func depthwiseMultipliersRepeatChannels() throws {
        for channels in [1, 3] {
            var network = TestNetwork(channels: channels)
            network.depthwise(Window(kernel: (3, 3), padding: same), multiplier: 4)
            let graph = network.finished()
            var numbers = Numbers(5)
            let x = numbers.list(64 * channels)
            let weights = graph.floatValues(graph.nodes[0].inputs[1])!
            // The same as an ordinary convolution whose other weights are zero.
            var wide = [Float](repeating: 0, count: channels * 4 * 9 * channels)
            for o in 0..<channels * 4 { for tap in 0..<9 { wide[(o * 9 + tap) * channels + o / 4] = weights[tap * channels * 4 + o] } }
            let expected = plainConvolution(x, height: 8, width: 8, channels: channels, weights: wide,
                                            bias: [Float](repeating: 0, count: channels * 4),
                                            Window(kernel: (3, 3), padding: same))
            #expect(largestDifference(try run(try lower([graph], name: "d"), x), expected) < 1e-4)
        }
    }

    @Test func concatenationIsWrittenInPlace() throws {
        var network = TestNetwork()
        let image = network.last
        let a = network.convolution(3, from: image), b = network.convolution(5, Window(kernel: (3, 3), padding: same), from: image)
        network.append("join", .concatenate(axis: 3, .none), [a, b], shape: [1, 8, 8, 8])
        let nest = try lower([network.finished()], name: "join")
        #expect(nest.programs[0].program.instructions.allSatisfy { $0.opcode == .convolution })
        var numbers = Numbers(4)
        let x = numbers.list(256), all = try run(nest, x)
        for (part, range) in [(a, 0..<3), (b, 3..<8)] {
            var alone = network.graph
            alone.outputs = [part]
            try removeDeadNodes(&alone)
            let expected = try run(try lower([alone], name: "part"), x)
            let sliced = (0..<64).flatMap { pixel in range.map { all[pixel * 8 + $0] } }
            #expect(largestDifference(sliced, expected) == 0)
        }
    }

    @Test func movementsMatchTheirDefinition() throws {
        var network = TestNetwork(height: 2, width: 3, channels: 4)
        let image = network.last
        let turned = network.append("turn", .transpose(permutation: [0, 3, 1, 2]), [image], shape: [1, 4, 2, 3])
        network.append("cut", .slice(starts: [0, 3, 0, 2], steps: [1, -2, 1, -1]), [turned], shape: [1, 2, 2, 3])
        network.append("pad", .pad(before: [0, 0, 1, 0], after: [0, 0, 0, 1], value: 9), shape: [1, 2, 3, 4])
        let x = (0..<24).map(Float.init)
        var expected: [Float] = []
        for c in 0..<2 {
            for y in 0..<3 {
                for w in 0..<4 {
                    expected.append(y == 0 || w == 3 ? 9 : x[((y - 1) * 3 + (2 - w)) * 4 + 3 - 2 * c])
                }
            }
        }
        #expect(try run(try lower([network.finished()], name: "move"), x) == expected)
    }

    @Test func gatherTakesWhatIsAskedFor() throws {
        var graph = Graph()
        let x = graph.addTensor(GraphTensor(name: "x", shape: [2, 6, 2], type: .float32))
        let indices: [Int32] = [5, 3, 1, 0, -1]
        let list = graph.addTensor(GraphTensor(name: "i", shape: [5], type: .int32, constant: indices.littleEndianBytes))
        graph.inputs = [x]
        graph.outputs = [graph.addNode("g", .gather(axis: 1), inputs: [x, list],
                                       output: GraphTensor(name: "y", shape: [2, 5, 2], type: .float32))]
        let values = (0..<24).map(Float.init)
        var expected: [Float] = []
        for outer in 0..<2 {
            for index in [5, 3, 1, 0, 5] { for element in 0..<2 { expected.append(Float(outer * 12 + index * 2 + element)) } }
        }
        #expect(try run(try lower([graph], name: "g"), values) == expected)
    }

    @Test func broadcastingFollowsNumPy() throws {
        var graph = Graph()
        let x = graph.addTensor(GraphTensor(name: "x", shape: [1, 2, 3, 2], type: .float32))
        let row = graph.addConstant("row", shape: [3, 1], floats: [10, 20, 30])
        graph.inputs = [x]
        graph.outputs = [graph.addNode("s", .binary(.subtract, .none), inputs: [row, x],
                                       output: GraphTensor(name: "y", shape: [1, 2, 3, 2], type: .float32))]
        let values = (0..<12).map(Float.init)
        #expect(try run(try lower([graph], name: "b"), values) == values.indices.map { Float(($0 / 2 % 3 + 1) * 10) - values[$0] })
    }

    @Test func batchesShareWeights() throws {
        var network = TestNetwork()
        network.convolution(8, Window(kernel: (3, 3), padding: same), .relu)
        network.append("mean", .mean(axes: [1, 2], keepDimensions: true), shape: [1, 1, 1, 8])
        let nest = try Compilation.compile(network.finished(), CompilationOptions(name: "b", batches: [1, 3]))
        #expect(nest.contents.programs.map(\.batch) == [1, 3])
        #expect(nest.contents.programs[0].instructions.map(\.blobOffset) == nest.contents.programs[1].instructions.map(\.blobOffset))
        var numbers = Numbers(8)
        let images = (0..<3).map { _ in numbers.list(256) }
        let single = try images.flatMap { try run(nest, $0, batch: 1) }
        #expect(largestDifference(single, try run(nest, images.flatMap { $0 }, batch: 3)) < 1e-6)
    }

    @Test func unknownOperationsAreNamed() throws {
        var network = TestNetwork()
        network.append("odd one", .matrixMultiply, [network.last, network.last], shape: [1, 8, 8, 8])
        do {
            _ = try lower([network.finished()], name: "x")
            Issue.record("lowered what it can't")
        } catch let failure as Failure {
            #expect(failure.description.contains("odd one"))
        }
    }

    @Test func weightsBeyondInt8AreSplit() throws {
        #expect(IntegerWeights.split([1, -127, 127]) == [[1, -127, 127]])
        #expect(IntegerWeights.split([-128, 200, 5]) == [[-127, 127, 5], [-1, 73, 0]])
        #expect(IntegerWeights.split([255]) == nil)
    }

    @Test func chunksKeepBlobsWhole() throws {
        var store = BlobStore()
        let sizes = [100, 300_000, 64, 1, 200_000, 100_000]
        let indices = sizes.enumerated().map { store.add([UInt8](repeating: UInt8($0), count: $1)) }
        #expect(store.add([UInt8](repeating: 0, count: 100)) == indices[0])
        let (chunks, places) = store.chunks()
        for (index, size) in sizes.enumerated() {
            let chunk = chunks[Int(places[index].chunk)], start = Int(places[index].offset)
            #expect(start % 64 == 0)
            #expect(start + size + BlobStore.slack <= chunk.count)
            #expect(chunk[start..<start + size].allSatisfy { $0 == UInt8(index) })
            #expect(chunk.count <= BlobStore.chunkBytes || chunk.count == size + BlobStore.slack)
        }
    }
}

@Suite struct LowerArenaPlannerTests {
    @Test func liveBuffersNeverOverlap() {
        var random = SplitMix64(seed: 42)
        for _ in 0..<200 {
            let buffers = (0..<1 + random.next(below: 40)).map { _ -> ArenaBuffer in
                let first = random.next(below: 30)
                return ArenaBuffer(bytes: 1 + random.next(below: 5000), first: first, last: first + random.next(below: 10))
            }
            let plan = ArenaPlanner.plan(buffers, swaps: 20)
            #expect(plan.bytes >= plan.lowerBound)
            #expect(plan.offsets.allSatisfy { $0 % 64 == 0 && $0 >= 0 })
            for (i, a) in buffers.enumerated() {
                #expect(plan.offsets[i] + a.bytes <= plan.bytes)
                for (j, b) in buffers.enumerated().dropFirst(i + 1) where a.overlapsInTime(b) {
                    #expect(plan.offsets[i] + a.bytes <= plan.offsets[j] || plan.offsets[j] + b.bytes <= plan.offsets[i])
                }
            }
        }
    }

    @Test func aChainNeedsTwoBuffers() {
        let plan = ArenaPlanner.plan((0..<10).map { ArenaBuffer(bytes: 640, first: $0, last: $0 + 1) })
        #expect(plan.bytes == 1280)
        #expect(plan.ratio == 1)
    }

    @Test func nothingToPlan() {
        #expect(ArenaPlanner.plan([]) == ArenaPlan(offsets: [], bytes: 0, lowerBound: 0))
    }
}
