import Nest
import Platform

/// Variables of streaming models: what they keep from one run to the next. A handle names one; a graph of its own, run once,
/// gives their initial values.
struct TFLiteVariables {
    /// The variable of each tensor of the file that is a handle.
    var handles: [Int: String] = [:]
    fileprivate var initials: [String: GraphTensor] = [:]
    fileprivate var states: [String: TensorID] = [:]

    /// The variable that an operator's first input is a handle of.
    fileprivate func name(_ item: TFLiteOperator) throws -> String {
        guard let tensor = item.inputs.first, let name = handles[tensor] else { throw Failure(.badFormat, "input 0 is no variable") }
        return name
    }

    /// Container and name: what makes two handles the same variable.
    static func name(of item: TFLiteOperator) throws -> String {
        let container = try item.options?.string(0) ?? "", name = try item.options?.string(1) ?? ""
        return container.isEmpty ? name : container + "/" + name
    }
}

extension TFLiteImporter {
    mutating func variableHandle(_ item: TFLiteOperator) throws {
        guard let tensor = item.outputs.first else { throw Failure(.badFormat, "it has no output") }
        variables.handles[tensor] = try TFLiteVariables.name(of: item)
    }

    mutating func readVariable(_ item: TFLiteOperator) throws {
        let y = try output(item), (state, initial) = try state(variables.name(item), like: y)
        add(item, .readState(initial: initial), inputs: [state], outputs: [y])
    }

    mutating func assignVariable(_ item: TFLiteOperator) throws {
        let x = try input(item, 1), name = try variables.name(item), (state, initial) = try state(name, like: x)
        graph.nodes.append(Node(name: name, operation: .writeState(initial: initial), inputs: [x], outputs: [state]))
    }

    /// Initial values: a graph of nothing but handles and assignments of constants.
    mutating func callOnce(_ item: TFLiteOperator) throws {
        let model = try model.subgraph(Int(item.options?.integer(0, default: Int32(0)) ?? 0))
        var constants = TFLiteTensors(model, budget: budget), scratch = Graph(), handles: [Int: String] = [:]
        for (index, table) in model.operators.enumerated() {
            let step = try TFLiteOperator(table, index: index, in: model)
            switch step.operation {
            case "VAR_HANDLE": handles[step.outputs.first ?? -1] = try TFLiteVariables.name(of: step)
            case "ASSIGN_VARIABLE":
                guard step.inputs.count == 2, let name = handles[step.inputs[0]] else {
                    throw Failure(.badFormat, "an initial value that belongs to no variable")
                }
                let value = scratch.tensors[try constants.tensor(step.inputs[1], in: &scratch)]
                guard value.constant != nil else { throw Failure(.unsupported, "the initial value of '\(name.prefix(80))' isn't constant") }
                variables.initials[name] = value
            default: throw Failure(.unsupported, "initial values by \(step.operation); constants work")
            }
        }
    }

    /// The variable as a state of the program, and the byte that its int8 elements start from.
    ///
    /// - Parameter like: a tensor that is read from it or written to it.
    private mutating func state(_ name: String, like: TensorID) throws -> (TensorID, initial: Int8) {
        let value = graph.tensors[like]
        guard let initial = variables.initials[name], let bytes = initial.constant else {
            throw Failure(.unsupported, "the variable '\(name.prefix(80))' has no initial value")
        }
        guard initial.type == value.type, initial.shape == value.shape, value.constant == nil, [.int8, .float32].contains(value.type) else {
            throw Failure(.unsupported, "the variable '\(name.prefix(80))' starts as \(initial.type) of shape \(initial.shape) and is used "
                          + "as \(value.type) of shape \(value.shape)")
        }
        let first = bytes.first ?? 0
        guard bytes.allSatisfy({ $0 == first }), value.type == .int8 || first == 0 else {
            throw Failure(.unsupported, "the variable '\(name.prefix(80))' starts from values that differ, or floats that aren't 0")
        }
        let id = variables.states[name] ?? graph.addTensor(GraphTensor(name: name, shape: value.shape, type: value.type,
                                                                       quantization: value.quantization, isState: true))
        variables.states[name] = id
        return (id, Int8(bitPattern: first))
    }
}
