import Testing
import ModelCompiler
import Nest
import Platform

/// The real files, against what an independent reader (LiteRT) lists for them.
@Suite struct ImportTFLiteTests {
    struct Expected: Sendable {
        var file: String
        var operations: [String: Int]
        var input: [Int]
        var output: [Int]
        var inputQuantization: Quantization
        var task: String?
    }

    static let files = [
        Expected(file: "ad01_int8", operations: ["fully connected": 10], input: [1, 640], output: [1, 640],
                 inputQuantization: Quantization(scale: 0.3910152316093445, zeroPoint: 89)),
        Expected(file: "kws_ref_model",
                 operations: ["convolution": 5, "depthwise convolution": 4, "average pool": 1, "reshape": 1, "fully connected": 1,
                              "softmax": 1],
                 input: [1, 49, 10, 1], output: [1, 12], inputQuantization: Quantization(scale: 0.5847029089927673, zeroPoint: 83)),
        Expected(file: "pretrainedResnet_quant",
                 operations: ["convolution": 9, "add": 3, "average pool": 1, "reshape": 1, "fully connected": 1, "softmax": 1],
                 input: [1, 32, 32, 3], output: [1, 10], inputQuantization: Quantization(scale: 1, zeroPoint: -128), task: "classify"),
        Expected(file: "vww_96_int8",
                 operations: ["convolution": 14, "depthwise convolution": 13, "average pool": 1, "reshape": 1, "fully connected": 1,
                              "softmax": 1],
                 input: [1, 96, 96, 3], output: [1, 2], inputQuantization: Quantization(scale: 0.003921568859368563, zeroPoint: -128),
                     task: "classify"),
        Expected(file: "tf2_mobilenet_v2_1.0_224_ptq",
                 operations: ["convolution": 36, "depthwise convolution": 17, "add": 10, "mean": 1, "reshape": 1, "softmax": 1],
                 input: [1, 224, 224, 3], output: [1, 1001], inputQuantization: Quantization(scale: 0.007843137718737125, zeroPoint: -1),
                     task: "classify"),
    ]

    @Test(arguments: files) func realModel(_ expected: Expected) throws {
        guard let path = EvaluationData.path("tflite/\(expected.file).tflite") else { return }
        let graph = try Importer.load(path: path)
        #expect(Dictionary(grouping: graph.nodes, by: \.operation.title).mapValues(\.count) == expected.operations)
        #expect(graph.inputs.map { graph.tensors[$0].shape } == [expected.input])
        #expect(graph.outputs.map { graph.tensors[$0].shape } == [expected.output])
        #expect(graph.tensors[graph.inputs[0]].quantization == expected.inputQuantization)
        #expect(graph.tensors[graph.inputs[0]].type == .int8 && graph.tensors[graph.outputs[0]].type == .int8)
        #expect(graph.metadata["task"] == expected.task)
    }

    @Test func unsignedEdgesOfMobileNet() throws {
        guard let path = EvaluationData.path("tflite/tf2_mobilenet_v2_1.0_224_ptq.tflite") else { return }
        let graph = try Importer.load(path: path, options: ImportOptions(labels: EvaluationData.path("tflite/imagenet_labels.txt")))
        #expect(graph.metadata["input.unsigned"] == "1" && graph.metadata["output.unsigned"] == "1")
        #expect(graph.metadata["image.mean"] == "127,127,127")
        #expect(graph.metadata["labels"]?.split(separator: "\n", omittingEmptySubsequences: false).count == 1001)
    }
}
