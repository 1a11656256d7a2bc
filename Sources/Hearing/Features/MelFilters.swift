import Platform

/// A bank of triangular filters over the power spectrum, as the model brings it, of which only what isn't zero is used.
final class MelFilters {
    let bands: Int
    /// Bins of the spectrum that a row has.
    let bins: Int
    private let weights: [Float]
    private let ranges: [Range<Int>]

    /// - Parameter bank: row-major [bands][bins].
    /// Fails with `badFormat` where a weight is no number, or the sizes don't fit.
    init(bank: UnsafeBufferPointer<Float>, bands: Int, bins: Int) throws(Failure) {
        guard bands >= 1, bands <= 512, bank.count == bands * bins else {
            throw Failure(.badFormat, "a mel filter bank of \(bank.count) weights where \(bands) bands of \(bins) bins are \(bands * bins)")
        }
        var weights: [Float] = [], ranges: [Range<Int>] = []
        for band in 0..<bands {
            var first = bins, last = -1
            for bin in 0..<bins {
                let weight = bank[band * bins + bin]
                guard weight.isFinite, weight >= 0, weight <= 1e6 else {
                    throw Failure(.badFormat, "the mel filter bank's band \(band) has a weight that makes no sense")
                }
                if weight != 0 { (first, last) = (min(first, bin), bin) }
                weights.append(weight)
            }
            ranges.append(last < first ? 0..<0 : first..<last + 1)
        }
        self.bands = bands
        self.bins = bins
        self.weights = weights
        self.ranges = ranges
    }

    /// The filters' outputs for one spectrum of `bins` powers.
    func apply(_ power: UnsafePointer<Float>, into bands: UnsafeMutablePointer<Float>) {
        weights.withUnsafeBufferPointer { weights in
            for band in 0..<self.bands {
                var sum: Float = 0
                for bin in ranges[band] { sum += weights[band * bins + bin] * power[bin] }
                bands[band] = sum
            }
        }
    }
}
