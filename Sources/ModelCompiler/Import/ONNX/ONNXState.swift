import Nest
import Platform

/// What a program keeps from one run to the next in place of its caller: `ImportOptions.states` and `contexts`.
extension ONNXImporter {
    /// An input that is a state: it starts from zero and reads what the last run computed.
    mutating func addState(_ info: ONNXValueInfo, shape: [Int]) throws {
        let state = graph.addTensor(GraphTensor(name: info.name, shape: shape, type: .float32, isState: true))
        states[info.name] = state
        let id = try append(info.name + "/read", .readState(initial: 0), [state])
        values[info.name] = ONNXValue(shape: shape, id: id, isChannelsLast: false)
    }

    /// An input whose first `count` elements along its last axis are the last ones of the run before.
    mutating func addContext(_ info: ONNXValueInfo, shape: [Int], count: Int) throws {
        guard let length = shape.last, (1..<length).contains(count), shape.dropLast().allSatisfy({ $0 == 1 }) else {
            throw Failure(.usage, "input '\(info.name.prefix(80))' of shape \(shape) can't keep \(count) elements of its last axis")
        }
        let axis = shape.count - 1
        func part(_ count: Int) -> [Int] { Array(shape.dropLast()) + [count] }
        let input = graph.addTensor(GraphTensor(name: info.name, shape: part(length - count), type: .float32))
        graph.inputs.append(input)
        let state = graph.addTensor(GraphTensor(name: info.name + "/kept", shape: part(count), type: .float32, isState: true))
        let kept = try append(info.name + "/before", .readState(initial: 0), [state])
        let whole = try append(info.name + "/whole", .concatenate(axis: axis, .none), [kept, input])
        var starts = shape.map { _ in 0 }
        starts[axis] = length - count
        let last = try append(info.name + "/last", .slice(starts: starts, steps: shape.map { _ in 1 }), [whole], declared: part(count))
        graph.nodes.append(Node(name: info.name + "/keep", operation: .writeState(initial: 0), inputs: [last], outputs: [state]))
        values[info.name] = ONNXValue(shape: shape, id: whole, isChannelsLast: false)
    }

    /// Writes what was computed for the next run; the outputs concerned are none of the program any more.
    mutating func writeStates(_ options: ImportOptions) throws {
        for (input, output) in options.states.sorted(by: { $0.key < $1.key }) {
            guard let state = states[input] else { throw Failure(.usage, "the model has no input '\(input)'") }
            guard let found = values[output] else { throw Failure(.usage, "the model has no output '\(output)'") }
            let value = try plain(found, output + "/plain"), id = try tensor(value, output)
            guard graph.tensors[id].shape == graph.tensors[state].shape else {
                throw Failure(.usage, "'\(output)' of shape \(graph.tensors[id].shape) can't be '\(input)' of shape "
                              + "\(graph.tensors[state].shape) of the next run")
            }
            graph.nodes.append(Node(name: output + "/keep", operation: .writeState(initial: 0), inputs: [id], outputs: [state]))
        }
    }
}
