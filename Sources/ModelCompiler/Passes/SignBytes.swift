import Nest

/// Turns uint8 activations into int8 ones: the same bytes xor 0x80, the zero point 128 lower. Weights stay as they
/// are (lowering subtracts their zero point). Inputs and outputs concerned are noted in the metadata.
@Sendable public func signBytes(_ graph: inout Graph) throws {
    if graph.inputs.contains(where: { graph.tensors[$0].type == .uint8 }) { graph.metadata["input.unsigned"] = "1" }
    if graph.outputs.contains(where: { graph.tensors[$0].type == .uint8 }) { graph.metadata["output.unsigned"] = "1" }
    var weights = Set<TensorID>()
    for node in graph.nodes {
        switch node.operation {
        case .convolution, .depthwiseConvolution, .fullyConnected: if node.inputs.count > 1 { weights.insert(node.inputs[1]) }
        default: break
        }
    }
    for id in graph.tensors.indices where graph.tensors[id].type == .uint8 && !weights.contains(id) {
        guard var quantization = graph.tensors[id].quantization else { continue }
        quantization.zeroPoints = quantization.zeroPoints.map { $0 - 128 }
        graph.tensors[id].quantization = quantization
        graph.tensors[id].type = .int8
        graph.tensors[id].constant = graph.tensors[id].constant.map { $0.map { $0 ^ 0x80 } }
    }
}
