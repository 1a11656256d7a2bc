import Nest
import Platform

extension ONNXImporter {
    mutating func transposedConvolution(_ node: ONNXNode) throws {
        let input = try value(node, 0), weights = try constant(node, 1), rank = input.shape.count, w = weights.shape
        guard rank == 3 || rank == 4, w.count == rank, w[0] == input.shape[1], let floats = weights.floats, !floats.isEmpty else {
            throw Failure(.unsupported, "weights of shape \(w) over \(input.shape); convolutions along one or two axes work")
        }
        guard node.integer("group", 1) == 1 else { throw Failure(.unsupported, "\(node.integer("group", 1)) groups; 1 works") }
        let spatial = rank - 2
        func list(_ name: String, _ none: Int, count: Int) throws -> [Int] {
            let given = node.attributes[name]?.integers ?? []
            guard given.isEmpty || given.count == count, given.allSatisfy({ (0...Limits.window).contains($0) }) else {
                throw Failure(.badFormat, "\(name) \(given.prefix(8))")
            }
            return given.isEmpty ? Array(repeating: none, count: count) : given
        }
        let stride = try list("strides", 1, count: spatial), dilation = try list("dilations", 1, count: spatial)
        guard try list("kernel_shape", 1, count: spatial) == Array(w[2...]) || node.attributes["kernel_shape"] == nil,
              (stride + dilation).allSatisfy({ (1...64).contains($0) }) else { throw Failure(.badFormat, "a kernel unlike its weights") }
        let extra = try list("output_padding", 0, count: spatial), pads = try list("pads", 0, count: 2 * spatial)
        let wanted = node.attributes["output_shape"]?.integers.suffix(spatial), mode = node.text("auto_pad", "NOTSET")
        guard ["NOTSET", "", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(mode) else { throw Failure(.unsupported, "padding '\(mode)'") }
        var before: [Int] = [], output: [Int] = []
        for axis in 0..<spatial {
            let size = input.shape[axis + 2]
            let full = stride[axis] * (size - 1) + extra[axis] + (w[axis + 2] - 1) * dilation[axis] + 1
            let target = wanted.map { $0[$0.startIndex + axis] } ?? (mode.hasPrefix("SAME") ? size * stride[axis] : nil)
            guard let target else {
                before.append(mode == "VALID" ? 0 : pads[axis])
                output.append(full - (mode == "VALID" ? 0 : pads[axis] + pads[spatial + axis]))
                continue
            }
            let total = max(0, full - target)
            before.append(mode == "SAME_UPPER" ? total / 2 : total - total / 2)
            output.append(target)
        }
        guard output.allSatisfy({ (1...1 << 20).contains($0) }) else { throw Failure(.badFormat, "a result of \(output)") }
        try transposed(node, input, floats, w, stride, dilation, before, output)
    }

    private mutating func transposed(_ node: ONNXNode, _ input: ONNXValue, _ floats: [Float], _ w: [Int], _ stride: [Int],
                                     _ dilation: [Int], _ before: [Int], _ output: [Int]) throws {
        func pair(_ list: [Int], _ first: Int) -> (Int, Int) { list.count == 1 ? (first, list[0]) : (list[0], list[1]) }
        let x = try channelsLast(input, node.name + "/channels_last"), s = x.stored, isSequence = s.count == 3
        let image = isSequence ? try append(node.name + "/image", .reshape, [x.id], declared: [s[0], 1, s[1], s[2]]) : x.id
        let kernel = pair(Array(w[2...]), 1), (inputs, outputs, area) = (w[0], w[1], kernel.0 * kernel.1)
        // From (inputs, outputs, area) to (outputs, area turned by half, inputs).
        try budget.charge(4 * floats.count)
        let turned = (0..<floats.count).map { index in
            floats[(index % inputs * outputs + index / inputs / area) * area + area - 1 - index / inputs % area]
        }
        let id = try addConstant(node.inputs[1], shape: [outputs, kernel.0, kernel.1, inputs], turned)
        let bias = try optional(node, 2).map { try tensor($0, node.name + ".bias") } ?? -1
        let (source, window) = try graph.addTransposedWindow(image, kernel: kernel, stride: pair(stride, 1), dilation: pair(dilation, 1),
                                                             padding: pair(before, 0), output: pair(output, 1), name: node.name)
        let y = try append(node.name, .convolution(window, .none), [source, id, bias]), stored = graph.tensors[y].shape
        let result = isSequence ? try append(node.name + "/sequence", .reshape, [y], declared: [stored[0], stored[2], stored[3]]) : y
        set(node, ONNXValue(shape: [s[0], outputs] + output, id: result, isChannelsLast: true))
    }

    /// Convolutions of groups of channels, side by side.
    mutating func groupedConvolution(_ node: ONNXNode, _ image: TensorID, _ window: Window, _ floats: [Float], _ w: [Int],
                                     group: Int) throws -> TensorID {
        let shape = graph.tensors[image].shape, kernel = window.kernel, rows = w[0] / group, depth = w[1]
        guard group > 0, group <= 1024, w[0] % group == 0, depth * group == shape[3] else {
            throw Failure(.badFormat, "\(group) groups over \(shape[3]) channels with weights \(w)")
        }
        let bias = try optional(node, 2) == nil ? nil : try constant(node, 2).reals
        guard bias == nil || bias?.count == w[0] else { throw Failure(.badFormat, "a bias of \(bias?.count ?? 0) for weights \(w)") }
        let size = rows * depth * kernel.0 * kernel.1
        let parts = try (0..<group).map { part -> TensorID in
            let name = "\(node.name)/group\(part)"
            let channels = try append(name + "/channels", .slice(starts: [0, 0, 0, part * depth], steps: [1, 1, 1, 1]), [image],
                                      declared: [shape[0], shape[1], shape[2], depth])
            let weights = ONNXImporter.moved(Array(floats[part * size..<(part + 1) * size]), rows: rows, depth: depth)
            let id = try addConstant(name + "/weights", shape: [rows, kernel.0, kernel.1, depth], weights)
            let own = try bias.map { try addConstant(name + "/bias", shape: [rows], Array($0[part * rows..<(part + 1) * rows])) } ?? -1
            return try append(name, .convolution(window, .none), [channels, id, own])
        }
        return try append(node.name, .concatenate(axis: 3, .none), parts)
    }
}
