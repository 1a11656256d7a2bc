/// Resampling kernels. When shrinking, the kernel is widened by the factor so that every source pixel counts
/// (antialiasing).
public enum ResampleFilter: UInt8, Sendable {
    case bilinear, bicubic

    /// Half the width of the kernel, in source pixels at scale 1.
    var support: Float {
        switch self {
        case .bilinear: 1
        case .bicubic: 2
        }
    }

    /// Bicubic: Keys 1981 with a = -0.5.
    func weight(at distance: Float) -> Float {
        let x = abs(distance)
        switch self {
        case .bilinear: return x < 1 ? 1 - x : 0
        case .bicubic:
            if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
            if x < 2 { return ((-0.5 * x + 2.5) * x - 4) * x + 2 }
            return 0
        }
    }
}

/// The windows of one axis: output i is the sum over k of weights[i * taps + k] * source[first[i] + k], weights in
/// 1/16384 and adding up to 16384.
struct ResampleAxis {
    static let weightBits = 14

    var taps = 0
    var first: [Int32] = []
    var weights: [Int16] = []

    /// Windows for `outputs` outputs that cover [origin, origin + extent) of a line of `size` samples.
    mutating func plan(size: Int, origin: Float, extent: Float, outputs: Int, filter: ResampleFilter) {
        let scale = extent / Float(outputs)
        let widening = max(scale, 1)
        let support = filter.support * widening
        taps = min(size, Int(support.rounded(.up)) * 2 + 1)
        first.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
        for output in 0..<outputs {
            let center = origin + (Float(output) + 0.5) * scale
            let start = max(0, min(size - taps, Int((center - support + 0.5).rounded(.down))))
            first.append(Int32(start))
            var sum: Float = 0
            for tap in 0..<taps { sum += filter.weight(at: (Float(start + tap) + 0.5 - center) / widening) }
            // The rounding error of each weight is carried to the next, so that the sum is exact.
            var exact: Float = 0
            var given = 0
            let unit = Float(1 << ResampleAxis.weightBits)
            for tap in 0..<taps {
                exact += filter.weight(at: (Float(start + tap) + 0.5 - center) / widening) / sum
                let upTo = Int((exact * unit).rounded())
                weights.append(Int16(truncatingIfNeeded: max(-32768, min(32767, upTo - given))))
                given = upTo
            }
        }
    }

    /// The samples that any window reads.
    var range: (start: Int, end: Int) {
        var low = Int.max, high = 0
        for start in first {
            low = min(low, Int(start))
            high = max(high, Int(start) + taps)
        }
        return (low, high)
    }
}
