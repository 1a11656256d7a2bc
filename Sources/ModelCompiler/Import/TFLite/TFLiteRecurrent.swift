import Nest
import Platform

/// LSTM layers, whose weights come gate by gate and whose state is two variable tensors of the file.
extension TFLiteImporter {
    /// Inputs: x, four input and four recurrent matrices, three peepholes, four biases (each of gates input, forget, cell,
    /// output), projection and its bias, state h, state c, four normalisations.
    ///
    /// - Parameter timeMajor: number of the option that says that time is the first axis; nil where x is one step.
    mutating func lstm(_ item: TFLiteOperator, timeMajor: Int?) throws {
        let x = try input(item, 0), y = try output(item), s = shape(x)
        guard graph.tensors[x].type == .float32, graph.tensors[y].type == .float32 else {
            throw Failure(.unsupported, "activations of type \(graph.tensors[x].type); an LSTM of float32 activations works")
        }
        guard try activation(item, 0) == .function(.tanh, alpha: 0, beta: 0) else {
            throw Failure(.unsupported, "another function than tanh")
        }
        let others = Array(9...11) + [16, 17] + Array(20...23)
        guard others.allSatisfy({ !item.inputs.indices.contains($0) || item.inputs[$0] == -1 }) else {
            throw Failure(.unsupported, "peepholes, a projection or normalised gates")
        }
        let isTimeMajor = try timeMajor.flatMap { try item.options?.bool($0) } ?? false
        guard s.count == (timeMajor == nil ? 2 : 3) else { throw Failure(.badFormat, "an input of shape \(s)") }
        let batch = timeMajor == nil || !isTimeMajor ? s[0] : s[1], time = timeMajor == nil ? 1 : s[isTimeMajor ? 0 : 1]
        guard batch == 1 else { throw Failure(.unsupported, "\(batch) sequences at a time; one works") }
        let columns = s[s.count - 1], hidden = try matrix(item, 6).shape.first ?? 0
        let weights = try gates(item, first: 1, shape: [hidden, columns], isVector: false)
        let recurrent = try gates(item, first: 5, shape: [hidden, hidden], isVector: false)
        let bias = try gates(item, first: 12, shape: [hidden], isVector: true)
        let states = try [18, 19].map { try variable(item, $0, shape: [1, hidden]) }
        let sequence = graph.addNode(item.name + "/steps", .reshape, inputs: [x],
                                     output: GraphTensor(name: item.name + "/steps", shape: [time, 1, columns], type: .float32))
        let result = graph.addNode(item.name + "/lstm", .lstm(RecurrentLayer(hidden: hidden)),
                                   inputs: [sequence, weights, recurrent, bias, -1] + states,
                                   output: GraphTensor(name: item.name + "/lstm", shape: [time, 1, hidden], type: .float32))
        add(item, .reshape, inputs: [result], outputs: [y])
    }

    /// A tensor of the file that keeps its value from run to run; it starts from zero.
    func variable(_ item: TFLiteOperator, _ position: Int) throws -> (name: String, shape: [Int]) {
        guard item.inputs.indices.contains(position), try tensors.isVariable(item.inputs[position]) else {
            throw Failure(.unsupported, "its input \(position) is no variable tensor: a state that isn't the operator's own")
        }
        return try tensors.described(item.inputs[position])
    }

    private mutating func variable(_ item: TFLiteOperator, _ position: Int, shape: [Int]) throws -> TensorID {
        let (name, own) = try variable(item, position)
        guard own == shape else { throw Failure(.badFormat, "a state of shape \(own), not \(shape)") }
        return graph.addTensor(GraphTensor(name: name, shape: shape, type: .float32, isState: true))
    }

    /// A constant as float32, whatever it is stored as.
    func matrix(_ item: TFLiteOperator, _ position: Int) throws -> GraphTensor {
        guard item.inputs.indices.contains(position), item.inputs[position] != -1 else {
            throw Failure(.badFormat, "input \(position) is absent")
        }
        return try tensors.real(item.inputs[position])
    }

    /// Four gates as one constant, from the file's order (input, forget, cell, output) to ONNX's (input, output, forget, cell).
    /// Without an input gate what isn't forgotten is taken: its weights are those of the forget gate, negated.
    private mutating func gates(_ item: TFLiteOperator, first: Int, shape: [Int], isVector: Bool) throws -> TensorID {
        var values: [Float] = []
        let isCoupled = item.inputs.indices.contains(1) && item.inputs[1] == -1
        for gate in [0, 3, 1, 2] {
            let replaced = gate == 0 && isCoupled, tensor = try matrix(item, first + (replaced ? 1 : gate))
            guard let part = tensor.floats, tensor.shape == shape else {
                throw Failure(.badFormat, "\(isVector ? "a bias" : "weights") of shape \(tensor.shape), not \(shape)")
            }
            try budget.charge(4 * part.count)
            values += replaced ? part.map { -$0 } : part
        }
        let rows = [4 * shape[0]] + shape.dropFirst()
        return graph.addConstant("\(item.name)/\(isVector ? "bias" : "weights\(first)")", shape: rows, floats: values)
    }
}
