/// A straight line through (index, time), by weighted least squares that forget old points: sums around the newest
/// point, so that nothing grows. Times are in nanoseconds; the slope is a period.
struct FadingLine {
    private(set) var originIndex: Int64 = 0
    private(set) var period: Double
    private var originTime: Int64 = 0
    private var offset = 0.0
    private let nominal: Double
    /// Indices after which a point counts 1/e.
    private let memory: Double
    /// The slope that is believed before points tell, in nanoseconds beyond the nominal, and how far it may be off.
    private var expectedSlope = 0.0, slopeSpread: Double
    // x in indices from the origin, y in nanoseconds beyond the nominal line.
    private var sum = 0.0, sumX = 0.0, sumXX = 0.0, sumY = 0.0, sumXY = 0.0

    init(nominal: Double, memory: Double) {
        self.nominal = nominal
        self.memory = memory
        period = nominal
        slopeSpread = 0.02 * nominal
    }

    func time(_ index: Int64) -> Int64 {
        originTime + Int64((offset + period * Double(index - originIndex)).rounded())
    }

    /// The last index whose time isn't after `time`.
    func index(_ time: Int64) -> Int64 {
        originIndex + Int64(((Double(time - originTime) - offset) / period).rounded(.down))
    }

    /// Standard deviation of the slope, for points that scatter by `noise`.
    func slopeDeviation(noise: Double) -> Double {
        let spread = sum > 0 ? max(0, sumXX - sumX * sumX / sum) : 0
        return noise / (spread + noise * noise / (slopeSpread * slopeSpread)).squareRoot()
    }

    /// Begins a new line, which is believed to be as steep as the old one.
    mutating func restart() {
        if sum > 8 {
            expectedSlope = period - nominal
            slopeSpread = 0.005 * nominal
        }
        forget(keeping: 0)
        period = nominal + expectedSlope
    }

    /// The slope that was believed is doubted, the more the oftener this is called: what few points say must not be
    /// outweighed for ever by what there was before a clock changed.
    mutating func doubt() { slopeSpread = min(1.5 * slopeSpread, 0.04 * nominal) }

    /// Forgets the slope too.
    mutating func distrust() {
        forget(keeping: 0)
        expectedSlope = 0
        slopeSpread = 0.02 * nominal
    }

    /// A first point of little weight is a guess that later ones overrule.
    mutating func start(index: Int64, time: Int64, weight: Double = 1) {
        restart()
        originIndex = index
        originTime = time
        offset = 0
        sum = weight
    }

    /// Begins a new line, whose period is known to a per cent.
    mutating func start(index: Int64, time: Int64, period known: Double) {
        start(index: index, time: time)
        expectedSlope = min(max(known - nominal, -0.08 * nominal), 0.08 * nominal)
        slopeSpread = 0.01 * nominal
        period = nominal + expectedSlope
    }

    /// The same line, its points called by other indices.
    mutating func relabel(by steps: Int64) { originIndex += steps }

    mutating func forget(keeping share: Double) {
        sum *= share
        sumX *= share
        sumXX *= share
        sumY *= share
        sumXY *= share
    }

    mutating func observe(_ index: Int64, _ time: Int64, weight: Double, noise: Double) {
        moveOrigin(to: index)
        sum += weight
        sumY += weight * Double(time - originTime)
        solve(noise: max(noise, nominal / 2000))
        if sum > 20 {
            expectedSlope = period - nominal
            slopeSpread = 0.005 * nominal
        }
    }

    /// Moves the origin to a newer point, and lets older ones fade by the way.
    private mutating func moveOrigin(to index: Int64) {
        let steps = Double(index - originIndex), newTime = time(index)
        let shift = Double(originTime - newTime) + steps * nominal
        let oldX = sumX, oldY = sumY
        sumXX += steps * steps * sum - 2 * steps * oldX
        sumX -= steps * sum
        sumXY += shift * oldX - steps * oldY - steps * shift * sum
        sumY += shift * sum
        originIndex = index
        originTime = newTime
        offset = 0
        if steps > 0 { forget(keeping: fading(steps / memory)) }
    }

    private mutating func solve(noise: Double) {
        let belief = noise * noise / (slopeSpread * slopeSpread)
        let xx = sumXX + belief, xy = sumXY + belief * expectedSlope
        let determinant = sum * xx - sumX * sumX
        guard determinant > 0 else { return }
        offset = (sumY * xx - xy * sumX) / determinant
        let slope = (xy * sum - sumX * sumY) / determinant
        period = nominal + min(max(slope, -0.08 * nominal), 0.08 * nominal)
    }
}

/// (1 + x/32)^-32, near e^-x for the x of forgetting, without the C library's.
private func fading(_ x: Double) -> Double {
    var base = 1 / (1 + x / 32)
    for _ in 0..<5 { base *= base }
    return base
}
