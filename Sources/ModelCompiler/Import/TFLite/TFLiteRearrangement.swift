import Nest
import Platform

/// Operators that only put elements elsewhere: between pixels, channels and images, or several times.
extension TFLiteImporter {
    mutating func depthToSpace(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), block = Int(try item.options?.integer(0, default: Int32(0)) ?? 0), s = shape(x)
        guard s.count == 4, block > 0, s[3] % (block * block) == 0 else { throw Failure(.badFormat, "blocks of \(block) from \(s)") }
        try rearrange(item, x, [s[0], s[1], s[2], block, block, s[3] / block / block], [0, 1, 3, 2, 4, 5])
    }

    mutating func spaceToDepth(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), block = Int(try item.options?.integer(0, default: Int32(0)) ?? 0), s = shape(x)
        guard s.count == 4, block > 0, s[1] % block == 0, s[2] % block == 0 else {
            throw Failure(.badFormat, "blocks of \(block) from \(s)")
        }
        try rearrange(item, x, [s[0], s[1] / block, block, s[2] / block, block, s[3]], [0, 1, 3, 2, 4, 5])
    }

    mutating func spaceToBatch(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), blocks = try integers(item, 1), amounts = try integers(item, 2), s = shape(x), spatial = blocks.count
        guard spatial > 0, s.count > spatial, amounts.count == 2 * spatial, blocks.allSatisfy({ (1...4096).contains($0) }),
              amounts.allSatisfy({ (0...4096).contains($0) }) else {
            throw Failure(.badFormat, "blocks \(blocks) and paddings \(amounts) of \(s)")
        }
        var before = s.map { _ in 0 }, after = before
        for axis in 0..<spatial { (before[axis + 1], after[axis + 1]) = (amounts[2 * axis], amounts[2 * axis + 1]) }
        var padded = graph.tensors[x]
        padded.shape = s.indices.map { s[$0] + before[$0] + after[$0] }
        padded.constant = nil
        let image = padded.shape == s ? x : graph.addNode(item.name + "/padded", .pad(before: before, after: after, value: 0), inputs: [x],
                                                          output: padded)
        let p = padded.shape
        guard (0..<spatial).allSatisfy({ p[$0 + 1] % blocks[$0] == 0 }) else { throw Failure(.badFormat, "blocks \(blocks) of \(p)") }
        var split = [p[0]], order: [Int] = []
        for axis in 0..<spatial {
            split += [p[axis + 1] / blocks[axis], blocks[axis]]
            order.append(2 * axis + 2)
        }
        order.append(0)
        for axis in 0..<spatial { order.append(2 * axis + 1) }
        order += Array(split.count..<split.count + p.count - spatial - 1)
        split += p[(spatial + 1)...]
        try rearrange(item, image, split, order)
    }

    mutating func batchToSpace(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), blocks = try integers(item, 1), crops = try integers(item, 2), s = shape(x), spatial = blocks.count
        let images = blocks.reduce(1, { $0 &* $1 })
        guard spatial > 0, s.count > spatial, crops.count == 2 * spatial, blocks.allSatisfy({ (1...4096).contains($0) }), images > 0,
              s[0] % images == 0, crops.allSatisfy({ (0...4096).contains($0) }) else {
            throw Failure(.badFormat, "blocks \(blocks) and crops \(crops) of \(s)")
        }
        let split: [Int] = blocks + [s[0] / images] + s[1...]
        var order = [spatial]
        for axis in 0..<spatial { order += [spatial + 1 + axis, axis] }
        order += Array(2 * spatial + 1..<split.count)
        guard crops.contains(where: { $0 != 0 }) else { return try rearrange(item, x, split, order) }
        var whole = graph.tensors[x]
        whole.shape[0] = s[0] / images
        for axis in 0..<spatial { whole.shape[axis + 1] = s[axis + 1] * blocks[axis] }
        whole.constant = nil
        let id = graph.addTensor(whole)
        rearrange(item, x, split, order, into: id)
        var starts = s.map { _ in 0 }
        for axis in 0..<spatial { starts[axis + 1] = crops[2 * axis] }
        try add(item, .slice(starts: starts, steps: starts.map { _ in 1 }), inputs: [id], outputs: [output(item)])
    }

    private mutating func rearrange(_ item: TFLiteOperator, _ x: TensorID, _ split: [Int], _ order: [Int]) throws {
        rearrange(item, x, split, order, into: try output(item))
    }

    /// Seen as `split`, with its axes in another order, seen as the result's shape.
    private mutating func rearrange(_ item: TFLiteOperator, _ x: TensorID, _ split: [Int], _ order: [Int], into y: TensorID) {
        var parts = graph.tensors[x]
        parts.constant = nil
        parts.shape = split
        let seen = graph.addNode(item.name + "/split", .reshape, inputs: [x], output: parts)
        parts.shape = order.map { split[$0] }
        let moved = graph.addNode(item.name + "/moved", .transpose(permutation: order), inputs: [seen], output: parts)
        add(item, .reshape, inputs: [moved], outputs: [y])
    }

    /// Each axis several times, one after another: an axis of 1 before it is repeated.
    mutating func tile(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), times = try integers(item, 1), s = shape(x)
        guard times.count == s.count, times.allSatisfy({ (1...1 << 20).contains($0) }), 2 * s.count <= Limits.rank else {
            throw Failure(.unsupported, "\(s) repeated \(times) times")
        }
        var parts = graph.tensors[x]
        parts.constant = nil
        parts.shape = s.flatMap { [1, $0] }
        let seen = graph.addNode(item.name + "/split", .reshape, inputs: [x], output: parts)
        parts.shape = zip(times, s).flatMap { [$0, $1] }
        _ = try Limits.elements(parts.shape, of: item.name)
        let repeated = graph.addNode(item.name + "/repeated", .broadcast, inputs: [seen], output: parts)
        try add(item, .reshape, inputs: [repeated], outputs: [output(item)])
    }

    /// Reflection reads elements again: a gather along each padded axis.
    mutating func mirrorPad(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), amounts = try integers(item, 1), s = shape(x)
        // REFLECT leaves the edge itself out, SYMMETRIC has it twice.
        let isSymmetric = try item.options?.integer(0, default: Int8(0)) ?? 0 == 1, edge = isSymmetric ? 0 : 1
        guard amounts.count == 2 * s.count else { throw Failure(.badFormat, "\(amounts.count) amounts for \(s)") }
        var current = x
        let padded = s.indices.filter { amounts[2 * $0] != 0 || amounts[2 * $0 + 1] != 0 }
        guard let last = padded.last else { throw Failure(.unsupported, "it pads nothing") }
        for axis in padded {
            let (before, after) = (amounts[2 * axis], amounts[2 * axis + 1])
            guard before >= 0, after >= 0, max(before, after) <= s[axis] - edge else {
                throw Failure(.badFormat, "a reflection of \(before) and \(after) of \(s)")
            }
            try budget.charge(4 * (before + s[axis] + after))
            let places = (-before..<s[axis] + after).map { place -> Int32 in
                Int32(place < 0 ? -place - 1 + edge : place >= s[axis] ? 2 * s[axis] - place - 1 - edge : place)
            }
            let indices = graph.addTensor(GraphTensor(name: "\(item.name)/places\(axis)", shape: [places.count], type: .int32,
                                                      constant: places.littleEndianBytes))
            if axis == last {
                try add(item, .gather(axis: axis), inputs: [current, indices], outputs: [output(item)])
            } else {
                var wider = graph.tensors[current]
                wider.shape[axis] = places.count
                wider.constant = nil
                current = graph.addNode("\(item.name)/axis\(axis)", .gather(axis: axis), inputs: [current, indices], output: wider)
            }
        }
    }

    mutating func unpack(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), count = Int(try item.options?.integer(0, default: Int32(0)) ?? 0)
        let raw = Int(try item.options?.integer(1, default: Int32(0)) ?? 0), axis = raw < 0 ? raw + shape(x).count : raw
        guard shape(x).indices.contains(axis), count == shape(x)[axis], item.outputs.count == count else {
            throw Failure(.badFormat, "\(count) parts along axis \(raw) of \(shape(x))")
        }
        for index in item.outputs.indices {
            var part = graph.tensors[x], starts = shape(x).map { _ in 0 }
            part.shape[axis] = 1
            part.constant = nil
            starts[axis] = index
            let row = graph.addNode("\(item.name)/part\(index)", .slice(starts: starts, steps: starts.map { _ in 1 }), inputs: [x],
                                    output: part)
            try add(item, .reshape, inputs: [row], outputs: [output(item, index)])
        }
    }

    /// Products of two tensors of matrices; either may come transposed.
    mutating func batchProduct(_ item: TFLiteOperator) throws {
        var sides = [try input(item, 0), try input(item, 1)]
        guard sides.allSatisfy({ graph.tensors[$0].type == .float32 }) else { throw Failure(.unsupported, "elements that aren't float32") }
        for index in 0..<2 where try item.options?.bool(index) ?? false {
            var turned = graph.tensors[sides[index]], order = Array(turned.shape.indices)
            guard order.count >= 2 else { throw Failure(.badFormat, "a matrix of shape \(turned.shape)") }
            order.swapAt(order.count - 1, order.count - 2)
            turned.shape.swapAt(order.count - 1, order.count - 2)
            turned.constant = nil
            sides[index] = graph.addNode("\(item.name)/turned\(index)", .transpose(permutation: order), inputs: [sides[index]],
                                         output: turned)
        }
        try add(item, .matrixMultiply, inputs: sides, outputs: [output(item)])
    }
}
