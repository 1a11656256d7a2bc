import Nest
import Platform

/// Resizing along one axis.
private struct ONNXResample {
    var from: Int, to: Int
    /// Of the output to the input.
    var scale: Float
    /// coordinate_transformation_mode.
    var place: String

    /// The scale is that of the sizes, as the instruction computes it.
    var isRatio: Bool { scale == Float(to) / Float(from) }
    var isIdentity: Bool { from == to && scale == 1 }

    /// Where an output pixel lies in the input.
    func coordinate(_ index: Int) throws -> Float {
        let x = Float(index)
        switch place {
        case "half_pixel": return (x + 0.5) / scale - 0.5
        case "pytorch_half_pixel": return to > 1 ? (x + 0.5) / scale - 0.5 : 0
        case "half_pixel_symmetric":
            let middle = Float(from) / 2
            return middle * (1 - Float(to) / (scale * Float(from))) + (x + 0.5) / scale - 0.5
        case "tf_half_pixel_for_nn": return (x + 0.5) / scale
        case "asymmetric": return x / scale
        case "align_corners": return to > 1 ? x * Float(from - 1) / Float(to - 1) : 0
        default: throw Failure(.unsupported, "coordinate_transformation_mode '\(place.prefix(40))'")
        }
    }

    func nearest(_ index: Int, rounding: String) throws -> Int {
        let x = try coordinate(index)
        let rounded: Float
        switch rounding {
        case "round_prefer_floor": rounded = (x - 0.5).rounded(.up)
        case "round_prefer_ceil": rounded = (x + 0.5).rounded(.down)
        case "floor": rounded = x.rounded(.down)
        case "ceil": rounded = x.rounded(.up)
        default: throw Failure(.unsupported, "nearest_mode '\(rounding.prefix(40))'")
        }
        return Int(min(max(rounded, 0), Float(from - 1)))
    }

    /// The two pixels that each output pixel lies between.
    func linear() throws -> [[(place: Int, weight: Float)]] {
        let pairs = try (0..<to).map { index -> [(place: Int, weight: Float)] in
            let x = min(max(try coordinate(index), 0), Float(from - 1)), first = Int(x), second = min(first + 1, from - 1)
            let fraction = x - Float(first)
            return [(first, 1 - fraction), (second, fraction)]
        }
        return [pairs.map { $0[0] }, pairs.map { $0[1] }]
    }

    /// The four pixels around each output pixel, weighted by the cubic convolution of Keys (1981).
    ///
    /// - Parameter a: the slope at a distance of 1.
    /// - Parameter excludesOutside: pixels outside of the picture have no weight, instead of counting for the one at the edge.
    func cubic(a: Float, excludesOutside: Bool) throws -> [[(place: Int, weight: Float)]] {
        let rows = try (0..<to).map { index -> [(place: Int, weight: Float)] in
            let x = try coordinate(index)
            guard x > -4096, x < Float(from) + 4096 else { throw Failure(.unsupported, "a pixel at \(x) of \(from)") }
            let first = Int(x.rounded(.down)) - 1
            var taps = (first..<first + 4).map { (place: $0, weight: ONNXResample.keys(x - Float($0), a)) }
            if excludesOutside {
                for tap in taps.indices where !(0..<from).contains(taps[tap].place) { taps[tap].weight = 0 }
                let sum = taps.reduce(0) { $0 + $1.weight }
                for tap in taps.indices where sum != 0 { taps[tap].weight /= sum }
            }
            return taps.map { (min(max($0.place, 0), from - 1), $0.weight) }
        }
        return (0..<4).map { tap in rows.map { $0[tap] } }
    }

    private static func keys(_ distance: Float, _ a: Float) -> Float {
        let x = distance.magnitude
        if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
    }

    /// The linear filter as wide as an output pixel, as `smoothed`.
    func smoothedLinear() throws -> [[(place: Int, weight: Float)]] {
        guard scale < 1 else { return try linear() }
        return try smoothed(reach: 1) { max(0, 1 - $0.magnitude) }
    }

