/// What calibration saw of each channel (last axis) of a tensor.
struct ChannelStatistics {
    private(set) var low: [Float], high: [Float]
    private var sums: [Double], squares: [Double]
    private var count = 0.0

    init(channels: Int) {
        low = [Float](repeating: .infinity, count: channels)
        high = [Float](repeating: -.infinity, count: channels)
        sums = [Double](repeating: 0, count: channels)
        squares = sums
    }

    /// - Parameter values: one picture's pixels; what isn't finite counts as 0.
    mutating func add(_ values: [Float]) {
        let channels = low.count, pixels = values.count / max(1, channels)
        // One pixel in ten thousand may lie beyond the ends: the sharpest edges, which would make steps coarse for all.
        let ends = 1 + pixels / 10_000
        var least = [Float](repeating: .infinity, count: channels * ends), most = [Float](repeating: -.infinity, count: channels * ends)
        for pixel in 0..<pixels {
            for channel in 0..<channels {
                let value = values[pixel * channels + channel], finite = value.isFinite ? value : 0
                Self.keep(finite, in: &most, from: channel * ends, ends, before: >)
                Self.keep(finite, in: &least, from: channel * ends, ends, before: <)
                sums[channel] += Double(finite)
                squares[channel] += Double(finite) * Double(finite)
            }
        }
        count += Double(pixels)
        guard pixels >= ends else { return }
        for channel in 0..<channels {
            low[channel] = min(low[channel], least[(channel + 1) * ends - 1])
            high[channel] = max(high[channel], most[(channel + 1) * ends - 1])
        }
    }

    /// Keeps the first `count` values of an order, sorted, at a place of an array.
    @inline(__always)
    private static func keep(_ value: Float, in kept: inout [Float], from first: Int, _ count: Int, before: (Float, Float) -> Bool) {
        var place = first + count - 1
        guard before(value, kept[place]) else { return }
        while place > first, before(value, kept[place - 1]) {
            kept[place] = kept[place - 1]
            place -= 1
        }
        kept[place] = value
    }

    /// Where the values of a channel may be expected on other pictures: a tenth beyond what was seen, and at least
    /// `deviations` standard deviations around the mean. The second is for channels that stand for something rare,
    /// which calibration may not have seen at all: its highest value then says nothing.
    func expected(_ channel: Int, deviations: Float) -> (low: Float, high: Float) {
        guard count > 0 else { return (0, 0) }
        let mean = sums[channel] / count, deviation = Float(max(0, squares[channel] / count - mean * mean).squareRoot())
        return (min(low[channel] * (low[channel] < 0 ? 1.1 : 1), Float(mean) - deviations * deviation),
                max(high[channel] * (high[channel] > 0 ? 1.1 : 1), Float(mean) + deviations * deviation))
    }
}
