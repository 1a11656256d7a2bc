import Nest
import Platform

/// A value of the ONNX graph while it is imported.
struct ONNXValue {
    /// In ONNX's order of axes (batch, channels, …).
    var shape: [Int]
    /// The tensor of the graph; -1 while the value is only a constant.
    var id: TensorID = -1
    /// The tensor keeps the channels (ONNX's axis 1) as its last axis.
    var isChannelsLast = false
    var constant: ONNXConstant?

    init(constant: ONNXConstant) {
        shape = constant.shape
        self.constant = constant
    }

    init(shape: [Int], id: TensorID, isChannelsLast: Bool) {
        self.shape = shape
        self.id = id
        self.isChannelsLast = isChannelsLast
    }

    /// The tensor's axis for ONNX's axis.
    func axis(_ axis: Int) -> Int {
        guard isChannelsLast, axis > 0 else { return axis }
        return axis == 1 ? shape.count - 1 : axis - 1
    }

    /// The tensor's shape.
    var stored: [Int] { isChannelsLast ? ONNXValue.channelsLast(shape) : shape }

    static func channelsLast<T>(_ list: [T]) -> [T] { [list[0]] + list[2...] + [list[1]] }
}

/// Builds the graph of an ONNX file.
///
/// ONNX orders images (batch, channels, height, width). Each value notes whether its tensor has the channels last;
/// convolutions ask for that and elementwise operations carry it along, so transposes appear only where a model
/// reshapes or multiplies in the other order. Whatever can be computed from constants and shapes is.
struct ONNXImporter {
    var graph = Graph()
    var values: [String: ONNXValue] = [:]
    /// The convolution input that space-to-depth slices were recognised for (`ONNXFocus`).
    var focuses: [TensorID: ONNXFocus] = [:]
    /// The node that computes each tensor.
    var producers: [TensorID: Int] = [:]
    /// The state of each input that is one (`ImportOptions.states`).
    var states: [String: TensorID] = [:]
    /// What constants that were dequantised came from, by the value's name.
    var quantizations: [String: Quantization] = [:]
    /// Values that the model rounds by a scale that is computed in every run and that are real here, and sums of such.
    var unrounded: Set<String> = [], unroundedSums: Set<String> = []
    /// Tensors of bytes that are uint8 in the model.
    var unsigned: Set<TensorID> = []
    let model: ONNXModel
    let reader: SourceReader
    let budget: ImportBudget

    /// Throws `Failure`: `.badFormat` or `.unsupported`, with the node.
    static func graph(_ bytes: [UInt8], options: ImportOptions) throws -> Graph {
        let budget = ImportBudget(fileBytes: bytes.count, what: "ONNX file")
        let model = try ONNXModel(bytes, budget: budget)
        var importer = ONNXImporter(model: model, reader: SourceReader(bytes, what: "ONNX file"), budget: budget)
        try ONNXImporter.refuseMissing(model.graph)
        try importer.build(options)
        return importer.graph
    }

    static func refuseMissing(_ graph: ONNXGraph) throws {
        guard graph.nodes.count <= Limits.nodes else {
            throw Failure(.unsupported, "ONNX file: \(graph.nodes.count) nodes; at most \(Limits.nodes) work")
        }
        var missing = MissingOperators()
        for node in graph.nodes where !node.isKnown {
            missing.add(node.domain.isEmpty ? node.operation : "\(node.domain).\(node.operation)", index: node.index, name: node.name)
        }
        guard missing.isEmpty else { throw missing.failure("ONNX file") }
    }

    private mutating func build(_ options: ImportOptions) throws {
        try add(model.graph.initializers)
        for info in model.graph.inputs where values[info.name] == nil { try addInput(info, options) }
        try run(model.graph.nodes, depth: 0)
        try writeStates(options)
        for info in model.graph.outputs where !options.states.values.contains(info.name) {
            guard let found = values[info.name] else {
                throw Failure(.badFormat, "ONNX file: its output '\(info.name.prefix(80))' is never computed")
            }
            // Images stay channels last, as everything here has them; other outputs keep the model's own order.
            try requireRounded(info.name)
            let value = found.shape.count == 4 ? found : try plain(found, info.name)
            let id = try tensor(value, info.name)
            if !graph.inputs.contains(id) { graph.tensors[id].name = info.name }
            graph.outputs.append(id)
        }
        try noteUnsignedOutputs()
        graph.removeUnused()
        ImageMetadata.describe(&graph)
        YOLOXMetadata.describe(&graph)
    }