    func smoothedCubic(a: Float, excludesOutside: Bool) throws -> [[(place: Int, weight: Float)]] {
        guard scale < 1 else { return try cubic(a: a, excludesOutside: excludesOutside) }
        guard !excludesOutside else { throw Failure(.unsupported, "antialias with exclude_outside") }
        return try smoothed(reach: 2) { ONNXResample.keys($0, a) }
    }

    /// A filter stretched to the width of an output pixel over all input pixels below it (antialias); what lies outside counts
    /// for the pixel at the edge.
    private func smoothed(reach: Float, _ filter: (Float) -> Float) throws -> [[(place: Int, weight: Float)]] {
        let support = reach / scale
        guard support <= 60 else { throw Failure(.unsupported, "smoothing by a factor of \(support); at most 60 works") }
        let rows = try (0..<to).map { index -> [(place: Int, weight: Float)] in
            let centre = try coordinate(index) + 0.5
            let first = Int((centre - support + 0.5).rounded(.down)), end = max(Int((centre + support + 0.5).rounded(.down)), first + 1)
            let weights = (first..<end).map { filter((Float($0) - centre + 0.5) * scale) }
            let sum = weights.reduce(0, +)
            return zip(first..<end, weights).map { (min(max($0, 0), from - 1), sum > 0 ? $1 / sum : 1 / Float(end - first)) }
        }
        let taps = rows.map(\.count).max() ?? 0
        return (0..<taps).map { tap in rows.map { tap < $0.count ? $0[tap] : ($0[0].place, 0) } }
    }
}

/// Images in other sizes. What the engine's instruction computes is one; other coordinates and filters become gathers
/// and weighted sums.
extension ONNXImporter {
    mutating func resize(_ node: ONNXNode) throws {
        let x = try channelsLast(value(node, 0), node.name + "/channels_last")
        guard x.shape.count == 4 else { throw Failure(.unsupported, "resizing \(x.shape); images work") }
        let isUpsample = node.operation == "Upsample" || model.operatorSet < 11
        let place = isUpsample ? "asymmetric" : node.text("coordinate_transformation_mode", "half_pixel")
        let axes = try resamples(node, x, isUpsample: isUpsample, place: place)
        let smooths = node.integer("antialias", 0) != 0
        let isHalf = place == "half_pixel" || place == "pytorch_half_pixel"
        let declared = [x.shape[0], axes[0].to, axes[1].to, x.shape[1]]
        switch node.text("mode", "nearest") {
        case "nearest":
            let rounding = isUpsample ? "floor" : node.text("nearest_mode", "round_prefer_floor")
            // Between these the chosen pixels agree for whole factors; for others they need not.
            let isWhole = axes.allSatisfy { $0.to % $0.from == 0 }
            if axes.allSatisfy(\.isRatio), (place == "asymmetric" && rounding == "floor")
               || (isHalf && rounding == "round_prefer_floor" && isWhole) {
                return set(node, image: try append(node.name, .resize(.nearest, alignCorners: false, halfPixelCentres: isHalf), [x.id],
                                                   declared: declared))
            }
            try resample(node, x, axes) { axis in [try (0..<axis.to).map { (try axis.nearest($0, rounding: rounding), 1) }] }
        case "linear", "bilinear":
            guard place != "align_corners" || axes.allSatisfy(\.isRatio) else {
                throw Failure(.unsupported, "align_corners with a scale that gives no whole size, on which runtimes differ; give sizes")
            }
            // An axis of one pixel is read at its start by pytorch_half_pixel, in its middle by the instruction.
            let agrees = place == "align_corners" || axes.allSatisfy {
                $0.isRatio && (place != "pytorch_half_pixel" || $0.to > 1 || $0.from == 1)
            }
            if isHalf || place == "align_corners" || place == "asymmetric", agrees, !smooths || axes.allSatisfy({ $0.scale >= 1 }) {
                let operation = Operation.resize(.bilinear, alignCorners: place == "align_corners", halfPixelCentres: isHalf)
                return set(node, image: try append(node.name, operation, [x.id], declared: declared))
            }
            try resample(node, x, axes) { try smooths ? $0.smoothedLinear() : $0.linear() }
        case "cubic": try resampleCubic(node, x, axes, place: place, smooths: smooths)
        case let mode: throw Failure(.unsupported, "interpolation '\(mode.prefix(40))'")
        }
    }

