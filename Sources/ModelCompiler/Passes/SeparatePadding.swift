import Nest

/// Padding that reaches further than a convolution's first or last window becomes a step of its own: there the result
/// is the bias alone, and instructions only have windows that see a part of the image.
@Sendable public func separatePadding(_ graph: inout Graph) throws {
    var nodes: [Node] = []
    for var node in graph.nodes {
        let input = node.inputs[0], shape = graph.tensors[input].shape
        guard shape.count == 4, let window = node.operation.window, !window.sees(height: shape[1], width: shape[2]) else {
            nodes.append(node)
            continue
        }
        let padding = window.padding
        var padded = graph.tensors[input]
        padded.name += "/padded"
        padded.shape = [shape[0], shape[1] + padding.top + padding.bottom, shape[2] + padding.left + padding.right, shape[3]]
        padded.constant = nil
        padded.isState = false
        let id = graph.addTensor(padded)
        nodes.append(Node(name: node.name + "/padding", operation: .pad(before: [0, padding.top, padding.left, 0],
                                                                        after: [0, padding.bottom, padding.right, 0], value: 0),
                          inputs: [input], outputs: [id]))
        var bare = window
        bare.padding = Padding()
        switch node.operation {
        case .convolution(_, let activation): node.operation = .convolution(bare, activation)
        case .depthwiseConvolution(_, let multiplier, let activation):
            node.operation = .depthwiseConvolution(bare, multiplier: multiplier, activation)
        default: break
        }
        node.inputs[0] = id
        nodes.append(node)
    }
    graph.nodes = nodes
}

extension Operation {
    /// A convolution's window.
    fileprivate var window: Window? {
        switch self {
        case .convolution(let window, _), .depthwiseConvolution(let window, _, _): window
        default: nil
        }
    }
}
