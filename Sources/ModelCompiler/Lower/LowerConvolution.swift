import Kernels
import Nest
import Platform

/// A convolution or depthwise convolution with all that its instruction needs but the tensors.
struct PackedConvolution {
    var attributes: ConvolutionAttributes
    var blob: BlobBuilder
}

extension Lowering {
    mutating func lowerConvolution(_ node: Node, _ window: Window, _ activation: Activation) throws {
        if case .depthwise(let second, let secondActivation, let before)? = node.tail.first {
            return try lowerPair(node, window, activation, second, secondActivation, before: before)
        }
        let input = try record(node.inputs[0]), output = try record(node.outputs[0])
        let packed = try packConvolution(node, shape: graph.tensors[node.inputs[1]].shape, input: self[input], window, activation)
        emit(.convolution, try [input] + residual(node), [output], words: packed.attributes.words, blob: packed.blob.bytes)
    }

    /// Rows of inputs times a matrix: a 1x1 convolution over as many images as there are rows.
    mutating func lowerFullyConnected(_ node: Node, _ activation: Activation) throws {
        let shape = graph.tensors[node.inputs[1]].shape
        let elements = graph.tensors[node.inputs[0]].elements, results = graph.tensors[node.outputs[0]].elements
        guard shape.count == 2, elements % shape[1] == 0, results == elements / shape[1] * shape[0] else {
            throw graph.failure(node, "weights \(shape) don't fit the input \(graph.tensors[node.inputs[0]].shape)", kind: .badFormat)
        }
        let rows = elements / shape[1]
        let input = try record(node.inputs[0], as: [rows, 1, 1, shape[1]]), output = try record(node.outputs[0], as: [rows, 1, 1, shape[0]])
        let packed = try packConvolution(node, shape: [shape[0], 1, 1, shape[1]], input: self[input], Window(kernel: (1, 1)), activation)
        emit(.convolution, try [input] + residual(node), [output], words: packed.attributes.words, blob: packed.blob.bytes)
    }

    mutating func lowerDepthwise(_ node: Node, _ window: Window, multiplier: Int, _ activation: Activation) throws {
        let shape = graph.tensors[node.inputs[1]].shape
        let channels = graph.tensors[node.inputs[0]].shape.last ?? 0
        guard shape.count == 4, shape[0] == 1, shape[3] == channels * multiplier else {
            throw graph.failure(node, "weights \(shape) don't fit \(channels) channels", kind: .badFormat)
        }
        let output = try record(node.outputs[0])
        if channels == 1, multiplier > 1 {
            // One input channel: an ordinary convolution, once the weights are turned to OHWI.
            let input = try record(node.inputs[0])
            let packed = try packConvolution(node, shape: [shape[3], shape[1], shape[2], 1], input: self[input], window, activation,
                                             fromDepthwise: true)
            return emit(.convolution, try [input] + residual(node), [output], words: packed.attributes.words, blob: packed.blob.bytes)
        }
        let input = multiplier == 1 ? try record(node.inputs[0]) : try repeatChannels(node, multiplier)
        let packed = try packDepthwise(node, weights: node.inputs[1], bias: input3(node, 2), input: self[input], window, activation,
                                       result: resultQuantization(node))
        emit(.depthwiseConvolution, try [input] + residual(node), [output], words: packed.attributes.words, blob: packed.blob.bytes)
    }

    func input3(_ node: Node, _ index: Int) -> TensorID { index < node.inputs.count ? node.inputs[index] : -1 }

    /// Each channel `multiplier` times in a row, so that a multiplier becomes an ordinary depthwise convolution.
    private mutating func repeatChannels(_ node: Node, _ multiplier: Int) throws -> Int32 {
        let source = graph.tensors[node.inputs[0]]
        let shape = Self.shape4(source.shape), channels = shape[3], pixels = shape[0] * shape[1] * shape[2]
        let input = try record(node.inputs[0])
        let repeated = temporary("\(source.name) repeated", shape: [shape[0], shape[1], shape[2], channels * multiplier], type: source.type,
                                 quantization: source.quantization)
        var attributes = CopyAttributes()
        attributes.extent = SIMD4(1, Int32(pixels), Int32(channels), Int32(multiplier))
        attributes.sourceStrides = SIMD4(0, self[input].pixelStride, 1, 0)
        emit(.copy, [input], [view(repeated, shape: [1, pixels, channels, multiplier])], words: attributes.words)
        return repeated
    }

    private mutating func residual(_ node: Node) throws -> [Int32] {
        for case .add in node.tail { return [try record(node.inputs[3])] }
        return []
    }

    /// Quantisation of the convolution's own result, before any fused step.
    private func resultQuantization(_ node: Node) -> Quantization? {
        switch node.tail.first {
        case .function(_, _, _, let before)?, .add(_, let before)?, .depthwise(_, _, let before)?: graph.tensors[before].quantization
        case nil: graph.tensors[node.outputs[0]].quantization
        }
    }

