import Nest
import Platform

/// EfficientNet-Lite 0, 1 and 2 (Tan and Le 2019, in the variant without squeeze-and-excitation and with ReLU6), built
/// over a PyTorch state dict.
struct EfficientNetLite {
    /// Blocks that share a form. The first block strides; the others keep the size and have a shortcut.
    struct Stage {
        var kernel: Int, stride: Int, expansion: Int, channels: Int, repeats: Int
    }

    struct Variant {
        var name: String
        var imageSize: Int
        var stages: [Stage]
    }

    private static let forms: [(kernel: Int, stride: Int, expansion: Int)] =
        [(3, 1, 1), (3, 2, 6), (5, 2, 6), (3, 2, 6), (5, 1, 6), (5, 2, 6), (3, 1, 6)]

    /// The stem's 32 and the head's 1280 channels are never scaled, nor the repeats of the first and the last stage.
    static let variants: [Variant] = [
        ("efficientnet-lite0", 224, [16, 24, 40, 80, 112, 192, 320], [1, 2, 2, 3, 3, 4, 1]),
        ("efficientnet-lite1", 240, [16, 24, 40, 80, 112, 192, 320], [1, 3, 3, 4, 4, 5, 1]),
        ("efficientnet-lite2", 260, [16, 24, 48, 88, 120, 208, 352], [1, 3, 3, 4, 4, 5, 1]),
    ].map { name, size, channels, repeats in
        Variant(name: name, imageSize: size, stages: forms.indices.map {
            Stage(kernel: forms[$0].kernel, stride: forms[$0].stride, expansion: forms[$0].expansion, channels: channels[$0],
                  repeats: repeats[$0])
        })
    }

    private static let stemChannels = 32, headChannels = 1280
    private static let epsilon: Float = 1e-3

    private let weights: StateDict
    private var graph = Graph()
    private var last: TensorID = -1

    /// The graph of the state dict: image (1, size, size, 3) → logits through softmax (1, classes). Throws where the
    /// tensors aren't those of a variant.
    static func graph(_ weights: StateDict) throws -> Graph {
        let blocks = Set(weights.tensors.keys.filter { $0.hasPrefix("_blocks.") }.map { $0.dropFirst(8).prefix { $0 != "." } }).count
        let width = weights.tensors["_conv_head.weight"]?.shape.dropFirst().first
        guard let variant = variants.first(where: { $0.stages.reduce(0) { $0 + $1.repeats } == blocks
            && $0.stages.last?.channels == width }) else {
            let names = weights.tensors.keys.sorted().prefix(3).joined(separator: ", ")
            throw Failure(.unsupported,
                "PyTorch file: a state dict holds no architecture, and these \(weights.tensors.count) tensors (\(names), …) are not "
                    + "EfficientNet-Lite 0, 1 or 2; export the model as ONNX")
        }
        var network = EfficientNetLite(weights: weights)
        try network.build(variant)
        return network.graph
    }

    private init(weights: StateDict) { self.weights = weights }

    private mutating func build(_ variant: Variant) throws {
        let size = variant.imageSize
        last = graph.addTensor(GraphTensor(name: "image", shape: [1, size, size, 3], type: .float32))
        graph.inputs = [last]
        try convolve("_conv_stem", to: EfficientNetLite.stemChannels, kernel: 3, stride: 2)
        try normalize("_bn0", activate: true)
        var block = 0
        for stage in variant.stages {
            for index in 0..<stage.repeats {
                try add(block: "_blocks.\(block)", stage, stride: index == 0 ? stage.stride : 1)
                block += 1
            }
        }
        try convolve("_conv_head", to: EfficientNetLite.headChannels, kernel: 1, stride: 1)
        try normalize("_bn1", activate: true)
        try classify()
        graph.metadata = [
            "name": variant.name, "task": "classify", "image.mean": "127,127,127", "image.deviation": "128,128,128",
            "image.order": "rgb", "image.fit": "crop",
        ]
    }

