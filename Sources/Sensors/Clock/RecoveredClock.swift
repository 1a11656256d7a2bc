/// The chip's sample clock, recovered from interrupt times: a line through (sample index, time), fitted by least
/// squares with exponential forgetting, so that jitter averages out, missing interrupts only leave gaps, and a clock
/// that is off by several per cent or wanders is followed. Indices count the samples read from the FIFO.
///
/// An interrupt doesn't say which sample it belongs to; the FIFO's count does, within one sample, and the fitted line
/// settles the rest. Without interrupts the line goes through the times at which the count was seen to change.
struct RecoveredClock {
    /// How well the line is known.
    enum Lock { case none, counted, interrupted }

    private(set) var lock = Lock.none
    private(set) var periodNanoseconds: Double
    private(set) var missedInterrupts: UInt32 = 0, spuriousInterrupts: UInt32 = 0
    /// Samples that the chip took and nobody read, found because counts no longer agree with the line.
    private(set) var slippedSamples: UInt32 = 0

    /// Weight of a start that is half a period off at worst.
    private static let guess = 0.03

    let nominalNanoseconds: Double
    /// Samples from one interrupt to the next.
    let stride: Int64
    private var line: FadingLine

    // How far interrupts scatter around the line, and whether they have begun to leave it to one side.
    private var deviation: Double, lastResidual = 0.0, trend = 0.0
    private var lastInterruptIndex: Int64 = .min
    private var outliersInARow = 0
    /// The interrupts that last came off the line, one after the other.
    private var departure = Departure()
    /// Interrupts that came for each that was due, and whether there are so many that none can be believed.
    private var interruptsSinceCount = 0, storm = 1.0, isStorm = false
    private var contradictions = 0
    /// An interrupt that waits for a count to tell its sample.
    private var waiting: Int64 = .min
    private var lastCount: (total: Int64, begin: Int64) = (.min, 0)
    private var countOffset = 0.0, countStep: Double

    init(nominalHertz: Double, stride: Int = 1, memorySeconds: Double = 0.25) {
        nominalNanoseconds = 1e9 / nominalHertz
        periodNanoseconds = nominalNanoseconds
        self.stride = Int64(max(1, stride))
        deviation = nominalNanoseconds / 50
        countStep = nominalNanoseconds / 32
        line = FadingLine(nominal: nominalNanoseconds, memory: max(memorySeconds * nominalHertz, Double(16 * max(1, stride))))
    }

    /// Forgets when samples are taken, but not how far the chip's clock is off: for a chip that was set up again.
    mutating func reset() {
        // A chip without interrupts may have stopped before anybody noticed, and bent the line.
        if lock == .counted { line.distrust() }
        line.restart()
        lock = .none
        waiting = .min
        lastInterruptIndex = .min
        lastCount.total = .min
        deviation = nominalNanoseconds / 50
        countOffset = 0
        lastResidual = 0
        trend = 0
    }

    /// Spread of the interrupts around the line, RMS.
    var jitterNanoseconds: Double { deviation }

    /// When sample `index` was or will be taken.
    func time(ofSample index: Int64) -> Int64 { line.time(index) }

    /// The sample due last at `time`.
    func sample(at time: Int64) -> Int64 { line.index(time) }

    /// When the count should be read that is to find sample `index`. With interrupts well after it, so that the count
    /// can't be off by one. Without them as near to it as possible: the count tells most where it changes.
    func readingTime(ofSample index: Int64) -> Int64 {
        time(ofSample: index) + Int64(lock == .interrupted ? 0.3 * periodNanoseconds : countOffset)
    }

    /// How soon the count should be read again that did not find a sample yet.
    var retryNanoseconds: Int64 { max(150_000, Int64(periodNanoseconds / (lock == .interrupted ? 4 : 16))) }

