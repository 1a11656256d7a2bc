import Foundation
import Testing
import ModelCompiler
import Nest
import Platform

@Suite struct ImportPyTorchTests {
    struct Variant: Sendable {
        var name: String
        var size: Int, convolutions: Int, shortcuts: Int
    }

    static let variants = [
        Variant(name: "efficientnet-lite0", size: 224, convolutions: 33, shortcuts: 9),
        Variant(name: "efficientnet-lite1", size: 240, convolutions: 43, shortcuts: 14),
        Variant(name: "efficientnet-lite2", size: 260, convolutions: 43, shortcuts: 14),
    ]

    @Test(arguments: variants) func publishedWeights(_ expected: Variant) throws {
        guard let path = SourceModels.path(expected.name + ".pth") else { return }
        let graph = try Importer.load(path: path)
        let count = Dictionary(grouping: graph.nodes, by: \.operation.title).mapValues(\.count)
        #expect(count["convolution"] == expected.convolutions)
        #expect(count["add"] == expected.shortcuts)
        #expect(graph.tensors[graph.inputs[0]].shape == [1, expected.size, expected.size, 3])
        #expect(graph.tensors[graph.outputs[0]].shape == [1, 1000])
        #expect(graph.metadata["image.deviation"] == "128,128,128" && graph.metadata["task"] == "classify")
        let image = ImportGolden.pattern(height: expected.size, width: expected.size).map { ($0 - 127) / 128 }
        try ImportGolden(expected.name).expect(GraphInterpreter(graph: graph).run([image]), tolerance: 1e-3)
    }
}
