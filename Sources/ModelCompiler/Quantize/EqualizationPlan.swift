import Nest

/// Which tensors of a float graph can have a scale for each channel in int8. It costs nothing where a convolution reads
/// them, whose weights take the factors up, and a table for each kind of channel where a function makes them.
struct EqualizationPlan {
    /// What lies between a convolution and the function that alone reads it; never stored, so free of its neighbours.
    private(set) var inner: [TensorID: NodeID] = [:]
    /// Tensors that share one scale and zero point, factors aside: the group's first tensor of each.
    private(set) var groups: [TensorID: TensorID] = [:]
    private var firstChannel: [Int] = []
    private var parents: [Int] = []

    /// - Parameter plan: which nodes become int8 and which ranges are known.
    init(_ graph: Graph, _ plan: QuantizationPlan) {
        let consumers = graph.consumers(), producers = graph.producers()
        for (id, node) in graph.nodes.enumerated() where plan.isQuantized[id] {
            guard case .unary(let function, _, _) = node.operation, !function.isClamp, let maker = producers[node.inputs[0]],
                  plan.isQuantized[maker], graph.onlyConsumer(of: node.inputs[0], consumers) == id,
                  Self.isPlainConvolution(graph.nodes[maker]) else { continue }
            inner[node.inputs[0]] = id
        }
        var roots = Array(graph.tensors.indices)
        func root(_ tensor: Int) -> Int {
            var at = tensor
            while roots[at] != at { at = roots[at] }
            return at
        }
        for (id, node) in graph.nodes.enumerated() where plan.isQuantized[id] && Self.keepsChannels(node, graph) {
            for input in node.inputs where input >= 0 { roots[root(input)] = root(node.outputs[0]) }
        }
        var excluded = Set<Int>(), makesFunctions = Set<Int>()
        for tensor in graph.tensors.indices where graph.tensors[tensor].constant == nil {
            let isFunction = producers[tensor].map { inner[graph.nodes[$0].inputs.first ?? -1] == $0 } ?? false
            let readers = consumers[tensor]
            let canBe = graph.tensors[tensor].shape.count == 4 && graph.tensors[tensor].type == .float32
                && !graph.inputs.contains(tensor) && !graph.outputs.contains(tensor) && plan.fixed[plan.group(of: tensor)] == nil
                && (producers[tensor].map { plan.isQuantized[$0]
                    && (isFunction || Self.isPlainConvolution(graph.nodes[$0]) || Self.keepsChannels(graph.nodes[$0], graph)) } ?? false)
                && !readers.isEmpty && readers.allSatisfy { plan.isQuantized[$0] && Self.absorbs(graph.nodes[$0], tensor, graph) }
            if !canBe { excluded.insert(root(tensor)) }
            if isFunction { makesFunctions.insert(root(tensor)) }
        }
        for tensor in graph.tensors.indices where graph.tensors[tensor].constant == nil {
            let group = root(tensor)
            if !excluded.contains(group), makesFunctions.contains(group) { groups[tensor] = group }
        }
        joinChannels(graph)
    }

    /// Whether a tensor's channels have scales of their own.
    func codes(_ tensor: TensorID) -> Bool { inner[tensor] != nil || groups[tensor] != nil }

    /// The channels that must have one factor, as one number for all of them.
    func channel(_ channel: Int, of tensor: TensorID) -> Int { root(firstChannel[tensor] + channel) }

    private func root(_ channel: Int) -> Int {
        var at = channel
        while parents[at] != at { at = parents[at] }
        return at
    }

    private mutating func joinChannels(_ graph: Graph) {
        var count = 0
        for tensor in graph.tensors {
            firstChannel.append(count)
            count += tensor.constant == nil ? tensor.shape.last ?? 0 : 0
        }
        parents = Array(0..<count)
        for node in graph.nodes where node.outputs.count == 1 && groups[node.outputs[0]] != nil && Self.keepsChannels(node, graph) {
            var start = firstChannel[node.outputs[0]]
            for input in node.inputs where input >= 0 {
                let channels = graph.tensors[input].shape.last ?? 0
                for channel in 0..<channels { parents[root(firstChannel[input] + channel)] = root(start + channel) }
                if case .concatenate = node.operation { start += channels }
            }
        }
    }

    private static func isPlainConvolution(_ node: Node) -> Bool {
        guard node.tail.isEmpty else { return false }
        switch node.operation {
        case .convolution(_, .none), .depthwiseConvolution(_, 1, .none): return true
        default: return false
        }
    }

    /// Each channel of the result is made of the same channel of each input, or is one of them.
    private static func keepsChannels(_ node: Node, _ graph: Graph) -> Bool {
        let shape = graph.tensors[node.outputs[0]].shape
        guard node.inputs.allSatisfy({ $0 >= 0 && graph.tensors[$0].constant == nil }) else { return false }
        switch node.operation {
        case .maxPool(_, .none), .resize: return true
        case .concatenate(let axis, .none): return axis == shape.count - 1
        case .binary(.add, .none): return node.inputs.allSatisfy { graph.tensors[$0].shape == shape }
        default: return false
        }
    }

    private static func absorbs(_ node: Node, _ tensor: TensorID, _ graph: Graph) -> Bool {
        switch node.operation {
        case .convolution, .depthwiseConvolution(_, 1, _): node.inputs[0] == tensor
        default: keepsChannels(node, graph)
        }
    }
}

extension UnaryFunction {
    /// Functions that are a clamp alone: fused as bounds.
    fileprivate var isClamp: Bool {
        switch self {
        case .relu, .relu6, .clip: true
        default: false
        }
    }
}
