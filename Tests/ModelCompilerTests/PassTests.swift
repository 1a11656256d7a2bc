@testable import ModelCompiler
import Nest
import Platform
import Testing

/// Each pass on a small graph of its own: what it does to the nodes, and that the answers stay the same.
@Suite struct PassTests {
    private func answers(_ graph: Graph, seed: UInt32 = 7) throws -> [Float] {
        var numbers = Numbers(seed)
        return try run(try lower([graph], name: "test"), numbers.list(graph.tensors[graph.inputs[0]].elements))
    }

    private func titles(_ graph: Graph) -> [String] { graph.nodes.map(\.operation.title) }

    /// The graph with `passes`, compared with the graph as a program without fusion.
    private func check(_ graph: Graph, _ passes: [Pass], _ expected: [String], tolerance: Float = 1e-4) throws {
        var plain = graph, changed = graph
        try plain.apply(Pass.separation)
        try changed.apply(passes)
        #expect(titles(changed) == expected)
        #expect(largestDifference(try answers(plain), try answers(changed)) < tolerance)
    }

    @Test func batchNormalizationGoesIntoWeights() throws {
        var network = TestNetwork()
        network.convolution(6, Window(kernel: (3, 3), padding: Padding(top: 1, left: 1, bottom: 1, right: 1)))
        network.batchNormalization()
        network.depthwise(Window(kernel: (3, 3)))
        network.batchNormalization()
        try check(network.finished(), [Pass("fold", foldBatchNormalization)], ["convolution", "depthwise convolution"])
    }

    @Test func batchNormalizationAloneBecomesDepthwise() throws {
        var network = TestNetwork()
        network.batchNormalization()
        try check(network.finished(), [Pass("fold", foldBatchNormalization)], ["depthwise convolution"])
    }

    @Test func batchNormalizationStaysWhereTheConvolutionIsReadTwice() throws {
        var network = TestNetwork()
        let shared = network.convolution(4)
        let normal = network.batchNormalization()
        network.append("sum", .binary(.add, .none), [shared, normal], shape: network.shape)
        try check(network.finished(), [Pass("fold", foldBatchNormalization)], ["convolution", "depthwise convolution", "add"])
    }

    @Test func clampsAreFused() throws {
        var network = TestNetwork()
        network.convolution(5)
        network.append("relu6", .unary(.relu6, alpha: 0, beta: 0), shape: network.shape)
        network.depthwise(Window(kernel: (2, 2)))
        network.append("clip", .unary(.clip, alpha: -0.25, beta: 0.5), shape: network.shape)
        try check(network.finished(), [Pass("fuse", fuseActivations)], ["convolution", "depthwise convolution"])
    }

    @Test func paddingIsFused() throws {
        var network = TestNetwork()
        network.append("pad", .pad(before: [0, 1, 2, 0], after: [0, 2, 1, 0], value: 0), shape: [1, 11, 11, 4])
        network.convolution(3, Window(kernel: (3, 3), stride: (2, 2)))
        try check(network.finished(), [Pass("fuse", fusePadding)], ["convolution"])
    }

    @Test func paddingWiderThanTheWindowStays() throws {
        var network = TestNetwork()
        network.append("pad", .pad(before: [0, 3, 0, 0], after: [0, 0, 0, 0], value: 0), shape: [1, 11, 8, 4])
        network.convolution(3, Window(kernel: (3, 3)))
        try check(network.finished(), [Pass("fuse", fusePadding)], ["pad", "convolution"])
    }

    @Test func siluIsRecognised() throws {
        var network = TestNetwork()
        let x = network.convolution(4)
        let gate = network.append("gate", .unary(.sigmoid, alpha: 0, beta: 0), shape: network.shape)
        network.append("silu", .binary(.multiply, .none), [gate, x], shape: network.shape)
        try check(network.finished(), [Pass("recognise", recognizeSiLU)], ["convolution", "silu"])
        try check(network.finished(), [Pass("recognise", recognizeSiLU), Pass("fuse", fuseFunctions)], ["convolution"])
    }

    @Test func residualsAreFused() throws {
        var network = TestNetwork()
        let shortcut = network.convolution(4)
        let deep = network.depthwise(Window(kernel: (3, 3), padding: Padding(top: 1, left: 1, bottom: 1, right: 1)))
        network.append("sum", .binary(.add, .none), [shortcut, deep], shape: network.shape)
        try check(network.finished(), [Pass("fuse", fuseResiduals)], ["convolution", "depthwise convolution"])
    }

