import Nest
import Platform

/// Operators that look values up by indices, and the whole-number arithmetic that makes indices.
extension TFLiteImporter {
    /// The last axis of the indices goes along the first axes of the data. Constant indices are places of rows; computed ones an
    /// instruction's.
    mutating func gatherND(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), indices = try input(item, 1), s = shape(x), places = shape(indices)
        guard let depth = places.last, depth >= 1, depth <= min(s.count, 4) else {
            throw Failure(.unsupported, "indices of shape \(places) into \(s); up to four axes work")
        }
        guard let values = graph.tensors[indices].int32s else {
            return try add(item, .lookUp(depth: depth), inputs: [x, indices], outputs: [output(item)])
        }
        let rows = try rowNumbers(values.map { Int($0) }, along: Array(s[..<depth]), countsFromEnd: false)
        var flat = graph.tensors[x], picked = flat
        flat.constant = nil
        picked.constant = nil
        flat.shape = [s[..<depth].reduce(1, *)] + s[depth...]
        picked.shape = [rows.count] + s[depth...]
        let list = graph.addTensor(GraphTensor(name: item.name + "/rows", shape: [rows.count], type: .int32,
                                               constant: rows.littleEndianBytes))
        let seen = graph.addNode(item.name + "/flat", .reshape, inputs: [x], output: flat)
        let chosen = graph.addNode(item.name + "/chosen", .gather(axis: 0), inputs: [seen, list], output: picked)
        try add(item, .reshape, inputs: [chosen], outputs: [output(item)])
    }

    /// Rows of a table by computed indices: a list of one-axis indices, or words of an embedding.
    mutating func lookUp(_ item: TFLiteOperator, table x: TensorID, indices: TensorID) throws {
        var single = graph.tensors[indices]
        single.shape += [1]
        let column = graph.addNode(item.name + "/indices", .reshape, inputs: [indices], output: single)
        try add(item, .lookUp(depth: 1), inputs: [x, column], outputs: [output(item)])
    }

    /// Inputs: indices, table.
    mutating func embeddingLookup(_ item: TFLiteOperator) throws {
        let indices = try input(item, 0), table = try real(constant: item, 1)
        try lookUp(item, table: table, indices: indices)
    }

    /// The quotient rounded down. That of whole numbers is computed in float32, exactly where both are below 2^24.
    mutating func floorDivide(_ item: TFLiteOperator, isRemainder: Bool) throws {
        let y = try output(item, whole: true), type = graph.tensors[y].type, s = shape(y)
        guard type == .int32 || type == .float32 else { throw Failure(.unsupported, "elements of type \(type); int32 and float32 work") }
        let a = try asFloat(item, 0), b = try asFloat(item, 1)
        let quotient = real(item, "quotient", .binary(.divide, .none), [a, b], s)
        var result = real(item, "floor", .unary(.floor, alpha: 0, beta: 0), [quotient], s)
        if isRemainder {
            let whole = real(item, "whole", .binary(.multiply, .none), [result, b], s)
            result = real(item, "remainder", .binary(.subtract, .none), [a, whole], s)
        }
        add(item, type == .int32 ? .quantize : .reshape, inputs: [result], outputs: [y])
    }

    /// An operand as float32.
    private mutating func asFloat(_ item: TFLiteOperator, _ position: Int) throws -> TensorID {
        let id = try input(item, position), tensor = graph.tensors[id]
        if tensor.type == .float32 { return id }
        guard tensor.type == .int32 else { throw Failure(.unsupported, "an operand of type \(tensor.type)") }
        if let values = tensor.int32s {
            return graph.addConstant("\(item.name)/operand\(position)", shape: tensor.shape, floats: values.map { Float($0) })
        }
        return real(item, "operand\(position)", .quantize, [id], tensor.shape)
    }

    /// A constant input as float32.
    private mutating func real(constant item: TFLiteOperator, _ position: Int) throws -> TensorID {
        graph.addTensor(try matrix(item, position))
    }
}
