import Platform

// Running: edges feed the clock, the clock says when a burst is due, the burst becomes samples.
extension InertialSensor {
    func takeEdges() {
        guard let line else { return }
        // Bounded: a storm of interrupts must not hold the thread.
        for _ in 0..<4 {
            guard let taken = try? line.takeEdges(edges), taken > 0 else { return }
            if state == .running {
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
        let bytes = try port.read(description.fifo.countRegister, count: 2)
        let end = time()
        let high = description.fifo.countIsBigEndian ? bytes[0] : bytes[1], low = description.fifo.countIsBigEndian ? bytes[1] : bytes[0]
        let overflowed = bytes[1] & description.fifo.overflowMask != 0
        let stored = Int((UInt16(high) << 8 | UInt16(low)) & description.fifo.countMask) * description.fifo.bytesPerCount
        if overflowed || stored > description.fifo.capacityBytes - description.fifo.bytesPerSample {
            counters.overflows &+= 1
            try flush()
            wakeTime = time() + burstDelay
            lastDataTime = end
            return wakeTime
        }
        let waiting = stored / description.fifo.bytesPerSample
        clock.count(total: nextIndex + Int64(waiting), begin: begin, end: end)
        noteSlips()
        if waiting == 0 {
            if end - lastDataTime > 2 * burstDelay + 15_000_000 {
                enter(.recovering)
                return now
            }
            wakeTime = end + clock.retryNanoseconds
            return wakeTime
        }
        // The count is the clock: watch it reach the burst.
        if clock.lock == .counted, waiting < program.samplesPerBurst, end - lastDataTime < 2 * burstDelay {
            wakeTime = end + clock.retryNanoseconds
            return wakeTime
        }
        lastDataTime = end
        try readBurst(samples: waiting)
        try lookAfter(end)
        wakeTime = clock.readingTime(ofSample: nextIndex + Int64(program.samplesPerBurst) - 1)
        return wakeTime
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
            for index in 0..<count {
                switch decoder.decode(UnsafeRawBufferPointer(rebasing: bytes[index * unit..<(index + 1) * unit])) {
                case .sample(let raw): deliver(raw)
                case .nothing: break
                case .nonsense:
                    counters.otherBusErrors &+= 1
                    try flush()
                    return
                }
            }
        }
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
        if let field = magnetometer?.takeField() {
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
            if try port.read(write.register, bank: write.bank)[0] & write.check != write.value & write.check {
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
