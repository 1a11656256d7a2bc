import Nest
import Platform

/// Maxima and means over windows.
extension ONNXImporter {
    mutating func maxPool(_ node: ONNXNode) throws {
        let x = try pooled(node)
        var window = try poolWindow(node, x)
        let over = try overhang(node, window, x.stored)
        guard window.dilation == (1, 1) else { return try dilated(node, x, window, over, weights: nil) }
        widen(&window, by: over)
        try setPooled(node, append(node.name, .maxPool(window, .none), [x.id]))
    }

    mutating func averagePool(_ node: ONNXNode) throws {
        let x = try pooled(node)
        var window = try poolWindow(node, x), countsPadding = node.integer("count_include_pad", 0) != 0
        let over = try overhang(node, window, x.stored)
        guard window.dilation == (1, 1) else { return try dilated(node, x, window, over, weights: countsPadding) }
        var source = x.id
        if countsPadding, over.bottom > 0 || over.right > 0 {
            // What a rounded-up size hangs over the padding counts for nothing, so padding that counts has to be there.
            let padding = window.padding
            if padding != Padding() {
                source = try append(node.name + "/padded", .pad(before: [0, padding.top, padding.left, 0],
                                                                after: [0, padding.bottom, padding.right, 0], value: 0), [source])
            }
            window.padding = Padding()
            countsPadding = false
        }
        widen(&window, by: over)
        try setPooled(node, append(node.name, .averagePool(window, countPadding: countsPadding, .none), [source]))
    }

    /// What is pooled, as an image; a sequence is one of a single row.
    private mutating func pooled(_ node: ONNXNode) throws -> ONNXValue {
        let x = try channelsLast(value(node, 0), node.name + "/channels_last"), s = x.stored
        guard node.outputs.dropFirst().allSatisfy(\.isEmpty) else {
            throw Failure(.unsupported, "the places of the maxima can't be computed")
        }
        if s.count == 3 {
            return ONNXValue(shape: [s[0], s[2], 1, s[1]], id: try append(node.name + "/image", .reshape, [x.id],
                                                                           declared: [s[0], 1, s[1], s[2]]), isChannelsLast: true)
        }
        guard s.count == 4 else { throw Failure(.unsupported, "pooling of \(x.shape); images and sequences work") }
        return x
    }

    /// The result, a sequence again where the input was one.
    private mutating func setPooled(_ node: ONNXNode, _ id: TensorID) throws {
        guard try value(node, 0).shape.count == 3 else { return set(node, image: id) }
        let s = graph.tensors[id].shape, y = try append(node.name + "/sequence", .reshape, [id], declared: [s[0], s[2], s[3]])
        set(node, ONNXValue(shape: [s[0], s[3], s[2]], id: y, isChannelsLast: true))
    }

    private func poolWindow(_ node: ONNXNode, _ x: ONNXValue) throws -> Window {
        let isSequence = try value(node, 0).shape.count == 3
        guard let kernel = node.attributes["kernel_shape"]?.integers, kernel.count == (isSequence ? 1 : 2) else {
            throw Failure(.badFormat, "a kernel that doesn't fit \(x.shape)")
        }
        return try window(node, kernel: isSequence ? (1, kernel[0]) : (kernel[0], kernel[1]), over: x.stored)
    }

    private func widen(_ window: inout Window, by over: (bottom: Int, right: Int)) {
        window.padding.bottom += over.bottom
        window.padding.right += over.right
    }

    /// What has to be added at the end where the size is rounded up (`ceil_mode`): until the last window fits, unless
    /// that would start behind the image.
    private func overhang(_ node: ONNXNode, _ window: Window, _ stored: [Int]) throws -> (bottom: Int, right: Int) {
        guard node.integer("ceil_mode", 0) != 0 else { return (0, 0) }
        func over(_ size: Int, _ before: Int, _ after: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
            let room = size + before + after - (kernel - 1) * dilation - 1, rest = room % stride
            guard room > 0, rest > 0, (room / stride + 1) * stride < size + before else { return 0 }
            return stride - rest
        }
        let padding = window.padding
        return (over(stored[1], padding.top, padding.bottom, window.kernel.0, window.stride.0, window.dilation.0),
                over(stored[2], padding.left, padding.right, window.kernel.1, window.stride.1, window.dilation.1))
    }