    private var shape: [Int] { graph.tensors[last].shape }

    private mutating func add(block name: String, _ stage: Stage, stride: Int) throws {
        let input = last
        if stage.expansion > 1 {
            try convolve(name + "._expand_conv", to: shape[3] * stage.expansion, kernel: 1, stride: 1)
            try normalize(name + "._bn0", activate: true)
        }
        try convolve(name + "._depthwise_conv", to: nil, kernel: stage.kernel, stride: stride)
        try normalize(name + "._bn1", activate: true)
        try convolve(name + "._project_conv", to: stage.channels, kernel: 1, stride: 1)
        try normalize(name + "._bn2", activate: false)
        if shape == graph.tensors[input].shape { try append(name + ".shortcut", .binary(.add, .none), [last, input]) }
    }

    /// `channels`: nil for a depthwise convolution. Padding is TensorFlow's, where these weights were trained.
    private mutating func convolve(_ name: String, to channels: Int?, kernel: Int, stride: Int) throws {
        let inputs = shape[3], area = kernel * kernel
        let padding = Padding.same(input: (shape[1], shape[2]), kernel: (kernel, kernel), stride: (stride, stride))
        let window = Window(kernel: (kernel, kernel), stride: (stride, stride), padding: padding)
        let rows = channels ?? inputs, depth = channels == nil ? 1 : inputs
        let stored = try weights.floats(name + ".weight", shape: [rows, depth, kernel, kernel])
        let values: [Float], weightShape: [Int]
        if channels == nil {
            values = (0..<area * rows).map { stored[$0 % rows * area + $0 / rows] }
            weightShape = [1, kernel, kernel, rows]
        } else {
            values = (0..<rows * area * depth).map { stored[($0 / (area * depth) * depth + $0 % depth) * area + $0 / depth % area] }
            weightShape = [rows, kernel, kernel, depth]
        }
        let constant = graph.addConstant(name + ".weight", shape: weightShape, floats: values)
        let operation = channels == nil ? Operation.depthwiseConvolution(window, multiplier: 1, .none) : .convolution(window, .none)
        try append(name, operation, [last, constant, -1])
    }

    private mutating func normalize(_ name: String, activate: Bool) throws {
        let channels = shape[3]
        let parameters = try ["weight", "bias", "running_mean", "running_var"].map { part in
            graph.addConstant("\(name).\(part)", shape: [channels], floats: try weights.floats("\(name).\(part)", shape: [channels]))
        }
        try append(name, .batchNormalization(epsilon: EfficientNetLite.epsilon), [last] + parameters)
        if activate { try append(name + ".relu6", .unary(.relu6, alpha: 0, beta: 0), [last]) }
    }

    private mutating func classify() throws {
        try append("_avg_pooling", .mean(axes: [1, 2], keepDimensions: false), [last])
        guard let classes = weights.tensors["_fc.weight"]?.shape.first, (1...1 << 20).contains(classes) else {
            throw Failure(.badFormat, "PyTorch file: it has no classifier '_fc.weight'")
        }
        let matrix = graph.addConstant("_fc.weight", shape: [classes, shape[1]],
                                       floats: try weights.floats("_fc.weight", shape: [classes, shape[1]]))
        let bias = graph.addConstant("_fc.bias", shape: [classes], floats: try weights.floats("_fc.bias", shape: [classes]))
        try append("_fc", .fullyConnected(.none), [last, matrix, bias])
        try append("probabilities", .softmax(axis: 1, beta: 1), [last])
        graph.outputs = [last]
    }

    private mutating func append(_ name: String, _ operation: Operation, _ inputs: [TensorID]) throws {
        let shapes = try ShapeRules.outputs(of: operation, inputs: inputs.map { $0 == -1 ? nil : graph.tensors[$0].shape }, declared: [])
        last = graph.addNode(name, operation, inputs: inputs, output: GraphTensor(name: name, shape: shapes[0], type: .float32))
    }
}
