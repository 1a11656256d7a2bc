import Nest
import Platform

/// The output shapes that follow from an operation and its inputs' shapes, or a message saying why they don't fit.
/// Importers whose format leaves shapes out use them to fill in, `Graph.check` to compare.
enum ShapeRules {
    /// `inputs`: nil for an absent one. `declared`: for operations whose output shape isn't determined by the inputs
    /// (reshape, slice, resize), the shapes wanted; those are verified and returned.
    static func outputs(of operation: Operation, inputs: [[Int]?], declared: [[Int]]) throws -> [[Int]] {
        func input(_ index: Int) throws -> [Int] {
            guard index < inputs.count, let shape = inputs[index] else { throw Mismatch("input \(index) is absent") }
            return shape
        }
        func optional(_ index: Int) -> [Int]? { index < inputs.count ? inputs[index] : nil }

        switch operation {
        case .convolution(let window, _):
            return [try convolution(try input(0), try input(1), bias: optional(2), window)]
        case .depthwiseConvolution(let window, let multiplier, _):
            return [try depthwise(try input(0), try input(1), bias: optional(2), window, multiplier)]
        case .fullyConnected:
            return [try fullyConnected(try input(0), try input(1), bias: optional(2), declared: declared.first)]
        case .batchNormalization:
            let x = try input(0)
            for index in 1...4 where try input(index) != [x.last ?? 0] {
                throw Mismatch("parameter \(index) has the shape \(try input(index)) for \(x)")
            }
            return [x]
        case .binary:
            return [try broadcast(try input(0), try input(1))]
        case .unary, .quantize, .readState, .writeState:
            return [try input(0)]
        case .select:
            let condition = try input(0)
            guard try input(1) == condition, try input(2) == condition else {
                throw Mismatch("\(condition), \(try input(1)) and \(try input(2)) differ")
            }
            return [condition]
        case .argumentMaximum(let axis, let keep):
            return [try reduced(try input(0), [axis], keep)]
        case .averagePool(let window, _, _), .maxPool(let window, _):
            let x = try image(try input(0)), y = try sized(x, window, channels: x[3])
            guard window.sees(height: x[1], width: x[2]) else {
                throw Failure(.unsupported, "a window of \(window.kernel) over \(x) that sees nothing but padding has no value")
            }
            return [y]
        case .mean(let axes, let keep), .reduceMaximum(let axes, let keep):
            return [try reduced(try input(0), axes, keep)]
        case .softmax(let axis, _), .logSoftmax(let axis):
            let x = try input(0)
            guard x.indices.contains(axis) else { throw Mismatch("axis \(axis) of \(x)") }
            return [x]
        case .concatenate, .reshape, .transpose, .slice, .pad, .resize, .gather, .lookUp, .broadcast:
            return [try moved(operation, inputs, declared.first)]
        case .detectionPostprocess(let attributes):
            return try detection(boxes: try input(0), scores: try input(1), anchors: try input(2), attributes)
        case .gru(let layer):
            return try recurrent(inputs, layer, gates: 3, states: 1)
        case .lstm(let layer):
            return try recurrent(inputs, layer, gates: 4, states: 2)
        case .matrixMultiply:
            return [try product(try input(0), try input(1))]
        }
    }