    func windowAttributes(_ node: Node, _ window: Window) throws -> ConvolutionAttributes {
        let numbers = [window.kernel.0, window.kernel.1, window.stride.0, window.stride.1, window.dilation.0, window.dilation.1]
        let pads = [window.padding.top, window.padding.left, window.padding.bottom, window.padding.right]
        guard numbers.allSatisfy({ (1...4096).contains($0) }), pads.allSatisfy({ (0...4096).contains($0) }) else {
            throw graph.failure(node, "kernel, stride, dilation or padding out of range", kind: .badFormat)
        }
        var attributes = ConvolutionAttributes()
        attributes.kernelHeight = Int32(window.kernel.0); attributes.kernelWidth = Int32(window.kernel.1)
        attributes.strideY = Int32(window.stride.0); attributes.strideX = Int32(window.stride.1)
        attributes.dilationY = Int32(window.dilation.0); attributes.dilationX = Int32(window.dilation.1)
        attributes.padTop = Int32(window.padding.top); attributes.padLeft = Int32(window.padding.left)
        return attributes
    }

    /// - Parameter shape: OHWI shape of the weights, whatever the tensor's own says.
    private func packConvolution(_ node: Node, shape: [Int], input: TensorRecord, _ window: Window, _ activation: Activation,
                                 fromDepthwise: Bool = false) throws -> PackedConvolution {
        guard shape.count == 4, shape[1] == window.kernel.0, shape[2] == window.kernel.1, shape[3] == Int(input.channels) else {
            throw graph.failure(node, "weights \(shape) don't fit kernel \(window.kernel) and \(input.channels) channels", kind: .badFormat)
        }
        var attributes = try windowAttributes(node, window)
        let rows = ConvolutionLayout.prefersRows(inputChannels: shape[3], kernelWidth: shape[2], dilationX: window.dilation.1,
                                                 pixelStride: Int(input.pixelStride))
        attributes.runPerRow = rows ? 1 : 0
        let layout = ConvolutionLayout(outputChannels: shape[0], kernelHeight: shape[1], kernelWidth: shape[2], inputChannels: shape[3],
                                       runPerRow: rows)
        func ordered<T>(_ values: [T]) -> [T] {
            guard fromDepthwise else { return values }
            return (0..<shape[0]).flatMap { o in (0..<shape[1] * shape[2]).map { values[$0 * shape[0] + o] } }
        }
        var blob = BlobBuilder()
        if input.type == .float32 {
            guard let weights = graph.floatValues(node.inputs[1]), weights.count == shape.reduce(1, *) else {
                throw graph.failure(node, "the weights must be constant")
            }
            blob.append(layout.pack(ordered(weights)))
            try finishFloat(node, &attributes, &blob, channels: shape[0], bias: input3(node, 2), activation)
        } else {
            let weights = try IntegerWeights(graph, node, weights: node.inputs[1], bias: input3(node, 2), channels: shape[0],
                                             channelAxis: fromDepthwise ? 3 : 0)
            let terms = weights.terms.map(ordered)
            attributes.runRepeat = Int32(terms.count)
            blob.append(layout.pack(terms: terms))
            let window = layout.window
            let sums = weights.sums(channels: shape[0]) { fromDepthwise ? $0 % shape[0] : $0 / window }
            try finishInteger(node, &attributes, &blob, weights, sums: sums, input: input, activation, result: resultQuantization(node))
        }
        return PackedConvolution(attributes: attributes, blob: blob)
    }

    private func packDepthwise(_ node: Node, weights id: TensorID, bias: TensorID, input: TensorRecord, _ window: Window,
                               _ activation: Activation, result: Quantization?) throws -> PackedConvolution {
        let shape = graph.tensors[id].shape, channels = shape.last ?? 0
        guard shape.count == 4, shape[1] == window.kernel.0, shape[2] == window.kernel.1, channels == Int(input.channels) else {
            throw graph.failure(node, "depthwise weights \(shape) don't fit kernel \(window.kernel) and \(input.channels) channels",
                                kind: .badFormat)
        }
        var attributes = try windowAttributes(node, window)
        let layout = DepthwiseLayout(channels: channels, kernelHeight: shape[1], kernelWidth: shape[2])
        var blob = BlobBuilder()
        if input.type == .float32 {
            guard let weights = graph.floatValues(id) else { throw graph.failure(node, "the weights must be constant") }
            blob.append(layout.pack(weights))
            try finishFloat(node, &attributes, &blob, channels: channels, bias: bias, activation)
        } else {
            let weights = try IntegerWeights(graph, node, weights: id, bias: bias, channels: channels, channelAxis: 3)
            attributes.runRepeat = Int32(weights.terms.count)
            blob.append(layout.pack(terms: weights.terms))
            let sums = weights.sums(channels: channels) { $0 % channels }
            try finishInteger(node, &attributes, &blob, weights, sums: sums, input: input, activation, result: result)
        }
        return PackedConvolution(attributes: attributes, blob: blob)
    }

