import Nest

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
    ///
    /// - Parameter function: what reads the tensor, if that is all that does. Errors then count where they come out:
    ///   a SiLU or sigmoid flattens everything far below zero, which deserves no steps, whatever the method.
    func range(_ histogram: Histogram, through function: ((Float) -> Float)? = nil) -> (low: Float, high: Float) {
        guard !histogram.isEmpty else { return (0, 0) }
        let low = min(0, histogram.low), high = max(0, histogram.high)
        if function != nil { return LeastError(histogram, through: function).range(low: low, high: high) }
        switch self {
        case .minimumMaximum: return (low, high)
        case .percentile(let share): return percentile(histogram, share: share, low: low, high: high)
        case .meanSquareError: return LeastError(histogram, through: nil).range(low: low, high: high)
        }
    }

    private func percentile(_ histogram: Histogram, share: Double, low: Float, high: Float) -> (low: Float, high: Float) {
        let cut = histogram.total * (1 - share / 100) / 2
        func edge(_ bins: some Sequence<Int>) -> Float? {
            var seen = 0.0
            for bin in bins {
                seen += Double(histogram.counts[bin])
                if seen > cut { return histogram.centre(bin) }
            }
            return nil
        }
        let half = histogram.binWidth / 2
        // A side that is at zero (after a ReLU) isn't a tail: most of its mass lies there.
        let bottom = edge(0..<Histogram.bins).map { max(low, min(0, $0 - half)) } ?? low
        let top = edge((0..<Histogram.bins).reversed()).map { min(high, max(0, $0 + half)) } ?? high
        return top > bottom ? (bottom, top) : (low, high)
    }
}

/// Searches the range whose rounding (uniform noise, weighted by the function's slope) and saturation give the least
/// square error.
private struct LeastError {
    private struct Bin {
        var value: Float, count: Double, result: Float, slopeSquared: Float
    }

    private var bins: [Bin] = []
    private let function: ((Float) -> Float)?

    init(_ histogram: Histogram, through function: ((Float) -> Float)?) {
        self.function = function
        let width = histogram.binWidth
        for (index, count) in histogram.counts.enumerated() where count > 0 {
            let value = histogram.centre(index)
            let slope = function.map { ($0(value + width / 2) - $0(value - width / 2)) / width } ?? 1
            bins.append(Bin(value: value, count: Double(count), result: function?(value) ?? value, slopeSquared: slope * slope))
        }
    }

    /// One end after the other, each over 64 places, until neither moves.
    func range(low: Float, high: Float) -> (low: Float, high: Float) {
        let places = 64
        var best = (low: low, high: high), least = error(low: low, high: high)
        for _ in 0..<4 {
            let before = best
            for place in 0..<places {
                let candidate = low * Float(place) / Float(places)
                guard best.high > candidate else { continue }
                let error = error(low: candidate, high: best.high)
                if error < least { (least, best.low) = (error, candidate) }
            }
            for place in 0..<places {
                let candidate = high * Float(place) / Float(places)
                guard candidate > best.low else { continue }
                let error = error(low: best.low, high: candidate)
                if error < least { (least, best.high) = (error, candidate) }
            }
            if best == before { break }
        }
        return best
    }

    private func error(low: Float, high: Float) -> Double {
        let step = (high - low) / 255, rounding = step * step / 12
        let bottom = function?(low) ?? low, top = function?(high) ?? high
        var sum = 0.0
        for bin in bins {
            let beyond = bin.value < low ? bin.result - bottom : bin.value > high ? bin.result - top : 0
            sum += bin.count * Double(bin.value < low || bin.value > high ? beyond * beyond : rounding * bin.slopeSquared)
        }
        return sum
    }
}

/// Scale and zero point of an int8 tensor over a range that holds zero.
func asymmetricQuantization(low: Float, high: Float) -> Quantization {
    let span = max(high - low, 1e-8)
    let scale = span / 255
    let zeroPoint = (-128 - low / scale).rounded(.toNearestOrEven)
    return Quantization(scale: scale, zeroPoint: Int32(max(-128, min(127, zeroPoint))))
}
