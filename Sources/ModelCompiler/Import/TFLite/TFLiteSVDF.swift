import Nest
import Platform

/// A layer of filters over features and time (Nakkiran and others, 2015, "Compressing Deep Neural Networks using a Rank-Constrained
/// Topology"): every run appends what the feature filters say to a memory of fixed length, and the time filters weigh that.
extension TFLiteImporter {
    /// Inputs: x (1, inputs), feature filters (filters, inputs), time filters (filters, memory), bias? (units), state. Rank
    /// filters make a unit.
    mutating func svdf(_ item: TFLiteOperator) throws {
        let x = try real(item, 0), y = try output(item), features = try matrix(item, 1), time = try matrix(item, 2)
        let rank = Int(try item.options?.integer(0, default: Int32(0)) ?? 0), final = try activation(item, 1)
        guard let featureValues = features.floats, let timeValues = time.floats, features.shape.count == 2, time.shape.count == 2,
              features.shape[0] == time.shape[0], rank > 0, features.shape[0] % rank == 0, shape(x) == [1, features.shape[1]] else {
            throw Failure(.unsupported, "filters \(features.shape) and \(time.shape) of rank \(rank) over \(shape(x)); one row works")
        }
        let filters = features.shape[0], memory = time.shape[1], units = filters / rank
        let (name, own) = try variable(item, 4)
        guard own.reduce(1, { $0 &* $1 }) == memory * filters else { throw Failure(.badFormat, "a state of shape \(own)") }
        try budget.charge(8 * (featureValues.count + timeValues.count))
        // The memory of an integer layer holds whole steps: the same roundings here, in float32, keep its answers.
        let step = graph.tensors[y].type == .int8 ? try tensors.scale(item.inputs[4]) : nil
        let w = graph.addConstant(item.name + "/features", shape: features.shape, floats: featureValues.map { $0 / (step ?? 1) })
        var newest = real(item, "newest", .fullyConnected(.none), [x, w, -1], [1, filters])
        if step != nil {
            newest = real(item, "whole", .unary(.round, alpha: 0, beta: 0), [newest], [1, filters])
            newest = real(item, "held", .unary(.clip, alpha: -32768, beta: 32767), [newest], [1, filters])
        }
        let remembered = remember(item, newest, state: name, memory: memory, filters: filters)
        let turned = (0..<memory * filters).map { timeValues[$0 % filters * memory + $0 / filters] * (step ?? 1) }
        let tw = graph.addConstant(item.name + "/time", shape: [1, memory, 1, filters], floats: turned)
        let product = real(item, "filters", .depthwiseConvolution(Window(kernel: (memory, 1)), multiplier: 1, .none),
                           [remembered, tw, -1], [1, 1, 1, filters])
        try finish(item, product, units: units, rank: rank, final, to: y)
    }

    /// What the filters say, with the new on the right of the old: (1, memory, 1, filters).
    private mutating func remember(_ item: TFLiteOperator, _ newest: TensorID, state name: String, memory: Int, filters: Int)
        -> TensorID {
        let pixel = real(item, "pixel", .reshape, [newest], [1, 1, 1, filters])
        guard memory > 1 else { return pixel }
        let state = graph.addTensor(GraphTensor(name: name, shape: [1, memory - 1, 1, filters], type: .float32, isState: true))
        let before = real(item, "before", .readState(initial: 0), [state], [1, memory - 1, 1, filters])
        let all = real(item, "all", .concatenate(axis: 1, .none), [before, pixel], [1, memory, 1, filters])
        let kept = real(item, "kept", .slice(starts: [0, 1, 0, 0], steps: [1, 1, 1, 1]), [all], [1, memory - 1, 1, filters])
        graph.nodes.append(Node(name: name, operation: .writeState(initial: 0), inputs: [kept], outputs: [state]))
        return all
    }

    /// Filters summed to units, the bias, the activation, and a quantisation where the layer is of integers.
    private mutating func finish(_ item: TFLiteOperator, _ product: TensorID, units: Int, rank: Int, _ final: Activation, to y: TensorID)
        throws {
        var sum = real(item, "rows", .reshape, [product], [units, rank])
        if rank > 1 {
            sum = real(item, "mean", .mean(axes: [1], keepDimensions: true), [sum], [units, 1])
            let count = graph.addConstant(item.name + "/rank", shape: [], floats: [Float(rank)])
            sum = real(item, "sum", .binary(.multiply, .none), [sum, count], [units, 1])
        }
        sum = real(item, "units", .reshape, [sum], [1, units])
        var bias = [Float](repeating: 0, count: units)
        if item.inputs.count > 3, item.inputs[3] != -1 {
            guard let given = try matrix(item, 3).floats, given.count == units else {
                throw Failure(.badFormat, "a bias that isn't of \(units) units")
            }
            bias = given
        }
        let addend = graph.addConstant(item.name + "/bias", shape: [units], floats: bias)
        guard graph.tensors[y].type == .int8 else { return add(item, .binary(.add, final), inputs: [sum, addend], outputs: [y]) }
        let value = real(item, "value", .binary(.add, final), [sum, addend], [1, units])
        add(item, .quantize, inputs: [value], outputs: [y])
    }

    /// Appends an operation on float32 values, one of those that an operator of the file is written with.
    mutating func real(_ item: TFLiteOperator, _ part: String, _ operation: Operation, _ inputs: [TensorID], _ shape: [Int]) -> TensorID {
        let name = "\(item.name)/\(part)"
        return graph.addNode(name, operation, inputs: inputs, output: GraphTensor(name: name, shape: shape, type: .float32))
    }
}
