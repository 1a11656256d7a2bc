/// Counts of a tensor's values, in bins around zero that become twice as wide whenever a value falls outside them: one
/// look at the samples gives both range and distribution.
struct Histogram {
    static let bins = 8192
    /// The values seen.
    private(set) var low = Float.infinity, high = -Float.infinity
    private(set) var total = 0.0
    private(set) var counts = [UInt64](repeating: 0, count: Histogram.bins)
    /// Bins reach from -reach to reach.
    private(set) var reach: Float = 0

    init() {}

    var isEmpty: Bool { total == 0 }
    var binWidth: Float { 2 * reach / Float(Self.bins) }

    func centre(_ bin: Int) -> Float { (Float(bin) + 0.5 - Float(Self.bins / 2)) * binWidth }

    mutating func add(_ values: [Float]) {
        var least = Float.infinity, most = -Float.infinity, finite = 0
        for value in values where value.isFinite {
            least = value < least ? value : least
            most = value > most ? value : most
            finite &+= 1
        }
        guard finite > 0 else { return }
        low = min(low, least)
        high = max(high, most)
        total += Double(finite)
        widen(to: max(-least, most))
        let factor = Float(Self.bins) / (2 * reach), middle = Float(Self.bins / 2), last = Int32(Self.bins - 1)
        counts.withUnsafeMutableBufferPointer { counts in
            for value in values where value.isFinite {
                let bin = Int32(value * factor + middle)
                counts[Int(min(last, max(0, bin)))] &+= 1
            }
        }
    }

    private mutating func widen(to magnitude: Float) {
        if reach == 0 {
            // Not below what a float's exponent needs for the bin width to be an ordinary number.
            reach = max(magnitude, 1e-30)
            return
        }
        while magnitude > reach {
            var wider = [UInt64](repeating: 0, count: Self.bins)
            for (bin, count) in counts.enumerated() where count > 0 { wider[Self.bins / 4 + bin / 2] += count }
            counts = wider
            reach *= 2
        }
    }
}
