import Nest

/// What a quantised image network says about itself through its input's scale and zero point.
enum ImageMetadata {
    /// Fills in `task` and the image keys where the graph takes one three-channel int8 image. Such networks map a
    /// pixel p to the quantised p - 128 over the full range, so real = (p - (zeroPoint + 128)) * scale.
    static func describe(_ graph: inout Graph) {
        guard graph.inputs.count == 1, let input = graph.inputs.first.map({ graph.tensors[$0] }), input.shape.count == 4,
              input.shape[3] == 3, input.shape[1] >= 16, input.shape[2] >= 16 else { return }
        if input.type == .int8, let quantization = input.quantization, quantization.scale > 0, (1 / quantization.scale).isFinite {
            let mean = Int(quantization.zeroPoint) + 128, deviation = 1 / quantization.scale
            graph.metadata["image.mean"] = "\(mean),\(mean),\(mean)"
            graph.metadata["image.deviation"] = "\(deviation),\(deviation),\(deviation)"
            graph.metadata["image.order"] = "rgb"
        }
        let detects = graph.nodes.contains { if case .detectionPostprocess = $0.operation { true } else { false } }
        if detects {
            graph.metadata["task"] = "detect"
            graph.metadata["detect.decoder"] = "ssd"
            graph.metadata["image.fit"] = "stretch"
        } else if graph.outputs.count == 1, let output = graph.outputs.first.map({ graph.tensors[$0] }), output.elements >= 2,
            output.elements == output.shape.last {
            graph.metadata["task"] = "classify"
            graph.metadata["image.fit"] = "crop"
        }
    }
}