    /// An interrupt of the chip.
    mutating func interrupt(at time: Int64) {
        interruptsSinceCount += 1
        guard !isStorm else {
            spuriousInterrupts &+= 1
            return
        }
        guard lock == .interrupted else {
            waiting = time
            return
        }
        let index = sample(at: time + Int64(periodNanoseconds / 2))
        // Too far from the last one for the line to tell the sample: ask the next count.
        if line.slopeDeviation(noise: deviation) * Double(index - line.originIndex) > 0.1 * periodNanoseconds {
            waiting = time
            return
        }
        let residual = Double(time - self.time(ofSample: index))
        let gate = min(max(8 * deviation, periodNanoseconds * 0.05 * Double(stride)), periodNanoseconds * 0.35)
        if index <= lastInterruptIndex || residual.magnitude > gate {
            spuriousInterrupts &+= 1
            outliersInARow += 1
            departure.add(index, residual, isFirst: outliersInARow == 1, tolerance: 0.05 * periodNanoseconds)
            if stride > 1, outliersInARow >= 2, lastInterruptIndex == .min || index - lastInterruptIndex >= 2 * stride {
                // Rare interrupts can't tell by how much: the counts must begin anew.
                line.distrust()
                lock = .none
                lastCount.total = .min
                outliersInARow = 0
                return
            }
            // Interrupts that all come off the line, and none on it: the line is wrong, not they.
            guard outliersInARow >= 4, lastInterruptIndex == .min || index - lastInterruptIndex >= 5 * stride else { return }
            if let change = departure.periodChange {
                // They lie on a line of their own: the chip's clock is another than it was.
                line.start(index: index, time: time, period: periodNanoseconds + change)
                periodNanoseconds = line.period
                lastInterruptIndex = index
                (outliersInARow, lastResidual, trend) = (0, 0, 0)
                return
            }
            line.forget(keeping: 0.02)
        } else {
            learn(residual)
        }
        accept(index, time, weight: weight(residual))
    }

    /// Interrupts that come now have gone unseen for a while, which is nobody's fault.
    mutating func resume() { lastInterruptIndex = .min }

    /// The FIFO's count was read between `begin` and `end`: `total` samples had been taken by then since the start.
    mutating func count(total: Int64, begin: Int64, end: Int64) {
        watchForStorm(total)
        if waiting != .min { anchor(total: total, begin: begin, end: end) }
        switch lock {
        case .none:
            if total > 0 {
                let width = end - lastCount.begin
                let isSharp = total == lastCount.total + 1 && Double(width) < nominalNanoseconds
                line.start(index: total - 1, time: isSharp ? end - width / 2 : end - Int64(nominalNanoseconds / 2),
                           weight: isSharp ? 1 : Self.guess)
                lock = .counted
            }
        case .counted: follow(total: total, begin: begin, end: end)
        case .interrupted: compare(total: total, begin: begin, end: end)
        }
        lastCount = (total, begin)
    }

    /// The FIFO was emptied at `time`, unread; `next` is the index its next sample will have. The number of samples
    /// that were lost with it.
    mutating func skip(to time: Int64, next: Int64) -> Int64 {
        guard lock != .none else { return 0 }
        let lost = max(0, sample(at: time) + 1 - next)
        line.relabel(by: -lost)
        if lastInterruptIndex != .min { lastInterruptIndex -= lost }
        lastCount.total = .min
        waiting = .min
        return lost
    }

    // MARK: interrupts

    private mutating func accept(_ index: Int64, _ time: Int64, weight: Double) {
        outliersInARow = 0
        if lastInterruptIndex != .min {
            let missed = (index - lastInterruptIndex) / stride - 1
            if missed > 0 { missedInterrupts &+= UInt32(clamping: missed) }
        }
        lastInterruptIndex = max(lastInterruptIndex, index)
        line.observe(index, time, weight: weight, noise: deviation)
        periodNanoseconds = line.period
    }

    /// An interrupt that can only belong to one sample, by the count read after it.
    private mutating func anchor(total: Int64, begin: Int64, end: Int64) {
        let before = Double(begin - waiting) / periodNanoseconds, after = Double(end - waiting) / periodNanoseconds
        guard before >= 0, before < 8 else {
            if before >= 8 { waiting = .min }
            return
        }
        // The period is known to 4 per cent at worst.
        guard before - before.rounded(.down) > 0.02 + 0.04 * before, after.rounded(.down) == before.rounded(.down),
              after - after.rounded(.down) < 0.98 - 0.04 * after else { return }
        let index = total - 1 - Int64(before)
        if lock == .interrupted {
            if index > lastInterruptIndex { accept(index, waiting, weight: 1) }
        } else if stride > 1 {
            // Interrupts this rare fit a period that is wrong by one sample in so many as well as the right one: counts
            // must have told it first.
            guard lock == .counted, line.slopeDeviation(noise: periodNanoseconds / 8) * Double(stride) < 0.1 * periodNanoseconds else {
                waiting = .min
                return
            }
            lock = .interrupted
            lastInterruptIndex = .min
            contradictions = 0
            accept(index, waiting, weight: 1)
        } else {
            line.start(index: index, time: waiting)
            lastInterruptIndex = index
            outliersInARow = 0
            contradictions = 0
            lock = .interrupted
        }
        waiting = .min
    }

