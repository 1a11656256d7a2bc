import Nest

/// Which tensors share bytes: a tensor either has a buffer of its own or lies inside another tensor's.
///
/// Reshapes are views of their input; the inputs of a concatenation are written straight into its output where the
/// layout allows; an elementwise operation overwrites an input that nothing needs any more.
struct BufferSharing {
    private struct Link {
        var parent: TensorID
        var bytes: Int
    }

    private let graph: Graph
    private let producers: [NodeID?]
    private let consumers: [[NodeID]]
    private var links: [Link?]
    /// Elements from pixel to pixel where this isn't the number of channels.
    private(set) var pixelStrides: [TensorID: Int] = [:]
    /// Inputs of concatenations (by node) that are written in place and need no copy.
    private(set) var placed: [NodeID: Set<Int>] = [:]

    init(_ graph: Graph) {
        self.graph = graph
        producers = graph.producers()
        consumers = graph.consumers()
        links = Array(repeating: nil, count: graph.tensors.count)
        linkReshapes()
        linkSlices()
        linkConcatenations()
        linkElementwise()
    }

    /// The tensor whose buffer holds this one, and the byte it starts at.
    func resolve(_ tensor: TensorID) -> (root: TensorID, bytes: Int) {
        var root = tensor, bytes = 0
        while let link = links[root] {
            bytes += link.bytes
            root = link.parent
        }
        return (root, bytes)
    }

    /// Whether a node's output is a view of its input, so that nothing need be done. To lie in one buffer isn't enough: a part may be
    /// concatenated with what it was taken from.
    func isView(_ output: TensorID, of input: TensorID) -> Bool {
        graph.tensors[input].constant == nil && links[output]?.parent == input
    }

    func isDense(_ tensor: TensorID) -> Bool { pixelStrides[tensor] == nil }

    private func bytes(_ tensor: TensorID) -> Int { graph.tensors[tensor].elements * graph.tensors[tensor].type.size }

    /// A tensor whose buffer may be moved into another: computed here, and not kept between runs.
    private func isMovable(_ tensor: TensorID) -> Bool {
        producers[tensor] != nil && !graph.tensors[tensor].isState && graph.tensors[tensor].constant == nil
            && !graph.inputs.contains(tensor)
    }

    private mutating func linkReshapes() {
        for node in graph.nodes {
            guard case .reshape = node.operation, isViewable(node.inputs[0]), isMovable(node.outputs[0]),
                  graph.tensors[node.inputs[0]].type == graph.tensors[node.outputs[0]].type else { continue }
            if graph.outputs.contains(node.outputs[0]), graph.inputs.contains(resolve(node.inputs[0]).root) { continue }
            links[node.outputs[0]] = Link(parent: node.inputs[0], bytes: 0)
        }
    }

    private func isViewable(_ tensor: TensorID) -> Bool { graph.tensors[tensor].constant == nil && !graph.tensors[tensor].isState }

    /// A slice that is one run of bytes, or a range of channels for readers that can step over the others.
    private mutating func linkSlices() {
        for node in graph.nodes {
            guard case .slice(let starts, let steps) = node.operation, isViewable(node.inputs[0]), isMovable(node.outputs[0]),
                  steps.allSatisfy({ $0 == 1 }), !graph.outputs.contains(node.outputs[0]), pixelStrides[node.inputs[0]] == nil else {
                      continue
                  }
            let source = graph.tensors[node.inputs[0]], result = graph.tensors[node.outputs[0]]
            guard source.shape.count == result.shape.count else { continue }
            let cut = source.shape.indices.filter { source.shape[$0] != result.shape[$0] }
            guard let axis = cut.first, cut.count == 1 else { continue }
            let inner = source.shape[(axis + 1)...].reduce(1, *) * source.type.size
            if source.shape[..<axis].allSatisfy({ $0 == 1 }) {
                // Int8 slices may start anywhere; wider elements stay aligned to themselves by construction.
                links[node.outputs[0]] = Link(parent: node.inputs[0], bytes: starts[axis] * inner)
            } else if axis == source.shape.count - 1, consumers[node.outputs[0]].allSatisfy({ reads(graph.nodes[$0], node.outputs[0]) }) {
                links[node.outputs[0]] = Link(parent: node.inputs[0], bytes: starts[axis] * inner)
                pixelStrides[node.outputs[0]] = source.shape[axis]
            }
        }
    }

