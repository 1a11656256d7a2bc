import Nest

/// What a YOLOX detector needs to be told apart by: the shape of its output.
enum YOLOXMetadata {
    private static let strides = [8, 16, 32]

    /// Fills in the detector's keys where the output has one row for each cell of the three grids and one column for
    /// each of 4 coordinates, objectness and the classes. YOLOX takes raw pixels in BGR order (Ge et al. 2021).
    static func describe(_ graph: inout Graph) {
        guard graph.inputs.count == 1, graph.outputs.count == 1 else { return }
        let input = graph.tensors[graph.inputs[0]].shape, output = graph.tensors[graph.outputs[0]].shape
        guard input.count == 4, input[0] == 1, input[3] == 3, output.count == 3, output[0] == 1, output[2] > 5,
              input[1] % 32 == 0, input[2] % 32 == 0,
              output[1] == strides.reduce(0, { $0 + (input[1] / $1) * (input[2] / $1) }) else { return }
        graph.metadata.merge([
            "task": "detect", "detect.decoder": "yolox", "detect.strides": strides.map(String.init).joined(separator: ","),
            "image.mean": "0,0,0", "image.deviation": "1,1,1", "image.order": "bgr", "image.fit": "letterbox",
        ]) { $1 }
        if output[2] - 5 == COCOLabels.all.count { graph.metadata["labels"] = COCOLabels.all.joined(separator: "\n") }
    }
}