    private mutating func resampleCubic(_ node: ONNXNode, _ x: ONNXValue, _ axes: [ONNXResample], place: String, smooths: Bool) throws {
        guard place != "align_corners" || axes.allSatisfy(\.isRatio) else {
            throw Failure(.unsupported, "align_corners with a scale that gives no whole size, on which runtimes differ; give sizes")
        }
        let a = node.float("cubic_coeff_a", -0.75), excludes = node.integer("exclude_outside", 0) != 0
        try resample(node, x, axes) {
            try smooths ? $0.smoothedCubic(a: a, excludesOutside: excludes) : $0.cubic(a: a, excludesOutside: excludes)
        }
    }

    /// What happens along height and width, from sizes or scales.
    private func resamples(_ node: ONNXNode, _ x: ONNXValue, isUpsample: Bool, place: String) throws -> [ONNXResample] {
        let named = try (node.attributes["axes"]?.integers ?? Array(0..<4)).map { try positive($0, rank: 4) }
        guard Set(named).count == named.count else { throw Failure(.badFormat, "axes \(named.prefix(8))") }
        var size = x.shape, scales = [Float](repeating: 1, count: 4)
        if !isUpsample, let sizes = try optional(node, 3)?.constant?.integers, !sizes.isEmpty {
            guard sizes.count == named.count else { throw Failure(.badFormat, "sizes \(sizes.prefix(8))") }
            for (axis, given) in zip(named, sizes) {
                size[axis] = given
                scales[axis] = Float(given) / Float(x.shape[axis])
            }
        } else {
            let given = try node.attributes["scales"]?.floats ?? constant(node, isUpsample ? 1 : 2).reals
            guard given.count == named.count, given.allSatisfy({ $0 > 0 && $0 < 4096 }) else {
                throw Failure(.unsupported, "scales \(given.prefix(8))")
            }
            for (axis, scale) in zip(named, given) {
                // In single precision: 7 times 11/7 is 11, not a hair less.
                guard let whole = Int(exactly: (Float(x.shape[axis]) * scale).rounded(.down)) else {
                    throw Failure(.badFormat, "a scale of \(scale)")
                }
                size[axis] = whole
                scales[axis] = scale
            }
        }
        guard size[0] == x.shape[0], size[1] == x.shape[1], (1...1 << 20).contains(size[2]), (1...1 << 20).contains(size[3]) else {
            throw Failure(.unsupported, "\(x.shape) to \(size); only height and width can change")
        }
        return [2, 3].map { ONNXResample(from: x.shape[$0], to: size[$0], scale: scales[$0], place: place) }
    }

    private mutating func resample(_ node: ONNXNode, _ x: ONNXValue, _ axes: [ONNXResample],
                                   _ taps: (ONNXResample) throws -> [[(place: Int, weight: Float)]]) throws {
        var id = x.id
        for (index, axis) in axes.enumerated() where !axis.isIdentity {
            try budget.charge(64 * axis.to)
            id = try weighted("\(node.name)/axis\(index + 1)", id, axis: index + 1, taps(axis))
        }
        // Nothing changed: the value passes through.
        set(node, ONNXValue(shape: [x.shape[0], x.shape[1], axes[0].to, axes[1].to], id: id, isChannelsLast: true))
    }
}
