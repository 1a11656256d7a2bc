import Nest

/// How the model's own metadata (TensorFlow Lite Metadata, schema M001) says that pixels become the values of a float input.
enum TFLiteNormalization {
    /// Sets `image.mean` and `image.deviation` where the file says them of a single float image. Metadata that is absent or
    /// can't be read says nothing, which is no fault of the model.
    static func describe(_ graph: inout Graph, _ model: TFLiteModel, budget: ImportBudget) {
        guard graph.inputs.count == 1, graph.tensors[graph.inputs[0]].type == .float32,
              case let shape = graph.tensors[graph.inputs[0]].shape, shape.count == 4, shape[3] == 3,
              let bytes = try? model.metadata("TFLITE_METADATA"), !bytes.isEmpty,
              let found = try? normalization(FlatBuffer(bytes, what: "TFLite metadata", budget: budget)) else { return }
        let mean = tripled(found.mean), deviation = tripled(found.deviation)
        guard let mean, let deviation, mean.allSatisfy({ $0.magnitude < 1e6 }), deviation.allSatisfy({ $0 > 1e-6 && $0 < 1e6 }) else {
            return
        }
        graph.metadata["image.mean"] = mean.map { "\($0)" }.joined(separator: ",")
        graph.metadata["image.deviation"] = deviation.map { "\($0)" }.joined(separator: ",")
    }

    private static func tripled(_ values: [Float]) -> [Float]? {
        values.count == 1 ? Array(repeating: values[0], count: 3) : values.count == 3 ? values : nil
    }

    /// Of the first input of the first graph: the options of its processing unit for normalisation (kind 1 of the union).
    private static func normalization(_ buffer: FlatBuffer) throws -> (mean: [Float], deviation: [Float])? {
        guard let graph = try buffer.root().tables(3).first, let input = try graph.tables(2).first else { return nil }
        for unit in try input.tables(4) where try unit.integer(0, default: UInt8(0)) == 1 {
            guard let options = try unit.table(1), let mean = try options.floats(0), let deviation = try options.floats(1) else { continue }
            return (mean, deviation)
        }
        return nil
    }
}
