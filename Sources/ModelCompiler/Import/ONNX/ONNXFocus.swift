import Nest

/// Four slices of an image, every second row and column from each of the four phases, stacked along the channels (the
/// Focus stem of YOLO models). A convolution over the stack is a convolution over the image with twice the kernel,
/// stride and padding, and as many products, so the slices never need to be made.
struct ONNXFocus {
    /// The image (batch, height, width, channels).
    var source: TensorID
    var channels: Int
    /// Phase (y, x) of each part of the stack.
    var phases: [(y: Int, x: Int)]

    /// Recognises the stack that a concatenation along the channels makes.
    init?(_ parts: [TensorID], axis: Int, _ graph: Graph, producers: [TensorID: Int]) {
        guard parts.count == 4, axis == 3 else { return nil }
        var sources: Set<TensorID> = [], seen: Set<Int> = []
        phases = []
        for part in parts {
            guard let index = producers[part], case .slice(let starts, let steps) = graph.nodes[index].operation,
                  steps == [1, 2, 2, 1], starts[0] == 0, starts[3] == 0, starts[1] < 2, starts[2] < 2 else { return nil }
            let input = graph.nodes[index].inputs[0], whole = graph.tensors[input].shape, half = graph.tensors[part].shape
            guard whole == [half[0], 2 * half[1], 2 * half[2], half[3]] else { return nil }
            sources.insert(input)
            seen.insert(starts[1] * 2 + starts[2])
            phases.append((starts[1], starts[2]))
        }
        guard sources.count == 1, seen.count == 4, let source = sources.first else { return nil }
        self.source = source
        channels = graph.tensors[source].shape[3]
    }

    func window(_ window: Window) -> Window {
        let padding = window.padding
        return Window(kernel: (2 * window.kernel.0, 2 * window.kernel.1), stride: (2, 2),
                      padding: Padding(top: 2 * padding.top, left: 2 * padding.left, bottom: 2 * padding.bottom, right: 2 * padding.right))
    }

    /// `shape`: (rows, 4 * channels, height, width) as ONNX has it; the result is (rows, 2 height, 2 width, channels).
    func weights(_ values: [Float], shape: [Int]) -> (shape: [Int], floats: [Float]) {
        let (rows, depth, height, width) = (shape[0], shape[1], shape[2], shape[3])
        let large = [rows, 2 * height, 2 * width, channels]
        var result = [Float](repeating: 0, count: values.count)
        for row in 0..<rows {
            for (part, phase) in phases.enumerated() {
                for channel in 0..<channels {
                    for y in 0..<height {
                        for x in 0..<width {
                            let from = ((row * depth + part * channels + channel) * height + y) * width + x
                            let to = ((row * large[1] + 2 * y + phase.y) * large[2] + 2 * x + phase.x) * channels + channel
                            result[to] = values[from]
                        }
                    }
                }
            }
        }
        return (large, result)
    }
}