    private func finishFloat(_ node: Node, _ attributes: inout ConvolutionAttributes, _ blob: inout BlobBuilder, channels: Int,
                             bias: TensorID, _ activation: Activation) throws {
        guard let (low, high) = activation.bounds else {
            throw graph.failure(node, "the activation should have been made a step of its own")
        }
        let values = bias >= 0 ? graph.floatValues(bias) : [Float](repeating: 0, count: channels)
        guard let values, values.count == channels else { throw graph.failure(node, "the bias must be \(channels) constant values") }
        attributes.biasOffset = blob.append(padded(values, with: 0))
        attributes.scaleOffset = attributes.biasOffset
        attributes.floatMinimum = low
        attributes.floatMaximum = high
        for case .function(let function, _, _, _) in node.tail { attributes.floatFunction = function.rawValue }
    }

    private func finishInteger(_ node: Node, _ attributes: inout ConvolutionAttributes, _ blob: inout BlobBuilder,
                               _ weights: IntegerWeights,
                               sums: [Int32], input: TensorRecord, _ activation: Activation, result: Quantization?) throws {
        guard input.type == .int8, input.scale > 0, let result, result.scale > 0 else {
            throw graph.failure(node, "an int8 convolution needs int8 tensors with scales, but reads \(input.type)")
        }
        guard let (low, high) = activation.quantizedBounds(scale: result.scale, zeroPoint: result.zeroPoint) else {
            throw graph.failure(node, "the activation should have been made a step of its own")
        }
        attributes.biasOffset = blob.append(foldedBias(weights.bias, weightSums: sums, inputZeroPoint: input.zeroPoint))
        attributes.scaleOffset = blob.append(padded(weights.effectiveScales(input: input.scale, output: result.scale), with: 0))
        attributes.outputMinimum = low
        attributes.outputMaximum = high
        attributes.resultScale = result.scale
        attributes.resultZeroPoint = result.zeroPoint
        var current = result
        for (index, step) in node.tail.enumerated() {
            let after: TensorID
            switch index + 1 < node.tail.count ? node.tail[index + 1] : nil {
            case .add(_, let before)?: after = before
            default: after = node.outputs[0]
            }
            guard let next = graph.tensors[after].quantization else { throw graph.failure(node, "a fused step lacks quantisation") }
            switch step {
            case .function(let function, let alpha, let beta, let before):
                let tables = LookupTables(function, alpha: alpha, beta: beta, from: (current, graph.tensors[before].channels),
                                          to: (next, graph.tensors[after].channels))
                attributes.lookupOffset = blob.append(tables.tables)
                attributes.lookupTables = Int32(tables.tables.count / 256)
                if attributes.lookupTables > 1 { attributes.lookupChoiceOffset = blob.append(tables.choices) }
            case .add(let activation, _):
                guard let (low, high) = activation.quantizedBounds(scale: next.scale, zeroPoint: next.zeroPoint) else {
                    throw graph.failure(node, "a function after a fused addition")
                }
                attributes.residualMinimum = low
                attributes.residualMaximum = high
                continue
            case .depthwise: continue
            }
            current = next
        }
        attributes.lookupScale = current.scale
        attributes.lookupZeroPoint = current.zeroPoint
    }

    private mutating func lowerPair(_ node: Node, _ first: Window, _ firstActivation: Activation, _ second: Window,
                                    _ secondActivation: Activation,
                                    before: TensorID) throws {
        let input = try record(node.inputs[0]), output = try record(node.outputs[0])
        let middle = graph.tensors[before], shape = Self.shape4(middle.shape)
        let pointwise = try packConvolution(node, shape: graph.tensors[node.inputs[1]].shape, input: self[input], first, firstActivation)
        var middleRecord = TensorRecord(type: middle.type, storage: .arena, batch: Int32(shape[0]), height: Int32(shape[1]),
                                        width: Int32(shape[2]), channels: Int32(shape[3]))
        middleRecord.scale = middle.quantization?.scale ?? 0
        middleRecord.zeroPoint = middle.quantization?.zeroPoint ?? 0
        let plain = Node(name: node.name, operation: node.operation, inputs: node.inputs, outputs: node.outputs)
        let depthwise = try packDepthwise(plain, weights: node.inputs[3], bias: input3(node, 4), input: middleRecord, second,
                                          secondActivation,
                                          result: graph.tensors[node.outputs[0]].quantization)
        var attributes = PairAttributes()
        attributes.pointwise = pointwise.attributes
        attributes.depthwise = depthwise.attributes
        var blob = pointwise.blob
        attributes.depthwiseWeightsOffset = blob.append(depthwise.blob.bytes)
        attributes.depthwise.biasOffset += attributes.depthwiseWeightsOffset
        attributes.depthwise.scaleOffset += attributes.depthwiseWeightsOffset
        attributes.middleChannels = Int32(shape[3])
        attributes.ringRows = Int32((second.kernel.0 - 1) * second.dilation.0 + 1)
        emit(.pointwiseDepthwise, [input], [output], words: attributes.words, blob: blob.bytes)
    }
}
