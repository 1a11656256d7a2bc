import Board
import Platform

// Running: edges feed the clock, the clock says when a burst is due, the burst becomes samples.
extension InertialSensor {
    func takeEdges() {
        guard let line else { return }
        // Bounded: a storm of interrupts must not hold the thread.
        for _ in 0..<4 {
            guard let taken = try? line.takeEdges(edges), taken > 0 else { return }
            if state == .running || state == .recovering {
                for index in 0..<taken where edges[index].isRising { clock.interrupt(at: edges[index].timestampNanoseconds) }
            }
            if taken < edges.count { break }
        }
        counters.missedInterrupts = clock.missedInterrupts
        counters.spuriousInterrupts = clock.spuriousInterrupts
    }

    func read(_ now: Int64) throws(I2CError) -> Int64 {
        guard now >= wakeTime else { return wakeTime }
        if mustFlush { try flush() }
        let begin = time()
        var fill = try readFill()
        // Compared with the time after the transfer: a slow bus brings samples that weren't there when it was asked.
        if !isPlausible(fill, time()) {
            // Read wrong, or true? It is asked again before anything is thrown away for it.
            let again = try readFill()
            let stays = !isPlausible(again, time()) && !isOverflow(again)
            if again != fill || stays { counters.otherBusErrors &+= 1 }
            if stays { implausibleInARow += 1 }
            fill = again
        }
        let end = time()
        if isPlausible(fill, end) {
            implausibleInARow = 0
        } else if implausibleInARow < 3, !isOverflow(fill) {
            wakeTime = end + Int64(clock.periodNanoseconds)
            return wakeTime
        }
        if isOverflow(fill) {
            counters.overflows &+= 1
            try flush()
            lastDataTime = end
            wakeTime = time() + burstDelay
            return wakeTime
        }
        let stored = fill.bytes
        let waiting = stored / description.fifo.bytesPerSample
        clock.count(total: nextIndex + Int64(waiting), begin: begin, end: end)
        noteSlips()
        if waiting == 0 {
            if end - lastDataTime > burstDelay * 3 / 2 + max(5_000_000, Int64(1.5 * clock.periodNanoseconds)) {
                mustFlush = true
                enter(.recovering)
                return now
            }
            wakeTime = end + clock.retryNanoseconds
            return wakeTime
        }
        // Watch the count reach the burst where it is the clock, or where reading early would take away the samples that
        // the chip is to raise its watermark at.
        if clock.lock == .counted || clock.stride > 1, waiting < program.samplesPerBurst, end - lastDataTime < 2 * burstDelay {
            wakeTime = end + clock.retryNanoseconds
            return wakeTime
        }
        lastDataTime = end
        try readBurst(samples: waiting)
        guard state == .running else { return now }
        try lookAfter(end)
        wakeTime = clock.readingTime(ofSample: nextIndex + Int64(program.samplesPerBurst) - 1)
        return wakeTime
    }

    private func readFill() throws(I2CError) -> Fill {
        let fifo = description.fifo
        let bytes = try port.read(fifo.countRegister, count: 2)
        let high = fifo.countIsBigEndian ? bytes[0] : bytes[1], low = fifo.countIsBigEndian ? bytes[1] : bytes[0]
        return Fill(bytes: Int((UInt16(high) << 8 | UInt16(low)) & fifo.countMask) * fifo.bytesPerCount,
                    isMarked: bytes[1] & fifo.overflowMask != 0)
    }

    /// Lost samples, or no room for one more.
    private func isOverflow(_ fill: Fill) -> Bool {
        fill.isMarked || fill.bytes > description.fifo.capacityBytes - description.fifo.bytesPerSample
    }

    private func isPlausible(_ fill: Fill, _ now: Int64) -> Bool {
        if isOverflow(fill) { return false }
        guard clock.lock != .none else { return true }
        let expected = clock.sample(at: now) + 1 - nextIndex
        return Int64(fill.bytes / description.fifo.bytesPerSample) <= expected + 3
    }

    /// Where a transfer broke off, the rest reads as ones; seven bytes of them are no sample's end.
    private func isCutOff(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for index in max(0, bytes.count - 7)..<bytes.count where bytes[index] != 0xFF { return false }
        return true
    }