    mutating func add(_ tensors: [ONNXTensor]) throws {
        for tensor in tensors { values[tensor.name] = ONNXValue(constant: try ONNXConstant(tensor, reader: reader, budget: budget)) }
    }

    private mutating func addInput(_ info: ONNXValueInfo, _ options: ImportOptions) throws {
        if let fixed = options.constants[info.name] {
            let isReal = [1, 10, 11].contains(info.type)
            guard info.dimensions.isEmpty, let whole = isReal ? 0 : Int(exactly: fixed) else {
                throw Failure(.usage, "input '\(info.name)' can't be fixed to \(fixed): it isn't a single number of that type")
            }
            values[info.name] = ONNXValue(constant: ONNXConstant(shape: [], isReal ? .floats([Float(fixed)]) : .integers([whole])))
            return
        }
        guard [1, 6, 7].contains(info.type) else {
            throw Failure(.unsupported, "input '\(info.name.prefix(80))' has element type \(info.type); float32 and whole numbers work")
        }
        let shape = options.inputShapes[info.name] ?? info.dimensions.map {
            $0.size.flatMap { $0 > 0 ? $0 : nil } ?? options.dimensions[$0.name] ?? 1
        }
        _ = try Limits.elements(shape, of: info.name)
        if info.type != 1 { return try addWholeInput(info, shape: shape, options) }
        if options.states[info.name] != nil { return try addState(info, shape: shape) }
        if let count = options.contexts[info.name] { return try addContext(info, shape: shape, count: count) }
        var value = ONNXValue(shape: shape, id: graph.tensors.count, isChannelsLast: false)
        // A four-dimensional input with an extent in both last axes is an image; (layers, 1, 1, units) is a state.
        value.isChannelsLast = shape.count == 4 && shape[2] > 1 && shape[3] > 1
        graph.inputs.append(graph.addTensor(GraphTensor(name: info.name, shape: value.stored, type: .float32)))
        values[info.name] = value
    }

    /// An input of whole numbers, which are int32 in the nest.
    private mutating func addWholeInput(_ info: ONNXValueInfo, shape: [Int], _ options: ImportOptions) throws {
        guard options.states[info.name] == nil, options.contexts[info.name] == nil else {
            throw Failure(.usage, "input '\(info.name)' holds whole numbers and can't be kept from run to run")
        }
        guard !shape.isEmpty else {
            throw Failure(.unsupported, "input '\(info.name.prefix(80))' is a single whole number; it can be fixed to a value")
        }
        graph.inputs.append(graph.addTensor(GraphTensor(name: info.name, shape: shape, type: .int32)))
        values[info.name] = ONNXValue(shape: shape, id: graph.inputs[graph.inputs.count - 1], isChannelsLast: false)
    }

    /// Imports nodes in their order (ONNX demands execution order); branches of control flow come here too.
    mutating func run(_ nodes: [ONNXNode], depth: Int) throws {
        for node in nodes {
            do {
                guard graph.nodes.count <= Limits.nodes else { throw Failure(.unsupported, "more than \(Limits.nodes) nodes") }
                if try fold(node) {
                    try node.requireAllRead(values)
                    continue
                }
                try requireReader(node)
                if try movesIntegers(node, depth: depth) { continue }
                guard let handler = ONNXOperators.handlers[node.operation] else {
                    throw Failure(.unsupported, "\(node.operation) works on constants and shapes only, and this one gets computed values")
                }
                try handler(&self, node, depth)
                try node.requireAllRead(values)
            } catch let failure as Failure {
                throw Failure(failure.kind, "node \(node.index) '\(node.name.prefix(80))' (\(node.operation)): \(failure.description)")
            }
        }
    }

    // MARK: Values

    func value(_ node: ONNXNode, _ position: Int) throws -> ONNXValue {
        guard let value = try optional(node, position) else { throw Failure(.badFormat, "input \(position) is absent") }
        return value
    }

    func optional(_ node: ONNXNode, _ position: Int) throws -> ONNXValue? {
        node.attributes.readInput(position)
        guard node.inputs.indices.contains(position), !node.inputs[position].isEmpty else { return nil }
        guard let value = values[node.inputs[position]] else {
            throw Failure(.badFormat, "input '\(node.inputs[position].prefix(80))' isn't computed before")
        }
        return value
    }

    func constant(_ node: ONNXNode, _ position: Int) throws -> ONNXConstant {
        guard let constant = try value(node, position).constant else { throw Failure(.unsupported, "input \(position) has to be constant") }
        return constant
    }

