import Nest
import Platform

extension Graph {
    /// Verifies what every pass relies on: identifiers in range, each tensor computed once and before it is used,
    /// constants as long as their shapes, shapes that follow from the operations. Throws `Failure` naming the node.
    public func check() throws {
        guard nodes.count <= Limits.nodes, !outputs.isEmpty else {
            throw Failure(.badFormat, "the graph has \(nodes.count) nodes and \(outputs.count) outputs")
        }
        for tensor in tensors { try check(tensor) }
        var known = tensors.map { $0.constant != nil || $0.isState }
        for id in inputs {
            guard tensors.indices.contains(id), !known[id] else {
                throw Failure(.badFormat, "an input of the graph is no tensor or a constant")
            }
            known[id] = true
        }
        for (index, node) in nodes.enumerated() {
            do {
                try check(node, known: &known)
            } catch let failure as Failure {
                throw Failure(failure.kind, "node \(index) '\(node.name)' (\(node.operation.title)): \(failure.description)")
            }
        }
        for id in outputs {
            guard tensors.indices.contains(id), known[id] else { throw Failure(.badFormat, "an output of the graph is never computed") }
        }
    }

    private func check(_ tensor: GraphTensor) throws {
        let elements = try Limits.elements(tensor.shape, of: tensor.name)
        if let constant = tensor.constant, constant.count != elements * tensor.type.size {
            throw Failure(.badFormat,
                "constant '\(tensor.name)' of shape \(tensor.shape) has \(constant.count) bytes, not \(elements * tensor.type.size)")
        }
        guard let quantization = tensor.quantization else { return }
        let channels = quantization.scales.count
        guard channels == quantization.zeroPoints.count, channels > 0,
              channels == 1 || quantization.axis.map({ tensor.shape.indices.contains($0) && tensor.shape[$0] == channels }) == true else {
            throw Failure(.badFormat,
                "tensor '\(tensor.name)' of shape \(tensor.shape) has \(channels) scales and \(quantization.zeroPoints.count) zero points")
        }
        guard quantization.scales.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
            throw Failure(.badFormat, "tensor '\(tensor.name)' has a scale that is negative or not a number")
        }
        let range: ClosedRange<Int32> = switch tensor.type {
        case .int8: -128...127
        case .uint8: 0...255
        case .int16: -32768...32767
        default: Int32.min...Int32.max
        }
        guard quantization.zeroPoints.allSatisfy(range.contains) else {
            throw Failure(.badFormat, "tensor '\(tensor.name)' has a zero point outside of its type")
        }
    }

    private func check(_ node: Node, known: inout [Bool]) throws {
        let shapes: [[Int]?] = try node.inputs.map { id in
            if id == -1 { return nil }
            guard tensors.indices.contains(id), known[id] else { throw Failure(.badFormat, "an input is no tensor or not computed yet") }
            return tensors[id].shape
        }
        for id in node.outputs {
            // A state has a value from the start and gets another.
            if case .writeState = node.operation, tensors.indices.contains(id), tensors[id].isState { continue }
            guard tensors.indices.contains(id), !known[id] else { throw Failure(.badFormat, "an output is no tensor or computed twice") }
            known[id] = true
        }
        let declared = node.outputs.map { tensors[$0].shape }
        let derived = try ShapeRules.outputs(of: node.operation, inputs: shapes, declared: declared)
        try TypeRules.check(node.operation, inputs: node.inputs.map { $0 == -1 ? nil : tensors[$0] },
                            outputs: node.outputs.map { tensors[$0] })
        guard declared.count <= derived.count, !declared.isEmpty, zip(declared, derived).allSatisfy({ $0 == $1 }) else {
            throw Failure(.badFormat, "its outputs are declared as \(declared) but follow as \(derived)")
        }
    }
}