    private func noteSlips() {
        // What counts and interrupts together prove lost beyond what was already counted.
        let slipped = clock.slippedSamples
        if slipped != countedSlips {
            counters.lostSamples &+= slipped &- countedSlips
            countedSlips = slipped
        }
    }

    private func readBurst(samples: Int) throws(I2CError) {
        let unit = decoder.unitBytes
        var units = samples * description.fifo.bytesPerSample / unit
        let unitsAtOnce = max(1, 256 / unit)
        while units > 0 {
            let count = min(units, unitsAtOnce)
            mustFlush = true
            let bytes: UnsafeRawBufferPointer
            do throws(I2CError) {
                bytes = try port.read(description.fifo.dataRegister, count: count * unit)
            } catch {
                // Nothing was taken where the chip didn't even answer.
                if error == .notAcknowledged { mustFlush = false }
                throw error
            }
            mustFlush = false
            units -= count
            if isCutOff(bytes) {
                // What it held after the break is gone, and where the break was nobody knows.
                counters.otherBusErrors &+= 1
                try flush()
                return
            }
            for index in 0..<count {
                switch decoder.decode(UnsafeRawBufferPointer(rebasing: bytes[index * unit..<(index + 1) * unit])) {
                case .sample(let raw):
                    if isJump(raw) { return loseTrust() }
                    deliver(raw)
                case .nothing: break
                case .invalid: nextIndex += 1
                case .nonsense: return loseTrust()
                }
            }
        }
    }

    /// Degrees don't come or go between two samples: the bytes are out of step, or another chip's.
    private func isJump(_ raw: RawSample) -> Bool {
        guard raw.hasTemperature else { return false }
        let jump = (Float(raw.temperature) - lastTemperatureCounts) * description.temperature.scale
        lastTemperatureCounts = Float(raw.temperature)
        return jump.magnitude > 3
    }

    /// Reading has lost its place, or the chip its set-up.
    private func loseTrust() {
        counters.otherBusErrors &+= 1
        mustFlush = true
        lastTemperatureCounts = .nan
        enter(.recovering)
    }

    private func deliver(_ raw: RawSample) {
        if raw.hasTemperature {
            temperatureCelsius = Float(raw.temperature) * description.temperature.scale + description.temperature.offset
        }
        let stamp = max(clock.time(ofSample: nextIndex), lastStamp + 1)
        nextIndex += 1
        guard stamp >= goodFrom else { return }
        lastStamp = stamp
        var sample = InertialSample(
            timestampNanoseconds: stamp,
            acceleration: configuration.mounting.apply(SIMD3<Float>(raw.acceleration) * program.accelerationScale),
            angularRate: configuration.mounting.apply(SIMD3<Float>(raw.angularRate) * program.angularScale),
            temperatureCelsius: temperatureCelsius)
        if let field = magnetometer?.takeField(until: stamp + Int64(clock.periodNanoseconds / 2)) {
            sample.magneticField = configuration.mounting.apply(field)
            sample.hasMagneticField = true
        }
        calibration.apply(to: &sample)
        counters.samples &+= 1
        if !ring.put(sample) { counters.lostSamples &+= 1 }
    }

    /// One register now and then, and the temperature of chips whose samples lack it.
    private func lookAfter(_ now: Int64) throws(I2CError) {
        if now >= nextCheck {
            nextCheck = now + 100_000_000
            var steps = 0
            repeat {
                checkPosition = (checkPosition + 1) % program.writes.count
                steps += 1
            } while program.writes[checkPosition].check == 0 && steps < program.writes.count
            let write = program.writes[checkPosition]
            if try !holds(write) {
                counters.badRegisters &+= 1
                enter(.configuring)
            }
        } else if case .tagged = description.fifo.format, now >= nextTemperature {
            nextTemperature = now + 1_000_000_000
            let bytes = try port.read(description.temperature.register, count: 2)
            let counts = Int16(truncatingIfNeeded: Int(bytes[0]) | Int(bytes[1]) << 8)
            temperatureCelsius = Float(counts) * description.temperature.scale + description.temperature.offset
        }
    }
}

/// What the FIFO says of itself.
private struct Fill: Equatable {
    var bytes: Int
    /// The chip says that samples were lost.
    var isMarked: Bool
}