    /// Whole numbers from an attribute (older operator sets) or a constant input (newer ones).
    func integers(_ node: ONNXNode, attribute: String, input: Int) throws -> [Int]? {
        if let attribute = node.attributes[attribute] { return attribute.integers }
        guard let value = try optional(node, input) else { return nil }
        guard let list = value.constant?.integers else { throw Failure(.unsupported, "input \(input) has to be constant whole numbers") }
        return list
    }

    mutating func set(_ node: ONNXNode, _ value: ONNXValue, output: Int = 0) {
        guard node.outputs.indices.contains(output), !node.outputs[output].isEmpty else { return }
        values[node.outputs[output]] = value
    }

    // MARK: Tensors

    /// The value's tensor in its layout; a constant becomes one.
    mutating func tensor(_ value: ONNXValue, _ name: String) throws -> TensorID {
        guard value.id == -1, let constant = value.constant else { return value.id }
        return try addConstant(name, shape: constant.shape, constant.reals)
    }

    mutating func addConstant(_ name: String, shape: [Int], _ values: [Float]) throws -> TensorID {
        guard !values.isEmpty else { throw Failure(.unsupported, "an empty constant can't be computed with") }
        try budget.charge(4 * values.count)
        return graph.addConstant(name, shape: shape, floats: values)
    }

    /// Appends an operation with one output of the stored shape that follows (or `declared`) and gives it.
    @discardableResult
    mutating func append(_ name: String, _ operation: Operation, _ inputs: [TensorID], declared: [Int]? = nil,
                         type: ElementType? = nil) throws -> TensorID {
        let shapes = inputs.map { $0 == -1 ? nil : graph.tensors[$0].shape }
        let shape = try ShapeRules.outputs(of: operation, inputs: shapes, declared: declared.map { [$0] } ?? [])[0]
        _ = try Limits.elements(shape, of: name)
        // What moves whole numbers gives whole numbers.
        let own: ElementType = switch operation {
        case .argumentMaximum: .int32
        case .reshape, .transpose, .slice, .concatenate, .gather, .lookUp, .broadcast: graph.tensors[inputs[0]].type
        default: .float32
        }
        let id = graph.addNode(name, operation, inputs: inputs, output: GraphTensor(name: name, shape: shape, type: type ?? own))
        producers[id] = graph.nodes.count - 1
        return id
    }

    /// The value with its tensor in ONNX's order of axes.
    mutating func plain(_ value: ONNXValue, _ name: String) throws -> ONNXValue {
        guard value.isChannelsLast else { return value }
        let rank = value.shape.count
        let order = [0, rank - 1] + Array(1..<rank - 1)
        return ONNXValue(shape: value.shape, id: try permuted(value.id, order, name), isChannelsLast: false)
    }

    /// The value with its channels last; below three axes there is nothing to move.
    mutating func channelsLast(_ value: ONNXValue, _ name: String) throws -> ONNXValue {
        guard !value.isChannelsLast, value.shape.count >= 3 else { return value }
        let id = try tensor(value, name)
        return ONNXValue(shape: value.shape, id: try permuted(id, ONNXValue.channelsLast(Array(value.shape.indices)), name),
                         isChannelsLast: true)
    }

    /// A transpose, or only a reshape where the axes with an extent keep their order.
    mutating func permuted(_ id: TensorID, _ permutation: [Int], _ name: String) throws -> TensorID {
        let shape = graph.tensors[id].shape
        if permutation == Array(shape.indices) { return id }
        let moving = permutation.filter { shape[$0] > 1 }
        if moving == moving.sorted() { return try append(name, .reshape, [id], declared: permutation.map { shape[$0] }) }
        return try append(name, .transpose(permutation: permutation), [id])
    }

    func positive(_ axis: Int, rank: Int) throws -> Int {
        let positive = axis < 0 ? axis &+ rank : axis
        guard (0..<rank).contains(positive) else { throw Failure(.badFormat, "axis \(axis) of \(rank)") }
        return positive
    }
}

extension ONNXNode {
    var isKnown: Bool {
        if domain == "com.microsoft" { return ONNXQuantizedOperators.runtimeOwn.contains(operation) }
        let isKnown = ONNXOperators.handlers[operation] != nil || ONNXFolding.operations.contains(operation)
        return (domain.isEmpty || domain == "ai.onnx") && isKnown
    }

    func integer(_ name: String, _ value: Int) -> Int { attributes[name]?.integer ?? value }
    func float(_ name: String, _ value: Float) -> Float { attributes[name]?.float ?? value }
    func text(_ name: String, _ value: String) -> String { attributes[name]?.text ?? value }
}
