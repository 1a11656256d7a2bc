import Board
import Platform

// From reset to running, and back there after faults.
extension InertialSensor {
    func step(_ now: Int64) throws(I2CError) -> Int64 {
        switch state {
        case .resetting: return try reset(now)
        case .waiting:
            guard now >= wakeTime else { return wakeTime }
            enter(.identifying)
            return now
        case .identifying: return try identify(now)
        case .configuring: return try configure(now)
        case .verifying: return try verify(now)
        case .running: return try read(now)
        case .recovering: return try recover(now)
        case .selfTesting: return try testStep(now)
        }
    }

    private func reset(_ now: Int64) throws(I2CError) -> Int64 {
        port.forgetBank()
        try port.write(description.reset.register, description.reset.value, bank: description.reset.bank)
        // The bank register too is back at its default.
        port.forgetBank()
        counters.resets &+= 1
        attempts = 0
        wakeTime = now + description.resetMicroseconds * 1000
        enter(.waiting)
        return wakeTime
    }

    private func identify(_ now: Int64) throws(I2CError) -> Int64 {
        guard try hasIdentity() else {
            counters.badRegisters &+= 1
            attempts += 1
            if attempts >= 5 { enter(.resetting) }
            return now + 20_000_000
        }
        attempts = 0
        enter(.configuring)
        return now
    }

    /// Asked twice before the register is called bad.
    func holds(_ write: RegisterWrite) throws(I2CError) -> Bool {
        for _ in 0..<2 {
            if try port.read(write.register, bank: write.bank)[0] & write.check == write.value & write.check { return true }
        }
        return false
    }

    func hasIdentity() throws(I2CError) -> Bool {
        let identity = try port.read(description.identityRegister)[0]
        for known in description.identities where known == identity { return true }
        return false
    }

    private func configure(_ now: Int64) throws(I2CError) -> Int64 {
        // A few transfers a step: other sensors share the thread.
        for _ in 0..<4 {
            guard position < program.writes.count else {
                enter(.verifying)
                return now
            }
            let write = program.writes[position]
            try port.write(write.register, write.value, bank: write.bank)
            position += 1
            if write.settleMicroseconds > 0 { return now + write.settleMicroseconds * 1000 }
        }
        return now
    }

    private func verify(_ now: Int64) throws(I2CError) -> Int64 {
        if isSettling {
            guard now >= wakeTime else { return wakeTime }
            try startReading()
            return now
        }
        guard try compareNext() else {
            counters.badRegisters &+= 1
            attempts += 1
            enter(attempts >= 3 ? .resetting : .configuring)
            return now + 1_000_000
        }
        guard position >= program.writes.count else { return now }
        attempts = 0
        let start = description.startMicroseconds * 1000
        if description.fillsUnevenly {
            isSettling = true
            wakeTime = now + start
            return wakeTime
        }
        try startReading()
        goodFrom = time() + start
        lastDataTime = goodFrom
        return now
    }

    /// Compares up to four registers from `position` on; false where one doesn't hold what was written.
    private func compareNext() throws(I2CError) -> Bool {
        var budget = 4
        while position < program.writes.count, budget > 0 {
            let write = program.writes[position]
            if write.check != 0 {
                guard try holds(write) else { return false }
                budget -= 1
            }
            position += 1
        }
        return true
    }

    /// Empties the FIFO and begins to read it. The clock's line is kept where it is known: the chip's clock has not
    /// stopped for a flush, and whether it did shows at once.
    func startReading() throws(I2CError) {
        try flush()
        if state != .recovering { clock.reset() }
        clock.resume()
        enter(.running)
        let now = time()
        lastDataTime = now
        nextCheck = now + 100_000_000
        // Where interrupts are rare or none the first samples are watched as they come: they start the clock.
        wakeTime = now + (line == nil || clock.stride > 1 ? clock.retryNanoseconds : burstDelay)
        magnetometer?.wake()
    }

    func flush() throws(I2CError) {
        for write in description.flush { try port.write(write.register, write.value, bank: write.bank) }
        mustFlush = false
        decoder.reset()
        let lost = clock.skip(to: time(), next: nextIndex)
        counters.lostSamples &+= UInt32(clamping: lost)
    }

    /// Nanoseconds that a burst takes to fill.
    var burstDelay: Int64 { Int64(clock.periodNanoseconds * Double(program.samplesPerBurst)) }

    // MARK: faults

    func fault(_ error: I2CError, _ now: Int64) -> Int64 {
        counters.count(error)
        port.forgetBank()
        faultsInARow += 1
        if state == .selfTesting { finishSelfTest(.interrupted) }
        // The transfer may have ended in the middle of the FIFO.
        if error != .notAcknowledged { mustFlush = true }
        if faultsInARow >= 3, state != .resetting {
            enter(.recovering)
            attempts = 0
        }
        if error != .notAcknowledged, faultsInARow >= 2, time() >= nextBusRecovery {
            counters.busRecoveries &+= 1
            try? port.bus.recover()
            nextBusRecovery = time() + 20_000_000
        }
        return time() + Int64(min(20, 1 << min(faultsInARow, 5))) * 1_000_000
    }

    /// The chip answers again, or something about its data is odd: which of its registers still hold?
    private func recover(_ now: Int64) throws(I2CError) -> Int64 {
        if position == 0 {
            guard try hasIdentity() else {
                attempts += 1
                if attempts >= 5 { enter(.resetting) }
                return now + 5_000_000
            }
        }
        guard try compareNext() else {
            counters.badRegisters &+= 1
            attempts = 0
            faultsInARow = 0
            enter(.configuring)
            return now
        }
        guard position >= program.writes.count else { return now }
        faultsInARow = 0
        recoveriesInARow = lastRecoveryEnd != .min && now - lastRecoveryEnd < 2_000_000_000 ? recoveriesInARow + 1 : 0
        lastRecoveryEnd = now
        // Registers that hold and faults that come back: only a reset is left.
        if recoveriesInARow >= 3 {
            recoveriesInARow = 0
            enter(.resetting)
            return now
        }
        guard mustFlush else {
            // Nothing was lost but time: the FIFO holds what came meanwhile.
            enter(.running)
            clock.resume()
            wakeTime = now
            magnetometer?.wake()
            return now
        }
        try startReading()
        return now
    }
}
