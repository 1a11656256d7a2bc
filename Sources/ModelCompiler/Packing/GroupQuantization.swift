import Kernels

/// Quantises 32 float weights to a group of a format.
enum GroupQuantization {
    /// q8: the largest magnitude becomes 127. The scale is a half float first, so that rounding it costs nothing more.
    static func q8(_ weights: UnsafePointer<Float>, _ values: UnsafeMutablePointer<Int8>) -> MatrixGroup {
        var largest: Float = 0
        for index in 0..<32 { largest = max(largest, weights[index].magnitude) }
        let scale = halfRounded(largest / 127)
        for index in 0..<32 {
            values[index] = scale > 0 ? Int8(max(-127, min(127, (weights[index] / scale).rounded(.toNearestOrEven)))) : 0
        }
        return MatrixGroup(scale: scale, secondScale: scale, minimum: 0)
    }

    /// q4: scale and minimum by alternating the best integers for them and the best of them for the integers (least
    /// squares), from the extremes; the step with the least error counts.
    static func q4(_ weights: UnsafePointer<Float>, _ values: UnsafeMutablePointer<Int8>) -> MatrixGroup {
        var low = weights[0], high = weights[0]
        for index in 1..<32 {
            low = min(low, weights[index])
            high = max(high, weights[index])
        }
        var scale = halfRounded((high - low) / 15), minimum = halfRounded(low)
        var best = MatrixGroup(scale: scale, secondScale: scale, minimum: minimum), least = Float.infinity
        withUnsafeTemporaryAllocation(of: Int8.self, capacity: 32) { trial in
            for _ in 0..<6 {
                var error: Float = 0, sumQ: Float = 0, sumQQ: Float = 0, sumW: Float = 0, sumQW: Float = 0
                for index in 0..<32 {
                    let q = scale > 0 ? max(0, min(15, ((weights[index] - minimum) / scale).rounded(.toNearestOrEven))) : 0
                    trial[index] = Int8(q)
                    let difference = scale * q + minimum - weights[index]
                    error += difference * difference
                    sumQ += q
                    sumQQ += q * q
                    sumW += weights[index]
                    sumQW += q * weights[index]
                }
                if error < least {
                    least = error
                    best = MatrixGroup(scale: scale, secondScale: scale, minimum: minimum)
                    values.update(from: trial.baseAddress!, count: 32)
                }
                let determinant = 32 * sumQQ - sumQ * sumQ
                guard determinant > 0 else { break }
                scale = halfRounded(max(0, (32 * sumQW - sumQ * sumW) / determinant))
                minimum = halfRounded((sumW - scale * sumQ) / 32)
            }
        }
        return best
    }
}

/// The nearest value that a half float has.
private func halfRounded(_ value: Float) -> Float { float(half: half(value)) }
