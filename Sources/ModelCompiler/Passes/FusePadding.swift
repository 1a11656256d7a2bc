import Nest

/// Zero padding of an image before a convolution becomes the convolution's own.
@Sendable public func fusePadding(_ graph: inout Graph) throws {
    let producers = graph.producers()
    for id in graph.nodes.indices {
        let node = graph.nodes[id]
        guard let source = producers[node.inputs[0]], case .pad(let before, let after, let value) = graph.nodes[source].operation,
              value == 0,
              before.count == 4, after.count == 4, before[0] == 0, after[0] == 0, before[3] == 0, after[3] == 0 else { continue }
        let original = graph.nodes[source].inputs[0], padded = node.inputs[0]
        guard graph.tensors[original].quantization == graph.tensors[padded].quantization else { continue }
        func widened(_ window: Window) -> Window {
            var window = window
            window.padding.top += before[1]
            window.padding.bottom += after[1]
            window.padding.left += before[2]
            window.padding.right += after[2]
            return window
        }
        // A window may start before the image by less than its own size; more padding than that stays a step.
        func fits(_ window: Window) -> Bool {
            let shape = graph.tensors[original].shape
            return widened(window).sees(height: shape[1], width: shape[2])
        }
        switch node.operation {
        case .convolution(let window, _) where !fits(window): continue
        case .depthwiseConvolution(let window, _, _) where !fits(window): continue
        case .convolution(let window, let activation): graph.nodes[id].operation = .convolution(widened(window), activation)
        case .depthwiseConvolution(let window, let multiplier, let activation):
            graph.nodes[id].operation = .depthwiseConvolution(widened(window), multiplier: multiplier, activation)
        default: continue
        }
        graph.nodes[id].inputs[0] = original
        graph.nodes[id].fused.append("padding")
    }
    // Pads that something else still reads stay; the others are dead now.
    try removeDeadNodes(&graph)
}
