/// The chip's sample clock, recovered from interrupt times: a line through (sample index, time), fitted by least
/// squares with exponential forgetting, so that jitter averages out, missing interrupts only leave gaps, and a clock
/// that is off by several per cent or wanders is followed. Indices count the samples read from the FIFO.
///
/// An interrupt doesn't say which sample it belongs to; the FIFO's count does, within one sample, and the fitted line
/// settles the rest. Without interrupts the counts alone bound the line from both sides.
struct SampleClock {
    /// How well the line is known.
    enum Lock { case none, counted, interrupted }

    private(set) var lock = Lock.none
    private(set) var periodNanoseconds: Double
    private(set) var missedInterrupts: UInt32 = 0, spuriousInterrupts: UInt32 = 0
    /// Samples that the chip took and nobody read, found because counts no longer agree with the line.
    private(set) var slippedSamples: UInt32 = 0

    let nominalNanoseconds: Double
    /// Samples from one interrupt to the next.
    let stride: Int64
    /// Samples after which an observation counts 1/e.
    private let memory: Double

    // The line at `originIndex`, and weighted sums around it: x in samples, y in nanoseconds beyond the nominal line.
    private var originIndex: Int64 = 0, originTime: Int64 = 0
    private var offset = 0.0, slope = 0.0
    private var sum = 0.0, sumX = 0.0, sumXX = 0.0, sumY = 0.0, sumXY = 0.0

    private var deviation: Double
    private var surprise = 0.0
    private var lastInterruptIndex: Int64 = .min
    private var outliersInARow = 0
    private var contradictions = 0
    private var waiting: Int64 = .min

    init(nominalHertz: Double, stride: Int = 1, memorySeconds: Double = 0.5) {
        nominalNanoseconds = 1e9 / nominalHertz
        periodNanoseconds = nominalNanoseconds
        self.stride = Int64(max(1, stride))
        memory = max(memorySeconds * nominalHertz, Double(16 * max(1, stride)))
        deviation = nominalNanoseconds / 50
    }

    /// Forgets everything but its counters.
    mutating func reset() {
        lock = .none
        waiting = .min
        forget(keeping: 0)
        slope = 0
        offset = 0
        periodNanoseconds = nominalNanoseconds
        deviation = nominalNanoseconds / 50
    }

    /// Spread of the interrupts around the line, RMS.
    var jitterNanoseconds: Double { deviation }

    /// When sample `index` was or will be taken.
    func time(ofSample index: Int64) -> Int64 {
        originTime + Int64((offset + periodNanoseconds * Double(index - originIndex)).rounded())
    }

    /// The sample due last at `time`.
    func sample(at time: Int64) -> Int64 {
        originIndex + Int64(((Double(time - originTime) - offset) / periodNanoseconds).rounded(.down))
    }

    /// An interrupt of the chip.
    mutating func interrupt(at time: Int64) {
        guard lock == .interrupted else {
            waiting = time
            return
        }
        let index = sample(at: time + Int64(periodNanoseconds / 2))
        let residual = Double(time - self.time(ofSample: index))
        let gate = min(max(6 * deviation, periodNanoseconds * 0.04), periodNanoseconds * 0.4)
        if index <= lastInterruptIndex || residual.magnitude > gate {
            spuriousInterrupts &+= 1
            if index > lastInterruptIndex { outliersInARow += 1 }
            // Real interrupts that all come off the line: the line is wrong, not they.
            guard outliersInARow >= 4 else { return }
            forget(keeping: 0.02)
        } else {
            spread(residual)
        }
        outliersInARow = 0
        if lastInterruptIndex != .min {
            let missed = (index - lastInterruptIndex) / stride - 1
            if missed > 0 { missedInterrupts &+= UInt32(clamping: missed) }
        }
        lastInterruptIndex = index
        observe(index, time, weight: weight(residual))
    }

    /// The FIFO's count was read between `begin` and `end`: `total` samples had been taken by then since the start.
    mutating func count(total: Int64, begin: Int64, end: Int64) {
        if waiting != .min, lock != .interrupted { anchor(total: total, begin: begin, end: end) }
        switch lock {
        case .none:
            guard total > 0 else { return }
            start(index: total - 1, time: end - Int64(nominalNanoseconds / 2))
            lock = .counted
        case .counted:
            // A sample that was there early or not there in time moves the line to where it just agrees.
            if time(ofSample: total - 1) > end {
                observe(total - 1, end, weight: 1)
            } else if time(ofSample: total) < begin {
                observe(total, begin, weight: 1)
            }
        case .interrupted:
            compare(total: total, begin: begin, end: end)
        }
    }

