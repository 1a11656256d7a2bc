/// The energy of a frame in the bands of speech, all below 3.6 kHz so that 8 kHz are enough.
struct BandEnergies {
    /// Edges in hertz: a voice's first harmonics, first formants, second and third ones.
    static let edges: [(low: Double, high: Double)] = [(120, 300), (300, 650), (650, 1200), (1200, 2100), (2100, 3600)]
    static let count = 5

    /// Mean squares of the last frame.
    let power: UnsafeMutablePointer<Float>
    private let filters: UnsafeMutablePointer<Biquad>

    /// The memory is the caller's to free, with `deallocate`.
    init(rateHertz: Int) {
        power = .allocate(capacity: Self.count)
        power.initialize(repeating: 0, count: Self.count)
        filters = .allocate(capacity: 2 * Self.count)
        for (index, edge) in Self.edges.enumerated() {
            // Twice the same: a single one lets too much of the neighbours through.
            let filter = Biquad.bandPass(edge.low, edge.high, rate: Double(rateHertz))
            (filters + 2 * index).initialize(repeating: filter, count: 2)
        }
    }

    func deallocate() {
        power.deallocate()
        filters.deallocate()
    }

    func take(_ frame: UnsafeBufferPointer<Float>) {
        for band in 0..<Self.count {
            var one = filters[2 * band], two = filters[2 * band + 1], sum: Float = 0
            for sample in frame {
                let value = two.filter(one.filter(sample))
                sum += value * value
            }
            one.settle()
            two.settle()
            filters[2 * band] = one
            filters[2 * band + 1] = two
            power[band] = sum / Float(max(1, frame.count))
        }
    }

    func reset() {
        for index in 0..<2 * Self.count { filters[index].reset() }
    }
}
