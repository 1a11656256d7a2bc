import Nest

/// Which nodes of a float graph become int8, and which tensors must have one scale between them.
struct QuantizationPlan {
    private(set) var isQuantized: [Bool]
    private var parents: [TensorID]
    private(set) var fixed: [TensorID: Quantization] = [:]

    init(_ graph: Graph) {
        parents = Array(graph.tensors.indices)
        let tail = Self.floatTail(graph)
        isQuantized = graph.nodes.enumerated().map { !tail.contains($0.offset) && Self.canQuantize($0.element, graph) }
        for (id, node) in graph.nodes.enumerated() where isQuantized[id] {
            if Self.passesValues(node.operation) {
                for input in node.inputs where input >= 0 && graph.tensors[input].constant == nil && graph.tensors[input].type == .float32 {
                    join(input, node.outputs[0])
                }
            }
            // Their results' range is known, whatever calibration sees.
            switch node.operation {
            case .softmax, .unary(.sigmoid, _, _), .unary(.hardSigmoid, _, _):
                fixed[node.outputs[0]] = Quantization(scale: 1.0 / 256, zeroPoint: -128)
            case .unary(.tanh, _, _): fixed[node.outputs[0]] = Quantization(scale: 1.0 / 128, zeroPoint: 0)
            default: break
            }
        }
        // A known range holds only for a tensor that shares its scale with no other computed one but views of it.
        var makers: [TensorID: Int] = [:]
        for (id, node) in graph.nodes.enumerated() where isQuantized[id] && !Self.passesValues(node.operation) {
            for output in node.outputs where output >= 0 { makers[group(of: output), default: 0] += 1 }
        }
        for input in graph.inputs { makers[group(of: input), default: 0] += 1 }
        for (tensor, quantization) in fixed {
            let root = group(of: tensor)
            fixed[tensor] = nil
            if makers[root] == 1 { fixed[root] = quantization }
        }
    }

    /// The tensor that stands for all that share a scale.
    func group(of tensor: TensorID) -> TensorID {
        var root = tensor
        while parents[root] != root { root = parents[root] }
        return root
    }

    private mutating func join(_ a: TensorID, _ b: TensorID) { parents[group(of: b)] = group(of: a) }

    /// Operations whose results are some of their inputs' values (or between them), so that scales can't differ.
    private static func passesValues(_ operation: Operation) -> Bool {
        switch operation {
        case .reshape, .transpose, .slice, .concatenate, .maxPool, .averagePool, .pad, .resize, .gather: true
        default: false
        }
    }

    private static func movesValues(_ operation: Operation) -> Bool {
        switch operation {
        case .reshape, .transpose, .slice, .concatenate, .gather: true
        default: false
        }
    }

    private static func canQuantize(_ node: Node, _ graph: Graph) -> Bool {
        let computed = (node.inputs + node.outputs).filter { $0 >= 0 && graph.tensors[$0].constant == nil }
        guard node.tail.isEmpty, computed.allSatisfy({ graph.tensors[$0].type == .float32 && !graph.tensors[$0].isState }) else {
            return false
        }
        switch node.operation {
        case .convolution, .depthwiseConvolution, .fullyConnected: return node.inputs.dropFirst().allSatisfy {
            $0 < 0 || graph.floatValues($0) != nil
        }
        case .binary: return node.inputs.allSatisfy { graph.tensors[$0].constant == nil || graph.tensors[$0].type == .float32 }
        case .concatenate: return node.inputs.allSatisfy { graph.tensors[$0].constant == nil }
        case .unary, .averagePool, .maxPool, .mean, .softmax, .reshape, .transpose, .slice, .pad, .resize, .gather: return true
        default: return false
        }
    }

    /// Rearrangements between the last computation and the outputs stay float where they put tensors together: boxes
    /// and scores in one tensor would otherwise share the boxes' coarse scale. So does a last softmax: in steps of 1/256
    /// the first answers of an undecided classifier would be equal.
    private static func floatTail(_ graph: Graph) -> Set<NodeID> {
        let producers = graph.producers()
        var tail = Set<NodeID>()
        for output in graph.outputs {
            var chain = Set<NodeID>(), open = [output], joins = false
            while let tensor = open.popLast() {
                guard let maker = producers[tensor] else { continue }
                if case .softmax = graph.nodes[maker].operation, open.isEmpty {
                    chain.insert(maker)
                    joins = true
                    continue
                }
                guard movesValues(graph.nodes[maker].operation), chain.insert(maker).inserted else { continue }
                if case .concatenate = graph.nodes[maker].operation { joins = true }
                open += graph.nodes[maker].inputs.filter { $0 >= 0 }
            }
            if joins { tail.formUnion(chain) }
        }
        return tail
    }
}