    /// The FIFO was emptied at `time`, unread; `next` is the index its next sample will have. The number of samples
    /// that were lost with it.
    mutating func skip(to time: Int64, next: Int64) -> Int64 {
        guard lock != .none else { return 0 }
        let lost = max(0, sample(at: time) + 1 - next)
        originIndex -= lost
        if lastInterruptIndex != .min { lastInterruptIndex -= lost }
        return lost
    }

    // MARK: the line

    private mutating func start(index: Int64, time: Int64) {
        forget(keeping: 0)
        originIndex = index
        originTime = time
        offset = 0
        lastInterruptIndex = index
        outliersInARow = 0
        contradictions = 0
        observe(index, time, weight: 1)
    }

    /// The first interrupt that can only belong to one sample starts the line.
    private mutating func anchor(total: Int64, begin: Int64, end: Int64) {
        let before = Double(begin - waiting) / periodNanoseconds, after = Double(end - waiting) / periodNanoseconds
        guard before >= 0, before < 8, before - before.rounded(.down) > 0.03, after.rounded(.down) == before.rounded(.down),
              after - after.rounded(.down) < 0.95 - 0.04 * after else { return }
        start(index: total - 1 - Int64(before), time: waiting)
        waiting = .min
        lock = .interrupted
    }

    private mutating func forget(keeping share: Double) {
        sum *= share
        sumX *= share
        sumXX *= share
        sumY *= share
        sumXY *= share
        surprise = 0
    }

    private mutating func observe(_ index: Int64, _ time: Int64, weight: Double) {
        moveOrigin(to: index)
        let y = Double(time - originTime)
        sum += weight
        sumY += weight * y
        solve()
    }

    /// Moves the sums' origin to a newer sample, which keeps them small, and lets them fade by the way.
    private mutating func moveOrigin(to index: Int64) {
        let steps = Double(index - originIndex)
        let newTime = time(ofSample: index)
        let shift = Double(originTime - newTime) + steps * nominalNanoseconds
        let oldSum = sum, oldX = sumX, oldY = sumY
        sumXX += -2 * steps * oldX + steps * steps * oldSum
        sumX -= steps * oldSum
        sumXY += shift * oldX - steps * oldY - steps * shift * oldSum
        sumY += shift * oldSum
        originIndex = index
        originTime = newTime
        // The line itself, seen from the new origin.
        offset = 0
        if steps > 0 {
            let share = fading(steps / memory)
            let kept = surprise
            forget(keeping: share)
            surprise = kept
        }
    }

    private mutating func solve() {
        // A clock is within a few per cent of its rating: that much is known before the second interrupt.
        let prior = 0.02 * nominalNanoseconds
        let noise = max(deviation, nominalNanoseconds / 1000)
        let xx = sumXX + noise * noise / (prior * prior)
        let determinant = sum * xx - sumX * sumX
        guard determinant > 0 else { return }
        offset = (sumY * xx - sumXY * sumX) / determinant
        slope = (sumXY * sum - sumX * sumY) / determinant
        slope = min(max(slope, -0.08 * nominalNanoseconds), 0.08 * nominalNanoseconds)
        periodNanoseconds = nominalNanoseconds + slope
    }

    // MARK: robustness

    private mutating func spread(_ residual: Double) {
        let share = 0.03
        deviation += share * (1.25 * residual.magnitude - deviation)
        deviation = max(deviation, 500)
        surprise += 0.3 * (min(max(residual / deviation, -6), 6) - surprise)
        // Residuals on one side for long: the clock has changed, and the past no longer speaks for it.
        if surprise.magnitude > 2 { forget(keeping: 0.3) }
    }

    private func weight(_ residual: Double) -> Double {
        let excess = residual.magnitude / (2 * deviation)
        return excess > 1 ? 1 / excess : 1
    }

    /// Counts that contradict the line several times over mean that samples and indices have come apart.
    private mutating func compare(total: Int64, begin: Int64, end: Int64) {
        let tolerance = Int64(min(3 * deviation, 0.15 * periodNanoseconds) + 0.05 * periodNanoseconds)
        let late = time(ofSample: total - 1) - end, early = begin - time(ofSample: total)
        guard late > tolerance || early > tolerance else {
            contradictions = 0
            return
        }
        contradictions += early > tolerance ? 1 : -1
        guard contradictions.magnitude >= 4 else { return }
        let steps = Int64((Double(contradictions > 0 ? early : late) / periodNanoseconds).rounded(.down)) + 1
        originIndex += contradictions > 0 ? -steps : steps
        if contradictions > 0 { slippedSamples &+= UInt32(clamping: steps) }
        lastInterruptIndex = .min
        contradictions = 0
    }
}

/// e^-x for small x and above, without the C library's: x ≥ 0.
private func fading(_ x: Double) -> Double {
    // (1 + x/32)^-32, off by x²/64: forgetting needs no better.
    var base = 1 / (1 + x / 32)
    for _ in 0..<5 { base *= base }
    return base
}