    @Test func scalesAreFolded() throws {
        var network = TestNetwork()
        network.convolution(3)
        let factor = network.graph.addConstant("factor", shape: [3], floats: [2, -1, 0.5])
        network.append("times", .binary(.multiply, .none), [factor, network.last], shape: network.shape)
        let offset = network.graph.addConstant("offset", shape: [1], floats: [0.75])
        network.append("minus", .binary(.subtract, .relu), [offset, network.last], shape: network.shape)
        try check(network.finished(), [Pass("fold", foldScales)], ["convolution"])
    }

    @Test func spaceToDepthGoesIntoTheKernel() throws {
        var network = TestNetwork(channels: 3)
        let image = network.last
        let parts = [(0, 0), (1, 0), (0, 1), (1, 1)].map { y, x in
            network.append("part", .slice(starts: [0, y, x, 0], steps: [1, 2, 2, 1]), [image], shape: [1, 4, 4, 3])
        }
        network.append("deal", .concatenate(axis: 3, .none), parts, shape: [1, 4, 4, 12])
        network.convolution(5, Window(kernel: (3, 3), padding: Padding(top: 1, left: 1, bottom: 1, right: 1)))
        try check(network.finished(), [Pass("fold", foldSpaceToDepth)], ["convolution"])
    }

    @Test func constantsAreFolded() throws {
        var graph = Graph()
        let input = graph.addTensor(GraphTensor(name: "x", shape: [1, 2], type: .float32))
        graph.inputs = [input]
        let a = graph.addConstant("a", shape: [2, 1], floats: [1, 2])
        let t = graph.addNode("t", .transpose(permutation: [1, 0]), inputs: [a],
                              output: GraphTensor(name: "t", shape: [1, 2], type: .float32))
        let b = graph.addConstant("b", shape: [1], floats: [10])
        let sum = graph.addNode("s", .binary(.add, .none), inputs: [t, b], output: GraphTensor(name: "s", shape: [1, 2], type: .float32))
        graph.outputs = [graph.addNode("y", .binary(.multiply, .none), inputs: [input, sum],
                                       output: GraphTensor(name: "y", shape: [1, 2], type: .float32))]
        try graph.apply([Pass("fold", foldConstants)])
        #expect(graph.nodes.count == 1)
        #expect(graph.tensors[sum].floats == [11, 12])
    }

    @Test func deadNodesAreRemoved() throws {
        var network = TestNetwork()
        let kept = network.convolution(2)
        network.convolution(3)
        network.convolution(4)
        network.graph.outputs = [kept]
        try network.graph.apply([Pass("remove", removeDeadNodes)])
        #expect(network.graph.nodes.count == 1)
    }

    @Test func pairsAreJoinedFromTheGivenSize() throws {
        var network = TestNetwork()
        network.convolution(16)
        network.depthwise(Window(kernel: (3, 3)))
        var small = network.finished(), large = small
        try fusePairs(&small, minimumBytes: 1 << 20)
        try fusePairs(&large, minimumBytes: 1)
        #expect(small.nodes.count == 2)
        #expect(large.nodes.count == 1)
    }

    @Test func batchesAreRefusedWhereImagesMix() throws {
        var network = TestNetwork()
        network.append("turn", .transpose(permutation: [1, 0, 2, 3]), shape: [8, 1, 8, 4])
        var graph = network.finished()
        #expect(throws: Failure.self) { try setBatch(&graph, 2) }
    }

    @Test func damagedGraphsAreRefused() throws {
        var network = TestNetwork()
        network.convolution(2)
        let good = network.finished()
        var early = good
        early.nodes[0].inputs[0] = early.nodes[0].outputs[0]
        #expect(throws: Failure.self) { try lower([early], name: "x") }
        var missing = good
        missing.nodes[0].inputs[1] = 99
        #expect(throws: Failure.self) { try lower([missing], name: "x") }
        var short = good
        short.tensors[short.nodes[0].inputs[1]].constant?.removeLast()
        #expect(throws: Failure.self) { try lower([short], name: "x") }
        var huge = good
        huge.tensors[0].shape = [1, 1 << 40, 1 << 40, 4]
        #expect(throws: Failure.self) { try lower([huge], name: "x") }
        var stride = good
        stride.nodes[0].operation = .convolution(Window(kernel: (1, 1), stride: (0, 1)), .none)
        #expect(throws: Failure.self) { try lower([stride], name: "x") }
    }
}