    /// Windows with gaps, one axis after the other: what each tap of the kernel reads is a gather.
    ///
    /// - Parameter countsPadding: nil for maxima; for means whether padding counts.
    private mutating func dilated(_ node: ONNXNode, _ x: ONNXValue, _ window: Window, _ over: (bottom: Int, right: Int),
                                  weights countsPadding: Bool?) throws {
        var wide = window
        widen(&wide, by: over)
        let size = wide.output(height: x.stored[1], width: x.stored[2]), padding = window.padding
        var id = x.id
        for (axis, count, kernel, stride, dilation, before, after) in [
            (1, size.height, window.kernel.0, window.stride.0, window.dilation.0, padding.top, padding.bottom),
            (2, size.width, window.kernel.1, window.stride.1, window.dilation.1, padding.left, padding.right)] {
            let extent = x.stored[axis]
            guard count > 0, kernel * count <= 1 << 20 else { throw Failure(.badFormat, "a kernel of \(kernel) over \(x.stored)") }
            let places = (0..<kernel).map { tap in (0..<count).map { $0 * stride + tap * dilation - before } }
            func inside(_ index: Int) throws -> [Int] {
                let all = places.map { $0[index] }.filter { (0..<extent).contains($0) }
                guard !all.isEmpty else { throw Failure(.unsupported, "a window that sees nothing but padding") }
                return all
            }
            let windows = try (0..<count).map(inside)
            let name = "\(node.name)/axis\(axis)"
            guard let countsPadding else {
                // A tap outside reads again what another tap of its window reads: that changes no maximum.
                let taps = places.map { row in row.indices.map { (0..<extent).contains(row[$0]) ? row[$0] : windows[$0][0] } }
                id = try maximum(name, id, axis: axis, taps)
                continue
            }
            let divisors = (0..<count).map { index in
                countsPadding ? places.filter { $0[index] < extent + after }.count : windows[index].count
            }
            id = try weighted(name, id, axis: axis, places.map { row in
                row.indices.map { (0..<extent).contains(row[$0]) ? (row[$0], 1 / Float(divisors[$0])) : (windows[$0][0], 0) }
            })
        }
        try setPooled(node, id)
    }

    /// Each tap is three steps of the graph.
    private func requireFew(_ taps: Int) throws {
        guard taps <= 128 else { throw Failure(.unsupported, "\(taps) pixels for each of the result; at most 128 work") }
    }

    private mutating func maximum(_ name: String, _ id: TensorID, axis: Int, _ taps: [[Int]]) throws -> TensorID {
        try requireFew(taps.count)
        var result: TensorID?
        for (index, places) in taps.enumerated() {
            let part = try gather("\(name)/tap\(index)", id, places.map { Int32($0) }, axis: axis)
            result = try result.map { try append("\(name)/maximum\(index)", .binary(.maximum, .none), [$0, part]) } ?? part
        }
        return result ?? id
    }

    /// For each position along an axis the weighted sum of what its taps read. `taps`: for each tap, place and weight
    /// of each position of the result.
    mutating func weighted(_ name: String, _ id: TensorID, axis: Int, _ taps: [[(place: Int, weight: Float)]]) throws -> TensorID {
        try requireFew(taps.count)
        var result: TensorID?
        for (index, tap) in taps.enumerated() where tap.contains(where: { $0.weight != 0 }) {
            var part = try gather("\(name)/tap\(index)", id, tap.map { Int32($0.place) }, axis: axis)
            if tap.contains(where: { $0.weight != 1 }) {
                var shape = [1, 1, 1, 1]
                shape[axis] = tap.count
                let weights = try addConstant("\(name)/weights\(index)", shape: shape, tap.map(\.weight))
                part = try append("\(name)/product\(index)", .binary(.multiply, .none), [part, weights])
            }
            result = try result.map { try append("\(name)/sum\(index)", .binary(.add, .none), [$0, part]) } ?? part
        }
        return result ?? id
    }
}
