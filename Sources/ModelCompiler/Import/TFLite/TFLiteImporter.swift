import Nest
import Platform

/// Builds the graph of a TFLite file (int8, legacy uint8, float32 and float16 weights).
struct TFLiteImporter {
    var graph = Graph()
    var tensors: TFLiteTensors
    var variables = TFLiteVariables()
    /// Complex tensors, by their index in the file.
    var complexes: [Int: TFLiteComplex] = [:]
    /// Constants of Fourier transforms, by what they are.
    var waves: [String: TensorID] = [:]
    let model: TFLiteModel
    let budget: ImportBudget

    /// The graph of the file's first subgraph. Throws `Failure`: `.badFormat` or `.unsupported`, with the node.
    static func graph(_ bytes: [UInt8]) throws -> Graph {
        let budget = ImportBudget(fileBytes: bytes.count, what: "TFLite file")
        let model = try TFLiteModel(bytes, budget: budget)
        guard model.operators.count <= Limits.nodes else {
            throw Failure(.unsupported, "TFLite file: \(model.operators.count) nodes; at most \(Limits.nodes) work")
        }
        let operators = try model.operators.enumerated().map { try TFLiteOperator($1, index: $0, in: model) }

        var missing = MissingOperators()
        for item in operators where TFLiteOperators.handler(item) == nil {
            missing.add(item.isCustom ? "custom operator \(item.operation)" : item.operation, index: item.index, name: item.name)
        }
        guard missing.isEmpty else { throw missing.failure("TFLite file") }

        var importer = TFLiteImporter(tensors: TFLiteTensors(model, budget: budget), model: model, budget: budget)
        try importer.build(model, operators)
        return importer.graph
    }

    private mutating func build(_ model: TFLiteModel, _ operators: [TFLiteOperator]) throws {
        for index in model.inputs { graph.inputs.append(try tensor(index)) }
        for item in operators {
            do {
                guard let handler = TFLiteOperators.handler(item) else { continue }
                try handler(&self, item)
                try item.requireAllRead()
            } catch let failure as Failure {
                throw Failure(failure.kind, "node \(item.index) '\(item.name.prefix(80))' (\(item.operation)): \(failure.description)")
            }
        }
        for index in model.outputs { graph.outputs.append(try tensor(index)) }
        if try model.inputs.contains(where: tensors.isUnsigned) { graph.metadata["input.unsigned"] = "1" }
        if try model.outputs.contains(where: tensors.isUnsigned) { graph.metadata["output.unsigned"] = "1" }
        if !model.description.isEmpty { graph.metadata["name"] = model.description }
        if let labels = TFLiteLabels.find(model.reader, outputs: graph.outputs.map { graph.tensors[$0] }, budget: budget) {
            graph.metadata["labels"] = labels.joined(separator: "\n")
        }
        ImageMetadata.describe(&graph)
        TFLiteNormalization.describe(&graph, model, budget: budget)
    }

    mutating func tensor(_ index: Int) throws -> TensorID { try tensors.tensor(index, in: &graph) }

    /// The operator's input as a tensor of the graph, or -1 where it is optional and absent.
    mutating func input(_ item: TFLiteOperator, _ position: Int, optional: Bool = false) throws -> TensorID {
        guard item.inputs.indices.contains(position), item.inputs[position] != -1 else {
            guard optional else { throw Failure(.badFormat, "input \(position) is absent") }
            return -1
        }
        return try tensor(item.inputs[position])
    }

    mutating func output(_ item: TFLiteOperator, _ position: Int = 0) throws -> TensorID {
        guard item.outputs.indices.contains(position) else { throw Failure(.badFormat, "output \(position) is absent") }
        return try tensor(item.outputs[position])
    }

    /// An output that may be whole numbers: int64 ones become int32.
    mutating func output(_ item: TFLiteOperator, whole: Bool) throws -> TensorID {
        guard let index = item.outputs.first else { throw Failure(.badFormat, "output 0 is absent") }
        return try tensors.tensor(index, computedWhole: whole, in: &graph)
    }

    mutating func integers(_ item: TFLiteOperator, _ position: Int) throws -> [Int] {
        guard item.inputs.indices.contains(position) else { throw Failure(.badFormat, "input \(position) is absent") }
        return try tensors.integers(item.inputs[position], in: &graph)
    }

    /// The file's output is what was computed, whatever shape the file noted: where the batch is open, it notes a guess.
    mutating func output(_ item: TFLiteOperator, shaped shape: [Int]) throws -> TensorID {
        let id = try output(item)
        if graph.tensors[id].constant == nil, graph.tensors[id].shape != shape {
            _ = try Limits.elements(shape, of: item.name)
            graph.tensors[id].shape = shape
        }
        return id
    }

    func shape(_ id: TensorID) -> [Int] { graph.tensors[id].shape }

    mutating func add(_ item: TFLiteOperator, _ operation: Operation, inputs: [TensorID], outputs: [TensorID]) {
        graph.nodes.append(Node(name: item.name, operation: operation, inputs: inputs, outputs: outputs))
    }
}
