import Nest
import Platform

/// Operators that put elements elsewhere, or there several times.
extension ONNXImporter {
    mutating func expand(_ node: ONNXNode) throws {
        let x = try plain(value(node, 0), node.name + "/plain")
        guard let wanted = try constant(node, 1).integers, wanted.count <= Limits.rank else {
            throw Failure(.unsupported, "a shape that isn't whole numbers")
        }
        let shape = try ShapeRules.broadcast(x.shape, wanted)
        _ = try Limits.elements(shape, of: node.name)
        guard shape != x.shape else { return set(node, x) }
        set(node, ONNXValue(shape: shape, id: try append(node.name, .broadcast, [tensor(x, node.name + "/constant")], declared: shape),
                            isChannelsLast: false))
    }

    /// Each axis several times, one after another: an axis of 1 before it is repeated.
    mutating func tile(_ node: ONNXNode) throws {
        let x = try plain(value(node, 0), node.name + "/plain")
        guard let times = try constant(node, 1).integers, times.count == x.shape.count, 2 * times.count <= Limits.rank,
              times.allSatisfy({ (1...1 << 20).contains($0) }) else {
            throw Failure(.unsupported, "repetitions that don't fit \(x.shape)")
        }
        let seen = try append(node.name + "/split", .reshape, [tensor(x, node.name + "/constant")], declared: x.shape.flatMap { [1, $0] })
        let many = try append(node.name + "/repeated", .broadcast, [seen], declared: zip(times, x.shape).flatMap { [$0, $1] })
        let shape = zip(times, x.shape).map { $0 * $1 }
        set(node, ONNXValue(shape: shape, id: try append(node.name, .reshape, [many], declared: shape), isChannelsLast: false))
    }

    mutating func depthToSpace(_ node: ONNXNode) throws {
        let x = try channelsLast(value(node, 0), node.name + "/channels_last"), block = node.integer("blocksize", 0), s = x.stored
        guard s.count == 4, (1...4096).contains(block), s[3] % (block * block) == 0 else {
            throw Failure(.badFormat, "blocks of \(block) from \(x.shape)")
        }
        let depth = s[3] / block / block
        let split: [Int], order: [Int]
        switch node.text("mode", "DCR") {
        case "DCR": (split, order) = ([s[0], s[1], s[2], block, block, depth], [0, 1, 3, 2, 4, 5])
        case "CRD": (split, order) = ([s[0], s[1], s[2], depth, block, block], [0, 1, 4, 2, 5, 3])
        case let mode: throw Failure(.unsupported, "mode '\(mode.prefix(40))'")
        }
        try rearrange(node, x.id, split, order, to: [s[0], s[1] * block, s[2] * block, depth])
    }

    mutating func spaceToDepth(_ node: ONNXNode) throws {
        let x = try channelsLast(value(node, 0), node.name + "/channels_last"), block = node.integer("blocksize", 0), s = x.stored
        guard s.count == 4, (1...4096).contains(block), s[1] % block == 0, s[2] % block == 0 else {
            throw Failure(.badFormat, "blocks of \(block) from \(x.shape)")
        }
        try rearrange(node, x.id, [s[0], s[1] / block, block, s[2] / block, block, s[3]], [0, 1, 3, 2, 4, 5],
                      to: [s[0], s[1] / block, s[2] / block, s[3] * block * block])
    }

    private mutating func rearrange(_ node: ONNXNode, _ x: TensorID, _ split: [Int], _ order: [Int], to stored: [Int]) throws {
        let seen = try append(node.name + "/split", .reshape, [x], declared: split)
        let moved = try append(node.name + "/moved", .transpose(permutation: order), [seen])
        set(node, image: try append(node.name, .reshape, [moved], declared: stored))
    }
}
