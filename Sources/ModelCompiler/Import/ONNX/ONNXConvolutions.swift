import Nest
import Platform

/// Operators with windows.
extension ONNXImporter {
    mutating func convolution(_ node: ONNXNode) throws {
        let input = try value(node, 0), weights = try constant(node, 1), rank = input.shape.count
        guard rank == 3 || rank == 4, weights.shape.count == rank, let floats = weights.floats, !floats.isEmpty else {
            throw Failure(.unsupported, "weights of shape \(weights.shape) over \(input.shape); convolutions along one or two axes work")
        }
        let x = try channelsLast(input, node.name + "/channels_last")
        let w = weights.shape, kernel = rank == 3 ? (1, w[2]) : (w[2], w[3])
        if let said = node.attributes["kernel_shape"]?.integers, said != Array(w[2...]) {
            throw Failure(.badFormat, "a kernel of \(said.prefix(8)) with weights of shape \(w)")
        }
        let image = rank == 3 ? try append(node.name + "/image", .reshape, [x.id], declared: [x.stored[0], 1, x.stored[1], x.stored[2]])
            : x.id
        let channels = x.shape[1], group = node.integer("group", 1)
        var window = try window(node, kernel: kernel, over: graph.tensors[image].shape)
        let bias = try optional(node, 2).map { try tensor($0, node.name + ".bias") } ?? -1

        let y: TensorID
        if group == 1, let focus = focuses[image], window.stride == (1, 1), window.dilation == (1, 1), w[1] == channels {
            // Slicing into four phases and convolving is one convolution of twice the kernel and stride.
            let enlarged = focus.weights(floats, shape: w)
            window = focus.window(window)
            let id = try addConstant(node.inputs[1], shape: enlarged.shape, enlarged.floats)
            y = try append(node.name, .convolution(window, .none), [focus.source, id, bias])
        } else if group == 1 {
            let id = try addConstant(node.inputs[1], shape: [w[0], kernel.0, kernel.1, w[1]],
                                     ONNXImporter.moved(floats, rows: w[0], depth: w[1]))
            keepQuantization(id, of: node.inputs[1], from: 0, to: 0)
            y = try append(node.name, .convolution(window, .none), [image, id, bias])
        } else if group == channels, w[1] == 1, w[0] % group == 0 {
            let area = kernel.0 * kernel.1
            let values = (0..<floats.count).map { floats[$0 % w[0] * area + $0 / w[0]] }
            let id = try addConstant(node.inputs[1], shape: [1, kernel.0, kernel.1, w[0]], values)
            keepQuantization(id, of: node.inputs[1], from: 0, to: 3)
            y = try append(node.name, .depthwiseConvolution(window, multiplier: w[0] / group, .none), [image, id, bias])
        } else {
            y = try groupedConvolution(node, image, window, floats, w, group: group)
        }
        let stored = graph.tensors[y].shape
        let result = rank == 3 ? try append(node.name + "/sequence", .reshape, [y], declared: [stored[0], stored[2], stored[3]]) : y
        let shape = rank == 3 ? [stored[0], stored[3], stored[2]] : [stored[0], stored[3], stored[1], stored[2]]
        set(node, ONNXValue(shape: shape, id: result, isChannelsLast: true))
    }

    /// Weights from (rows, depth, area) to (rows, area, depth).
    static func moved(_ values: [Float], rows: Int, depth: Int) -> [Float] {
        let area = values.count / max(rows * depth, 1)
        return (0..<values.count).map { values[($0 / (area * depth) * depth + $0 % depth) * area + $0 / depth % area] }
    }

    mutating func batchNormalization(_ node: ONNXNode) throws {
        guard node.outputs.count == 1 else { throw Failure(.unsupported, "batch normalisation in training mode") }
        let x = try channelsLast(value(node, 0), node.name + "/channels_last")
        guard x.shape.count >= 2 else { throw Failure(.badFormat, "batch normalisation of \(x.shape)") }
        let parameters = try (1...4).map { try tensor(ONNXValue(constant: constant(node, $0)), node.inputs[$0]) }
        let y = try append(node.name, .batchNormalization(epsilon: node.float("epsilon", 1e-5)), [x.id] + parameters)
        set(node, ONNXValue(shape: x.shape, id: y, isChannelsLast: x.isChannelsLast))
    }

    mutating func set(_ node: ONNXNode, image id: TensorID) {
        let stored = graph.tensors[id].shape
        set(node, ONNXValue(shape: [stored[0], stored[3], stored[1], stored[2]], id: id, isChannelsLast: true))
    }

    /// The window's attributes; along one axis, height is 1.
    func window(_ node: ONNXNode, kernel: (Int, Int), over stored: [Int]) throws -> Window {
        let isSequence = node.attributes["strides"]?.integers.count == 1 || node.attributes["pads"]?.integers.count == 2
            || node.attributes["dilations"]?.integers.count == 1 || node.attributes["kernel_shape"]?.integers.count == 1
        func pair(_ name: String) throws -> (Int, Int) {
            let list = node.attributes[name]?.integers ?? []
            if list.isEmpty { return (1, 1) }
            guard list.count == (isSequence ? 1 : 2) else { throw Failure(.badFormat, "\(name) of \(list.count) numbers") }
            return isSequence ? (1, list[0]) : (list[0], list[1])
        }
        let stride = try pair("strides"), dilation = try pair("dilations")
        guard [kernel.0, kernel.1, stride.0, stride.1, dilation.0, dilation.1].allSatisfy({ (1...Limits.window).contains($0) }) else {
            throw Failure(.badFormat, "kernel \(kernel), stride \(stride), dilation \(dilation)")
        }
        var padding = Padding()
        switch node.text("auto_pad", "NOTSET") {
        case "NOTSET", "":
            let pads = node.attributes["pads"]?.integers ?? []
            guard pads.isEmpty || pads.count == (isSequence ? 2 : 4), pads.allSatisfy({ (0...Limits.window).contains($0) }) else {
                throw Failure(.badFormat, "pads \(pads.prefix(8))")
            }
            if pads.count == 4 { padding = Padding(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3]) }
            if pads.count == 2 { padding = Padding(left: pads[0], right: pads[1]) }
        case "VALID": break
        case "SAME_UPPER": padding = .same(input: (stored[1], stored[2]), kernel: kernel, stride: stride, dilation: dilation)
        case "SAME_LOWER":
            // The odd pixel at the top and left.
            let other = Padding.same(input: (stored[1], stored[2]), kernel: kernel, stride: stride, dilation: dilation)
            padding = Padding(top: other.bottom, left: other.right, bottom: other.top, right: other.left)
        case let mode: throw Failure(.unsupported, "padding '\(mode.prefix(40))'")
        }
        return Window(kernel: kernel, stride: stride, dilation: dilation, padding: padding)
    }
}
