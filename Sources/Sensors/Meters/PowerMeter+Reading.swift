import Board

/// Values out of registers.
extension PowerMeter {
    /// A chip that converts by itself: a value each time that its flag says so.
    func poll(_ registers: ConversionRegisters, _ now: Int64) throws(I2CError) -> Int64 {
        // Each conversion is to be seen, however far the chip's clock is off.
        let interval = max(periodNanoseconds / 16, 200_000)
        guard try port.read16(registers.readyRegister) & registers.readyMask != 0 else { return wait(now, interval) }
        var volts = SIMD4<Float>(), amperes = SIMD4<Float>(), isSaturated = false
        var shunt = SIMD4<Int32>(), bus = SIMD4<Int32>()
        for channel in 0..<channels where reads(channel) {
            let place = UInt8(2 * channel)
            shunt[channel] = Int32(Int16(bitPattern: try port.read16(registers.shuntRegister + place)))
            let word = try port.read16(registers.busRegister + place)
            // Of 16 bits with a sign, or of 13 without one.
            bus[channel] = registers.busShift == 0 ? Int32(Int16(bitPattern: word)) : Int32(word >> registers.busShift)
            volts[channel] = Float(bus[channel]) * registers.busVoltsPerCount
            amperes[channel] = Float(shunt[channel]) * registers.shuntVoltsPerCount / configuration.shuntOhms
            if shunt[channel].magnitude >= registers.shuntLimit.magnitude { isSaturated = true }
        }
        if let clear = registers.clearRegister { _ = try port.read16(clear) }
        let watts = (volts * amperes).sum()
        integral.add(watts: Double(watts), at: now)
        publish(volts, amperes, watts, isSaturated, shunt, bus, now)
        return now + periodNanoseconds - interval
    }

    /// A chip that adds up: it is asked, given its time, and read.
    func ask(_ registers: AccumulatorRegisters, _ now: Int64) throws(I2CError) -> Int64 {
        guard let asked = refreshTime else {
            try port.command(registers.refresh)
            refreshTime = now
            return now + registers.settleMicroseconds * 1000
        }
        let count = Self.integer(try port.read(registers.countRegister, count: registers.countBytes), isSigned: false)
        let isOverflown = try port.read(registers.controlRegister)[0] & registers.overflowMask != 0
        var watts = 0.0, volts = SIMD4<Float>(), amperes = SIMD4<Float>(), isSaturated = false
        var sense = SIMD4<Int32>(), bus = SIMD4<Int32>()
        for channel in 0..<channels where reads(channel) {
            let place = UInt8(channel)
            let sum = Self.integer(try port.read(registers.powerSumRegister + place, count: registers.powerSumBytes), isSigned: true)
            bus[channel] = Int32(Int16(bitPattern: try port.read16(registers.busRegister + place)))
            sense[channel] = Int32(Int16(bitPattern: try port.read16(registers.senseRegister + place)))
            volts[channel] = Float(bus[channel]) * registers.busVoltsPerCount
            amperes[channel] = Float(sense[channel]) * registers.senseVoltsPerCount / configuration.shuntOhms
            if sense[channel] >= 32_767 || sense[channel] <= -32_768 { isSaturated = true }
            if count > 0 { watts += Double(sum) / Double(count) * registers.squareVoltsPerCount / Double(configuration.shuntOhms) }
        }
        refreshTime = nil
        guard hasBegun else {
            // The sums were those from before the set-up.
            hasBegun = true
            lastDataTime = now
            integral.begin(at: asked)
            return asked + periodNanoseconds
        }
        guard count > 0 else { return wait(now, periodNanoseconds) }
        if isOverflown {
            counters.overflows &+= 1
            integral.begin(at: asked)
        } else {
            integral.add(meanWatts: watts, at: asked)
        }
        publish(volts, amperes, Float(watts), isSaturated, sense, bus, asked)
        lastDataTime = now
        return asked + periodNanoseconds
    }

    private func publish(_ volts: SIMD4<Float>, _ amperes: SIMD4<Float>, _ watts: Float, _ isSaturated: Bool,
                         _ shunt: SIMD4<Int32>, _ bus: SIMD4<Int32>, _ time: Int64) {
        if counters.samples == 0 || shunt != shuntCounts || bus != busCounts { reading.unchangedSince = time }
        shuntCounts = shunt
        busCounts = bus
        counters.samples &+= 1
        lastDataTime = time
        reading.timestampNanoseconds = time
        reading.volts = volts
        reading.amperes = amperes
        reading.watts = watts
        reading.isSaturated = isSaturated
        reading.samples = counters.samples
        reading.joules = integral.joules
        reading.measuredNanoseconds = integral.measuredNanoseconds
        reading.missedNanoseconds = integral.missedNanoseconds
    }

    /// A number of up to eight bytes, the most significant first.
    private static func integer(_ bytes: UnsafeRawBufferPointer, isSigned: Bool) -> Int64 {
        var value: Int64 = isSigned && bytes[0] & 0x80 != 0 ? -1 : 0
        for byte in bytes { value = value << 8 | Int64(byte) }
        return value
    }
}
