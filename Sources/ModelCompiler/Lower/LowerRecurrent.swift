import Kernels
import Nest
import Platform

extension Lowering {
    /// GRU and LSTM. The state is kept by the program; an initial state that the model takes as an input is copied in
    /// before the layer, the final one out behind it.
    mutating func lowerRecurrent(_ node: Node, _ layer: RecurrentLayer, isLSTM: Bool) throws {
        let shape = graph.tensors[node.inputs[0]].shape, gates = isLSTM ? 4 : 3
        guard shape.count == 3, shape[1] == 1, (1...8192).contains(layer.hidden), node.inputs.count >= 3 else {
            throw graph.failure(node, "needs an input of (time, 1, channels) and at most 8192 hidden units, has \(shape)")
        }
        let (time, inputs, hidden) = (shape[0], shape[2], layer.hidden)
        var blob = BlobBuilder()
        var attributes = RecurrentAttributes()
        attributes.hidden = Int32(hidden)
        attributes.inputs = Int32(inputs)
        attributes.resetAfterProduct = layer.resetAfterProduct ? 1 : 0
        attributes.inputFormat = layer.isInt8 && inputs >= RecurrentPacking.fewestInputs ? RecurrentAttributes.int8 : 0
        attributes.recurrentFormat = layer.isInt8 ? RecurrentAttributes.int8 : 0
        _ = try append(node, node.inputs[1], rows: gates * hidden, columns: inputs, format: attributes.inputFormat, to: &blob)
        attributes.recurrentOffset = try append(node, node.inputs[2], rows: gates * hidden, columns: hidden,
                                                format: attributes.recurrentFormat, to: &blob)
        attributes.inputBiasOffset = blob.append(try vector(node, input3(node, 3), count: gates * hidden))
        attributes.recurrentBiasOffset = blob.append(try vector(node, input3(node, 4), count: gates * hidden))

        var states: [Int32] = [], fromZero = true
        for index in 0..<(isLSTM ? 2 : 1) {
            let initial = input3(node, 5 + index)
            if initial >= 0, graph.tensors[initial].isState {
                states.append(try record(initial, as: [1, 1, 1, hidden]))
                fromZero = false
                continue
            }
            let kept = state("\(node.name) state \(index)", shape: [1, 1, 1, hidden])
            states.append(kept)
            let isZero = initial < 0 || graph.floatValues(initial).map { $0.allSatisfy { $0 == 0 } } ?? false
            if !isZero {
                fromZero = false
                emitVectorCopy(from: try record(initial, as: [1, 1, 1, hidden]), to: kept, count: hidden)
            }
        }
        // With two states of different kinds the zero one has to be made zero by hand, which no model needs so far.
        if isLSTM, !fromZero, [5, 6].contains(where: { input3(node, $0) < 0 }) {
            throw graph.failure(node, "one initial state given, the other not")
        }
        attributes.startsFromZero = fromZero ? 1 : 0
        let x = try record(node.inputs[0], as: [1, 1, time, inputs])
        let y = node.outputs[0] >= 0 ? try record(node.outputs[0], as: [1, 1, time, hidden])
            : temporary("\(node.name) y", shape: [1, 1, time, hidden], type: .float32)
        emit(isLSTM ? .lstm : .gru, [x] + states, [y], words: attributes.words, blob: blob.bytes)
        for (index, kept) in states.enumerated() where index + 1 < node.outputs.count && node.outputs[index + 1] >= 0 {
            emitVectorCopy(from: kept, to: try record(node.outputs[index + 1], as: [1, 1, 1, hidden]), count: hidden)
        }
    }

    private mutating func emitVectorCopy(from source: Int32, to target: Int32, count: Int) {
        var attributes = CopyAttributes()
        attributes.extent = SIMD4(1, 1, 1, Int32(count))
        attributes.sourceStrides = SIMD4(0, 0, 0, 1)
        emit(.copy, [source], [target], words: attributes.words)
    }

    private func append(_ node: Node, _ tensor: TensorID, rows: Int, columns: Int, format: Int32, to blob: inout BlobBuilder) throws
        -> Int32 {
        guard let values = graph.floatValues(tensor), values.count == rows * columns else {
            throw graph.failure(node, "weights must be \(rows) x \(columns) constant values")
        }
        if format != 0 { return blob.append(try RecurrentPacking.pack(values, rows: rows, columns: columns)) }
        return blob.append(ConvolutionLayout(outputChannels: rows, kernelHeight: 1, kernelWidth: 1, inputChannels: columns,
                                             runPerRow: false).pack(values))
    }

    private func vector(_ node: Node, _ tensor: TensorID, count: Int) throws -> [Float] {
        guard tensor >= 0 else { return [Float](repeating: 0, count: paddedChannels(count)) }
        guard let values = graph.floatValues(tensor), values.count == count else {
            throw graph.failure(node, "a bias must be \(count) constant values")
        }
        return padded(values, with: 0)
    }

    mutating func lowerDetection(_ node: Node, _ attributes: DetectionAttributes) throws {
        guard node.inputs.count >= 3, node.outputs.count == 4, let anchors = graph.floatValues(node.inputs[2]) else {
            throw graph.failure(node, "needs boxes, scores and constant anchors, and four outputs", kind: .badFormat)
        }
        emit(.detectionPostprocess, [try record(node.inputs[0]), try record(node.inputs[1])], try node.outputs.map { try record($0) },
             words: attributes.words, blob: anchors.littleEndianBytes)
    }
}
