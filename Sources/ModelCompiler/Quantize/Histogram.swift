/// Counts of a tensor's values over a fixed range.
struct Histogram {
    static let bins = 2048
    let low: Float, high: Float
    private(set) var counts = [Double](repeating: 0, count: Histogram.bins)
    private(set) var total = 0.0

    init(low: Float, high: Float) {
        self.low = low
        self.high = max(high, low + max(abs(low) * 1e-6, 1e-12))
    }

    mutating func add(_ values: [Float]) {
        let factor = Float(Self.bins) / (high - low)
        for value in values where value.isFinite { counts[min(Self.bins - 1, max(0, Int((value - low) * factor)))] += 1 }
        total += Double(values.count)
    }

    func centre(_ bin: Int) -> Float { low + (Float(bin) + 0.5) * (high - low) / Float(Self.bins) }
}

/// How the range of an activation is chosen from what calibration saw.
public enum CalibrationMethod: Sendable, Equatable {
    /// All that was seen.
    case minimumMaximum
    /// So many per cent of the values, the rest saturates.
    case percentile(Double)
    /// The range with the least expected square of rounding and saturation together.
    case meanSquareError
}

extension CalibrationMethod {
    /// The range to quantise: always has zero in it, so that zero is exact.
    func range(_ histogram: Histogram) -> (low: Float, high: Float) {
        let low = min(0, histogram.low), high = max(0, histogram.high)
        switch self {
        case .minimumMaximum: return (low, high)
        case .percentile(let share): return percentile(histogram, share: share, low: low, high: high)
        case .meanSquareError: return leastError(histogram, low: low, high: high)
        }
    }

    private func percentile(_ histogram: Histogram, share: Double, low: Float, high: Float) -> (low: Float, high: Float) {
        let cut = histogram.total * (1 - share / 100) / 2
        func edge(_ bins: some Sequence<Int>) -> Float? {
            var seen = 0.0
            for bin in bins {
                seen += histogram.counts[bin]
                if seen > cut { return histogram.centre(bin) }
            }
            return nil
        }
        let width = (histogram.high - histogram.low) / Float(Histogram.bins)
        // A side that is at zero (after a ReLU) isn't a tail: most of its mass lies there.
        let bottom = edge(0..<Histogram.bins).map { min(0, $0 - width / 2) } ?? low
        let top = edge((0..<Histogram.bins).reversed()).map { max(0, $0 + width / 2) } ?? high
        return top > bottom ? (bottom, top) : (low, high)
    }

    private func leastError(_ histogram: Histogram, low: Float, high: Float) -> (low: Float, high: Float) {
        var best = (low, high), least = Double.infinity
        let factors = stride(from: 1.0, through: 0.2, by: -0.04).map { Float($0) }
        for bottom in low < 0 ? factors.map({ $0 * low }) : [low] {
            for top in high > 0 ? factors.map({ $0 * high }) : [high] where top > bottom {
                let error = expectedError(histogram, low: bottom, high: top)
                if error < least {
                    least = error
                    best = (bottom, top)
                }
            }
        }
        return best
    }

    /// Uniform rounding noise inside the range, the distance to the range outside.
    private func expectedError(_ histogram: Histogram, low: Float, high: Float) -> Double {
        let step = Double(high - low) / 255, rounding = step * step / 12
        var error = 0.0
        for (bin, count) in histogram.counts.enumerated() where count > 0 {
            let value = histogram.centre(bin)
            let beyond = Double(value < low ? low - value : value > high ? value - high : 0)
            error += count * (rounding + beyond * beyond)
        }
        return error
    }
}

/// Scale and zero point of an int8 tensor over a range that holds zero.
func asymmetricQuantization(low: Float, high: Float) -> Quantization {
    let span = max(high - low, 1e-8)
    let scale = span / 255
    let zeroPoint = (-128 - low / scale).rounded(.toNearestOrEven)
    return Quantization(scale: scale, zeroPoint: Int32(max(-128, min(127, zeroPoint))))
}