    /// The shape of what an operation moves without computing anything; `wanted`: as `declared` above.
    private static func moved(_ operation: Operation, _ inputs: [[Int]?], _ wanted: [Int]?) throws -> [Int] {
        func input(_ index: Int) throws -> [Int] {
            guard index < inputs.count, let shape = inputs[index] else { throw Mismatch("input \(index) is absent") }
            return shape
        }
        func declared() throws -> [Int] {
            guard let wanted else { throw Mismatch("its output has no shape") }
            return wanted
        }

        switch operation {
        case .concatenate(let axis, _):
            return try concatenated(try inputs.indices.map(input), axis)
        case .reshape:
            let x = try input(0), y = try declared()
            guard try Limits.elements(x, of: "") == Limits.elements(y, of: "") else { throw Mismatch("\(x) can't become \(y)") }
            return y
        case .broadcast:
            let x = try input(0), y = try declared()
            guard y.count >= x.count, try broadcast(x, y) == y else { throw Mismatch("\(x) can't be repeated to \(y)") }
            return y
        case .transpose(let permutation):
            let x = try input(0)
            guard permutation.sorted() == Array(x.indices) else { throw Mismatch("the permutation \(permutation) of \(x)") }
            return permutation.map { x[$0] }
        case .slice(let starts, let steps):
            let x = try input(0), y = try declared()
            guard starts.count == x.count, steps.count == x.count, y.count == x.count else {
                throw Mismatch("\(x) to \(y) from \(starts) in steps \(steps)")
            }
            for axis in x.indices {
                let (span, overflow) = (y[axis] - 1).multipliedReportingOverflow(by: steps[axis])
                guard x.indices.contains(axis), (0..<x[axis]).contains(starts[axis]), !overflow, span > -x[axis], span < x[axis],
                      (0..<x[axis]).contains(starts[axis] + span) else { throw Mismatch("\(x) to \(y) from \(starts) in steps \(steps)") }
            }
            return y
        case .pad(let before, let after, _):
            let x = try input(0)
            guard before.count == x.count, after.count == x.count, (before + after).allSatisfy({ (0...1 << 20).contains($0) }) else {
                throw Mismatch("\(x) padded by \(before) and \(after)")
            }
            return x.indices.map { x[$0] + before[$0] + after[$0] }
        case .resize:
            let x = try image(try input(0)), y = try declared()
            guard y.count == 4, y[0] == x[0], y[3] == x[3] else { throw Mismatch("\(x) can't be resized to \(y)") }
            return y
        case .gather(let axis):
            let x = try input(0), indices = try input(1)
            guard x.indices.contains(axis) else { throw Mismatch("axis \(axis) of \(x)") }
            return Array(x[..<axis]) + indices + Array(x[(axis + 1)...])
        case .lookUp(let depth):
            let x = try input(0), indices = try input(1)
            guard indices.last == depth, (1...4).contains(depth), depth <= x.count else { throw Mismatch("indices \(indices) into \(x)") }
            return Array(indices.dropLast()) + Array(x[depth...])
        default:
            throw Mismatch("no operation that moves values")
        }
    }

    /// NumPy's rule; throws where two dimensions differ and neither is 1.
    static func broadcast(_ a: [Int], _ b: [Int]) throws -> [Int] {
        let rank = max(a.count, b.count)
        let left = Array(repeating: 1, count: rank - a.count) + a, right = Array(repeating: 1, count: rank - b.count) + b
        return try zip(left, right).map { x, y in
            guard x == y || x == 1 || y == 1 else { throw Mismatch("\(a) and \(b) don't broadcast") }
            return max(x, y)
        }
    }

    private static func Mismatch(_ text: String) -> Failure { Failure(.badFormat, text) }

    private static func image(_ shape: [Int]) throws -> [Int] {
        guard shape.count == 4 else { throw Mismatch("\(shape) isn't (batch, height, width, channels)") }
        return shape
    }

    private static func sized(_ x: [Int], _ window: Window, channels: Int) throws -> [Int] {
        let sizes = [window.kernel.0, window.kernel.1, window.stride.0, window.stride.1, window.dilation.0, window.dilation.1]
        let padding = [window.padding.top, window.padding.left, window.padding.bottom, window.padding.right]
        guard sizes.allSatisfy({ (1...Limits.window).contains($0) }), padding.allSatisfy({ (0...Limits.window).contains($0) }) else {
            throw Mismatch("kernel, stride, dilation \(sizes) or padding \(padding) is out of range")
        }
        let spans = ((window.kernel.0 - 1) * window.dilation.0 + 1, (window.kernel.1 - 1) * window.dilation.1 + 1)
        guard x[1] + padding[0] + padding[2] >= spans.0, x[2] + padding[1] + padding[3] >= spans.1 else {
            throw Mismatch("a kernel of \(spans.0) x \(spans.1) doesn't fit into \(x) with padding \(padding)")
        }
        let size = window.output(height: x[1], width: x[2])
        return [x[0], size.height, size.width, channels]
    }

    private static func convolution(_ x: [Int], _ w: [Int], bias: [Int]?, _ window: Window) throws -> [Int] {
        let x = try image(x)
        guard w.count == 4, w[1] == window.kernel.0, w[2] == window.kernel.1, w[3] == x[3] else {
            throw Mismatch("weights of shape \(w) for \(x)")
        }
        if let bias, bias.reduce(1, { $0 &* $1 }) != w[0] { throw Mismatch("bias of shape \(bias) for weights \(w)") }
        return try sized(x, window, channels: w[0])
    }