    /// Many more interrupts than samples: the line floats or picks up noise, and counts alone are the better clock.
    private mutating func watchForStorm(_ total: Int64) {
        guard lastCount.total != .min else { return }
        let due = Double(max(stride, total - lastCount.total)) / Double(stride)
        storm += 0.25 * (Double(interruptsSinceCount) / due - storm)
        interruptsSinceCount = 0
        if isStorm {
            isStorm = storm > 1.2
        } else if storm > 1.8 {
            isStorm = true
            waiting = .min
            lastInterruptIndex = .min
            if lock == .interrupted { lock = .counted }
        }
    }

    /// What a residual says of the scatter, and of a clock that has changed.
    private mutating func learn(_ residual: Double) {
        // From the difference of two, which a line that lags behind doesn't widen.
        let noise = 0.886 * (residual - lastResidual).magnitude
        lastResidual = residual
        deviation = max(deviation + 0.03 * (min(noise, 4 * deviation) - deviation), 1000)
        trend += 0.25 * (min(max(residual / deviation, -12), 12) - trend)
        // On one side for long: the past no longer speaks for this clock, the less so the further it is off.
        if trend.magnitude > 1.2 {
            line.forget(keeping: 1 / (1 + 0.3 * trend * trend))
            line.doubt()
        }
    }

    /// Interrupts come late, never early: the line should run along their lower edge.
    private func weight(_ residual: Double) -> Double {
        // A clock that has changed: believe what it says now.
        if trend.magnitude > 2.5 { return 1 }
        let excess = residual.magnitude / (2 * deviation)
        return (residual > 0 ? 0.2 : 1) * (excess > 1 ? 1 / excess : 1)
    }

    /// Counts that contradict the line several times over mean that samples and indices have come apart.
    private mutating func compare(total: Int64, begin: Int64, end: Int64) {
        let tolerance = Int64(min(3 * deviation, 0.15 * periodNanoseconds) + 0.05 * periodNanoseconds)
        let late = time(ofSample: total - 1) - end, early = begin - time(ofSample: total)
        guard late > tolerance || early > tolerance else {
            contradictions = 0
            return
        }
        // The same count asked again says nothing new.
        guard total != lastCount.total else { return }
        contradictions += early > tolerance ? 1 : -1
        guard contradictions.magnitude >= 4 else { return }
        let steps = Int64((Double(contradictions > 0 ? early : late) / periodNanoseconds).rounded(.down)) + 1
        line.relabel(by: contradictions > 0 ? -steps : steps)
        if contradictions > 0 { slippedSamples &+= UInt32(clamping: steps) }
        lastInterruptIndex = .min
        contradictions = 0
        if stride > 1 {
            line.distrust()
            line.start(index: total - 1, time: end - Int64(nominalNanoseconds / 2), weight: Self.guess)
            lock = .counted
        }
    }

    // MARK: counts alone

    /// A count that grew by one since it was last read has seen its sample come; others only bound the line.
    private mutating func follow(total: Int64, begin: Int64, end: Int64) {
        let width = Double(end - lastCount.begin)
        if total == lastCount.total + 1, width < 0.8 * periodNanoseconds {
            line.observe(total - 1, lastCount.begin + Int64(width / 2), weight: 1, noise: width / 4)
            countOffset = min(0, countOffset + periodNanoseconds / 128)
            countStep = periodNanoseconds / 32
        } else if total == lastCount.total {
            // A little late moves the line; long overdue is a chip that has stopped.
            let late = begin - time(ofSample: total)
            if late > 0, Double(late) < 1.5 * periodNanoseconds { line.observe(total, begin, weight: 0.5, noise: periodNanoseconds / 16) }
        } else {
            if time(ofSample: total - 1) > end { line.observe(total - 1, end, weight: 0.5, noise: periodNanoseconds / 16) }
            // There at once, so it may have come long before: look earlier, and ever more so.
            countOffset = max(-0.45 * periodNanoseconds, countOffset - countStep)
            countStep = min(2 * countStep, periodNanoseconds / 4)
        }
        periodNanoseconds = line.period
    }
}

/// Interrupts that leave the line, sample by sample further off.
private struct Departure {
    private var index: Int64 = 0, residual = 0.0, step = 0.0
    private var isStraight = false
    private var count = 0

    mutating func add(_ newIndex: Int64, _ newResidual: Double, isFirst: Bool, tolerance: Double) {
        if isFirst || newIndex <= index {
            (count, isStraight) = (1, true)
        } else {
            let newStep = (newResidual - residual) / Double(newIndex - index)
            if count > 1, (newStep - step).magnitude > tolerance || newStep * step <= 0 { isStraight = false }
            step = newStep
            count += 1
        }
        (index, residual) = (newIndex, newResidual)
    }

    /// How much longer the period has become, nanoseconds; nil where the interrupts don't agree on it.
    var periodChange: Double? { isStraight && count >= 4 ? step : nil }
}