    /// Whether a node can read this input with other channels between its pixels.
    private func reads(_ node: Node, _ tensor: TensorID) -> Bool {
        switch node.operation {
        case .convolution, .depthwiseConvolution, .maxPool, .averagePool, .unary, .quantize, .binary: true
        case .concatenate(let axis, _): axis == graph.tensors[tensor].shape.count - 1
        default: false
        }
    }

    /// Whether a node can write its output with other channels between its pixels.
    private func writes(_ node: Node) -> Bool {
        switch node.operation {
        case .convolution, .depthwiseConvolution, .maxPool, .averagePool, .resize, .unary, .quantize, .binary: true
        case .concatenate(let axis, _): axis == graph.tensors[node.outputs[0]].shape.count - 1
        default: false
        }
    }

    /// Later concatenations first: an inner one then finds its own output already placed.
    private mutating func linkConcatenations() {
        for (id, node) in graph.nodes.enumerated().reversed() {
            guard case .concatenate(let axis, .none) = node.operation else { continue }
            let output = node.outputs[0], result = graph.tensors[output]
            let outer = result.shape[..<axis].reduce(1, *), inner = result.shape[(axis + 1)...].reduce(1, *)
            var start = 0
            for (position, input) in node.inputs.enumerated() {
                let source = graph.tensors[input]
                let offset = start * inner * source.type.size
                start += source.shape[axis]
                guard source.type == result.type, source.quantization == result.quantization, isMovable(input),
                      node.inputs.filter({ $0 == input }).count == 1 else { continue }
                let home = resolve(input)
                guard isMovable(home.root), home.root != resolve(output).root else { continue }
                if outer == 1, isDense(output), isDense(input) {
                    guard home.bytes == 0, bytes(home.root) == bytes(input) else { continue }
                    links[home.root] = Link(parent: output, bytes: offset)
                    placed[id, default: []].insert(position)
                } else if axis == result.shape.count - 1, home.root == input, !isParent(input), isDense(input),
                          !graph.outputs.contains(input), let producer = producers[input], writes(graph.nodes[producer]),
                          consumers[input].allSatisfy({ reads(graph.nodes[$0], input) }) {
                    links[input] = Link(parent: output, bytes: offset)
                    pixelStrides[input] = pixelStrides[output] ?? result.shape[axis]
                    placed[id, default: []].insert(position)
                }
            }
        }
    }

    private func isParent(_ tensor: TensorID) -> Bool { links.contains { $0?.parent == tensor } }

    private mutating func linkElementwise() {
        for (id, node) in graph.nodes.enumerated() {
            let candidates: [TensorID]
            switch node.operation {
            case .binary: candidates = Array(node.inputs.prefix(2))
            case .unary: candidates = [node.inputs[0]]
            default: continue
            }
            let output = node.outputs[0]
            guard isMovable(output), isDense(output), links[output] == nil else { continue }
            for input in candidates {
                let home = resolve(input)
                guard isMovable(home.root), isDense(input), home.bytes == 0, home.root != resolve(output).root,
                      bytes(home.root) == bytes(output), graph.tensors[input].type == graph.tensors[output].type,
                      graph.tensors[input].elements == graph.tensors[output].elements, diesAt(id, home.root) else { continue }
                links[output] = Link(parent: input, bytes: 0)
                break
            }
        }
    }

    /// Whether nothing that lies in this buffer is needed after the node.
    private func diesAt(_ node: NodeID, _ root: TensorID) -> Bool {
        for tensor in graph.tensors.indices where resolve(tensor).root == root {
            if graph.outputs.contains(tensor) || graph.tensors[tensor].isState { return false }
            if consumers[tensor].contains(where: { $0 > node }) { return false }
            // Written after the node as well: a slice of a concatenation whose other parts are still to come.
            if let producer = producers[tensor], producer >= node { return false }
        }
        return true
    }
}