    private static func depthwise(_ x: [Int], _ w: [Int], bias: [Int]?, _ window: Window, _ multiplier: Int) throws -> [Int] {
        let x = try image(x)
        let (channels, overflow) = x[3].multipliedReportingOverflow(by: multiplier)
        guard w.count == 4, w[0] == 1, w[1] == window.kernel.0, w[2] == window.kernel.1, !overflow, multiplier > 0, w[3] == channels else {
            throw Mismatch("depthwise weights of shape \(w) for \(x)")
        }
        if let bias, bias.reduce(1, { $0 &* $1 }) != channels { throw Mismatch("bias of shape \(bias) for weights \(w)") }
        return try sized(x, window, channels: channels)
    }

    private static func fullyConnected(_ x: [Int], _ w: [Int], bias: [Int]?, declared: [Int]?) throws -> [Int] {
        let elements = try Limits.elements(x, of: "")
        guard w.count == 2, elements % w[1] == 0 else { throw Mismatch("weights of shape \(w) for \(x)") }
        if let bias, bias.reduce(1, { $0 &* $1 }) != w[0] { throw Mismatch("bias of shape \(bias) for weights \(w)") }
        let rows = elements / w[1]
        if let declared {
            guard declared.last == w[0], try Limits.elements(declared, of: "") == rows * w[0] else {
                throw Mismatch("output \(declared) of \(x) by \(w)")
            }
            return declared
        }
        return x.last == w[1] ? x.dropLast() + [w[0]] : [rows, w[0]]
    }

    private static func reduced(_ x: [Int], _ axes: [Int], _ keep: Bool) throws -> [Int] {
        guard !axes.isEmpty, Set(axes).count == axes.count, axes.allSatisfy(x.indices.contains) else {
            throw Mismatch("axes \(axes) of \(x)")
        }
        return x.indices.compactMap { axes.contains($0) ? (keep ? 1 : nil) : x[$0] }
    }

    private static func concatenated(_ parts: [[Int]], _ axis: Int) throws -> [Int] {
        guard var result = parts.first, result.indices.contains(axis) else {
            throw Mismatch("concatenation along axis \(axis) of \(parts)")
        }
        for part in parts.dropFirst() {
            guard part.count == result.count, part.indices.allSatisfy({ $0 == axis || part[$0] == result[$0] }) else {
                throw Mismatch("\(part) doesn't fit beside \(result) along axis \(axis)")
            }
            result[axis] += part[axis]
            _ = try Limits.elements(result, of: "")
        }
        return result
    }

    private static func detection(boxes: [Int], scores: [Int], anchors: [Int], _ attributes: DetectionAttributes) throws -> [[Int]] {
        let detections = Int(attributes.maximumDetections), perBox = Int(attributes.maximumClassesPerDetection)
        guard boxes.count == 3, boxes[0] == 1, boxes[2] >= 4, scores.count == 3, scores[0] == 1, scores[1] == boxes[1],
              anchors == [boxes[1], 4], attributes.classes > 0, (0...1).contains(scores[2] - Int(attributes.classes)),
              (1...4096).contains(detections), (1...4096).contains(perBox), attributes.detectionsPerClass > 0 else {
            throw Mismatch("boxes \(boxes), scores \(scores) and anchors \(anchors) for \(attributes.classes) classes and \(detections) "
                           + "detections")
        }
        let rows = detections * perBox
        return [[1, rows, 4], [1, rows], [1, rows], [1]]
    }

    private static func recurrent(_ inputs: [[Int]?], _ layer: RecurrentLayer, gates: Int, states: Int) throws -> [[Int]] {
        let hidden = layer.hidden
        guard (1...1 << 16).contains(hidden), inputs.count >= 3, let x = inputs[0], x.count == 3, let w = inputs[1], let r = inputs[2],
              w == [gates * hidden, x[2]], r == [gates * hidden, hidden] else { throw Mismatch("\(inputs) for \(hidden) hidden units") }
        for case let bias? in inputs.dropFirst(3).prefix(2) where bias != [gates * hidden] {
            throw Mismatch("bias \(bias) for \(hidden) hidden units")
        }
        for case let state? in inputs.dropFirst(5) where state != [x[1], hidden] {
            throw Mismatch("state \(state) for \(hidden) hidden units")
        }
        return [[x[0], x[1], hidden]] + Array(repeating: [x[1], hidden], count: states)
    }

    private static func product(_ a: [Int], _ b: [Int]) throws -> [Int] {
        guard a.count >= 2, b.count >= 2, a[a.count - 1] == b[b.count - 2] else { throw Mismatch("matrices \(a) and \(b)") }
        return try broadcast(Array(a.dropLast(2)), Array(b.dropLast(2))) + [a[a.count - 2], b[b.count - 1]]
    }
}
