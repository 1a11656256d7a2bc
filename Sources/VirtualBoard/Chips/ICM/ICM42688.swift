import CLinux

/// ICM-42688-P, after its data sheet (DS-000347 rev. 1.6): banks, a FIFO of packets with headers, INT1 as `pin`.
public final class ICM42688Chip: RegisterChip {
    static let quality = InertialQuality(gyroscopeNoiseDensity: 0.0028 * InertialQuality.degree,
                                         accelerometerNoiseDensity: 70 * InertialQuality.microgravity,
                                         gyroscopeBias: 0.5 * InertialQuality.degree, temperatureZero: 25, temperaturePerDegree: 132.48)
    /// Hz by ODR code.
    static let rates = [0, 32_000, 16_000, 8000, 4000, 2000, 1000, 200, 100, 50, 25, 12.5, 6.25, 3.125, 1.5625, 500]
    typealias R = ICM42688Register

    private let fifo = PacketFIFO(bytes: 2048)
    private let sensing: InertialSensing
    private let trims: SelfTestTrims
    private var bank = 0
    private var tick: UInt64 = 0
    private var accelerometerFrom = Int64.max
    private var gyroscopeFrom = Int64.max
    private var latchedCount = 0
    private var readsFIFO = false
    private var isPinActive = false
    private var lost = 0
    /// Ready rates of the packets before, for the header's change bits.
    private var isAccelerometerNew = true
    private var isGyroscopeNew = true
    private let packet = UnsafeMutablePointer<UInt8>.allocate(capacity: PacketFIFO.longest)
    /// All twenty bits of a sample, accelerometer then gyroscope.
    private var fine = (SIMD3<Int32>(), SIMD3<Int32>())

    /// Both sensors off, as after power-on; bias and self-test codes are drawn by the options' seed.
    public init(motion: any Motion, options: ChipOptions = ChipOptions()) {
        var seeds = ChipRandom(seed: options.seed ^ 0x4268_8000)
        trims = SelfTestTrims(random: &seeds, isSecondGeneration: true)
        sensing = InertialSensing(Self.quality, options: options, random: &seeds)
        packet.initialize(repeating: 0, count: PacketFIFO.longest)
        super.init(name: "ICM-42688-P", registers: RegisterFile(R.table, banks: 5), motion: motion, options: options)
        for axis in 0..<3 {
            registers.setReset(R.gyroscopeTrims + axis, trims.gyroscopeCodes[axis])
            registers.setReset(R.accelerometerTrims + axis, trims.accelerometerCodes[axis])
        }
        resetState(atNanoseconds: 0)
    }

    deinit { packet.deallocate() }

    // MARK: registers

    override func select(_ byte: UInt8) -> Int {
        readsFIFO = false
        return bank << 8 | Int(byte & 0x7F)
    }

    override func following(_ address: Int) -> Int {
        address == R.fifoData ? address : (address & ~0xFF) | ((address + 1) & 0x7F)
    }

    override func load(_ address: Int) -> UInt8 {
        if address & 0xFF == R.bankSelect { return UInt8(bank) }
        switch address {
        case R.interruptStatus:
            let value = registers[address]
            registers[address] = 0
            releasePin()
            return value
        case R.fifoCount:
            latchedCount = countsRecords ? fifo.count : fifo.count * fifo.packetBytes
            return UInt8(truncatingIfNeeded: isCountBigEndian ? latchedCount >> 8 : latchedCount)
        case R.fifoCount + 1:
            return UInt8(truncatingIfNeeded: isCountBigEndian ? latchedCount : latchedCount >> 8)
        case R.fifoData:
            readsFIFO = true
            clearOnRead(0x04, by: registers[R.interruptConfig0] >> 2 & 3)
            clearOnRead(0x02, by: registers[R.interruptConfig0] & 3)
            // An empty FIFO gives a header that says so.
            return fifo.pop() ?? 0xFF
        case R.temperature..<R.temperature + 14:
            clearOnRead(0x08, by: registers[R.interruptConfig0] >> 4 & 3)
            return registers[address]
        case R.lostPackets:
            return UInt8(truncatingIfNeeded: lost)
        case R.lostPackets + 1:
            let value = UInt8(truncatingIfNeeded: lost >> 8)
            lost = 0
            return value
        default:
            return registers[address]
        }
    }

    override func endRead() {
        // Without FIFO_RESUME_PARTIAL_RD a packet read in part starts again.
        if readsFIFO, registers[R.fifoConfig1] & 0x40 == 0 { fifo.rewind() }
        readsFIFO = false
    }

    /// INT_CONFIG0: 2 and 3 clear on reading the data too.
    private func clearOnRead(_ bit: UInt8, by rule: UInt8) {
        guard rule >= 2, registers[R.interruptStatus] & bit != 0 else { return }
        registers[R.interruptStatus] &= ~bit
        releasePin()
    }

    private var countsRecords: Bool { registers[R.interfaceConfig0] & 0x40 != 0 }
    private var isCountBigEndian: Bool { registers[R.interfaceConfig0] & 0x20 != 0 }
    private var isDataBigEndian: Bool { registers[R.interfaceConfig0] & 0x10 != 0 }

    override func store(_ address: Int, _ value: UInt8) {
        if address & 0xFF == R.bankSelect {
            bank = min(Int(value & 7), 4)
            return
        }
        switch address {
        case R.deviceConfig:
            if value & 0x01 != 0 { reset(atNanoseconds: time) }
        case R.signalPathReset:
            if value & 0x02 != 0 { flush() }
        case R.fifoConfig:
            registers[address] = registers.merged(address, value)
            if value >> 6 == 0 { flush() }
        case R.interruptConfig:
            registers[address] = registers.merged(address, value)
            setPin(isPinActive, time)
        default:
            let before = registers[address]
            registers[address] = registers.merged(address, value)
            if registers[address] != before { registerChanged(address) }
        }
    }

    private func flush() {
        fifo.removeAll()
        (isAccelerometerNew, isGyroscopeNew) = (true, true)
    }

    override func registerChanged(_ address: Int) {
        switch address {
        case R.power: restart()
        case R.gyroscopeConfig:
            isGyroscopeNew = true
            restart()
        case R.accelerometerConfig:
            isAccelerometerNew = true
            restart()
        default: break
        }
    }

    // MARK: sampling

    private var isGyroscopeOn: Bool { registers[R.power] >> 2 & 3 == 3 }
    private var isAccelerometerOn: Bool { registers[R.power] & 3 >= 2 }
    private var gyroscopeHertz: Double { isGyroscopeOn ? Self.rates[Int(registers[R.gyroscopeConfig] & 0x0F)] : 0 }
    private var accelerometerHertz: Double { isAccelerometerOn ? Self.rates[Int(registers[R.accelerometerConfig] & 0x0F)] : 0 }

    private func restart() {
        let hertz = max(gyroscopeHertz, accelerometerHertz)
        // Start-up times: 30 ms and 10 ms.
        if !isGyroscopeOn { gyroscopeFrom = .max } else if gyroscopeFrom == .max { gyroscopeFrom = time + 30_000_000 }
        if !isAccelerometerOn { accelerometerFrom = .max } else if accelerometerFrom == .max { accelerometerFrom = time + 10_000_000 }
        guard hertz > 0 else {
            clock.stop()
            return
        }
        guard clock.next == nil || clock.nominalPeriod != 1e9 / hertz else { return }
        tick = 0
        clock.start(atNanoseconds: time, hertz: hertz, random: &random)
    }

    private func isDue(_ slow: Double, _ fast: Double) -> Bool { slow > 0 && tick % max(1, UInt64((fast / slow).rounded())) == 0 }

    override func sample(atNanoseconds now: Int64) {
        let hertz = 1e9 / clock.nominalPeriod
        let takesGyroscope = now >= gyroscopeFrom && isDue(gyroscopeHertz, hertz)
        let takesAccelerometer = now >= accelerometerFrom && isDue(accelerometerHertz, hertz)
        tick &+= 1
        guard takesGyroscope || takesAccelerometer else { return }
        let state = motion.state(atNanoseconds: now)
        if takesAccelerometer { sampleAccelerometer(state) }
        if takesGyroscope { sampleGyroscope(state) }
        if registers[R.power] & 0x20 == 0 { put(sensing.temperature(options.temperatureCelsius, random: &random), R.temperature) }
        if registers[R.fifoConfig] >> 6 != 0 { fillFIFO(takesAccelerometer, takesGyroscope, now) }
        raise(0x08, now)
    }

    private func sampleAccelerometer(_ state: MotionState) {
        // FS 0 is ±16 g.
        let range = 3 - min(Int(registers[R.accelerometerConfig] >> 5), 3)
        let perUnit = Double(16_384 >> range) / standardGravity
        var value = sensing.acceleration(state.acceleration, perUnit: perUnit,
                                         bandwidth: bandwidth(accelerometerHertz, registers[R.filterConfig] >> 4), random: &random)
        value += trims.accelerometerResponse(testedAxes(registers[R.selfTestConfig] >> 3), range: range)
        value += offsets(R.userOffsets + 4, isShifted: true) * 0.5e-3 * Double(16_384 >> range)
        let rounded = saturated(value)
        for axis in 0..<3 { put(rounded[axis], R.acceleration + axis * 2) }
        // In high resolution the range is ±16 g, eighteen bits count.
        let perFine = 8192 / standardGravity
        for axis in 0..<3 { fine.0[axis] = Int32(min(max((value[axis] / perUnit * perFine).rounded(), -131_072), 131_071)) * 4 }
    }

    private func sampleGyroscope(_ state: MotionState) {
        // FS 0 is ±2000 °/s, each code halves it.
        let code = Int(registers[R.gyroscopeConfig] >> 5)
        let degrees = 2000 / Double(1 << code)
        let perUnit = 32_768 / degrees / InertialQuality.degree
        var value = sensing.angularRate(state.angularRate, perUnit: perUnit,
                                        bandwidth: bandwidth(gyroscopeHertz, registers[R.filterConfig] & 0x0F), random: &random)
        // The response is given at ±250 °/s.
        value += trims.gyroscopeResponse(testedAxes(registers[R.selfTestConfig]), range: 0) * (250 / degrees)
        value += offsets(R.userOffsets, isShifted: false) / 32 * (32_768 / degrees)
        let rounded = saturated(value)
        for axis in 0..<3 { put(rounded[axis], R.angularRate + axis * 2) }
        // High resolution: ±2000 °/s, nineteen bits.
        let perFine = 131 / InertialQuality.degree
        for axis in 0..<3 { fine.1[axis] = Int32(min(max((value[axis] / perUnit * perFine).rounded(), -262_144), 262_143)) * 2 }
    }

    private func put(_ value: Int16, _ address: Int) {
        if isDataBigEndian { registers.putBigEndian(address, value) } else { registers.putLittleEndian(address, value) }
    }

    // MARK: FIFO

    private func fillFIFO(_ hasAccelerometer: Bool, _ hasGyroscope: Bool, _ now: Int64) {
        let config = registers[R.fifoConfig1]
        let isFine = config & 0x10 != 0
        let accelerometer = config & 0x01 != 0 || isFine, gyroscope = config & 0x02 != 0 || isFine
        guard accelerometer && hasAccelerometer || gyroscope && hasGyroscope else { return }
        var header: UInt8 = 0
        if accelerometer { header |= 0x40 }
        if gyroscope { header |= 0x20 }
        if isFine { header |= 0x10 }
        let isStamped = accelerometer && gyroscope
        if isStamped, registers[R.timestampConfig] & 0x01 != 0, config & 0x08 == 0 { header |= 0x08 }
        if accelerometer, isAccelerometerNew { header |= 0x02 }
        if gyroscope, isGyroscopeNew { header |= 0x01 }
        (isAccelerometerNew, isGyroscopeNew) = (false, false)

        var length = 0
        append(header, &length)
        if accelerometer { append(hasAccelerometer, R.acceleration, &length) }
        if gyroscope { append(hasGyroscope, R.angularRate, &length) }
        let raw = Double(Int16(bitPattern: UInt16(registers[R.temperature + (isDataBigEndian ? 0 : 1)]) << 8
                                          | UInt16(registers[R.temperature + (isDataBigEndian ? 1 : 0)])))
        if isFine {
            append(registers[R.temperature], &length)
            append(registers[R.temperature + 1], &length)
        } else {
            // Eight bits in steps of 1/2.07 °C: one of 64 of the register's.
            append(UInt8(bitPattern: Int8(min(max((raw / 64).rounded(), -128), 127))), &length)
        }
        if isStamped {
            let stamp = UInt16(truncatingIfNeeded: Int64(Double(now)
                                                         * (1 + clock.drift) / (registers[R.timestampConfig] & 0x08 != 0 ? 16_000 : 1_000)))
            append(UInt8(isDataBigEndian ? stamp >> 8 : stamp & 0xFF), &length)
            append(UInt8(isDataBigEndian ? stamp & 0xFF : stamp >> 8), &length)
        }
        if isFine {
            for axis in 0..<3 {
                append(UInt8(truncatingIfNeeded: (fine.0[axis] & 0x0F) << 4 | fine.1[axis] & 0x0F), &length)
            }
        }
        let countBefore = fifo.count
        if fifo.push(UnsafeBufferPointer(start: packet, count: length), isStopping: registers[R.fifoConfig] >> 6 >= 2) {
            lost = min(lost + 1, 65_535)
            raise(0x02, now)
        }
        let threshold = Int(registers[R.fifoConfig2]) | Int(registers[R.fifoConfig2 + 1] & 0x0F) << 8
        let unit = countsRecords ? 1 : length
        guard threshold > 0, fifo.count * unit >= threshold else { return }
        // Once when it is reached, or with every packet from there (FIFO_WM_GT_TH).
        if countBefore * unit < threshold || config & 0x20 != 0 { raise(0x04, now) }
    }

    private func append(_ byte: UInt8, _ length: inout Int) {
        packet[length] = byte
        length += 1
    }

    /// A sensor slower than the packets is marked where it has nothing new.
    private func append(_ isNew: Bool, _ address: Int, _ length: inout Int) {
        let isFine = registers[R.fifoConfig1] & 0x10 != 0
        for axis in 0..<3 {
            var value = address == R.acceleration ? fine.0[axis] >> 4 : fine.1[axis] >> 4
            if !isFine {
                let first = registers[address + axis * 2], second = registers[address + axis * 2 + 1]
                value = Int32(isDataBigEndian ? UInt16(first) << 8 | UInt16(second) : UInt16(second) << 8 | UInt16(first))
            }
            let bits = isNew ? UInt16(truncatingIfNeeded: value) : 0x8000
            append(UInt8(isDataBigEndian ? bits >> 8 : bits & 0xFF), &length)
            append(UInt8(isDataBigEndian ? bits & 0xFF : bits >> 8), &length)
        }
    }

    public override func overflowFIFO(atNanoseconds now: Int64) -> Bool {
        advance(toNanoseconds: now)
        guard registers[R.fifoConfig] >> 6 != 0, registers[R.fifoConfig1] & 0x13 != 0, clock.next != nil else { return false }
        for _ in 0...fifo.capacity { fillFIFO(true, true, now) }
        return true
    }

    // MARK: interrupt

    /// The status tells everything; INT_SOURCE0 chooses what goes to the pin, in the same bits.
    private func raise(_ bit: UInt8, _ now: Int64) {
        registers[R.interruptStatus] |= bit
        guard registers[R.interruptSource0] & bit != 0 else { return }
        if !isPinActive { setPin(true, now) }
        let isLatched = registers[R.interruptConfig] & 0x04 != 0
        pulseEnd = isLatched ? nil : now + (registers[R.interruptConfig1] & 0x40 != 0 ? 8_000 : 100_000)
    }

    private func releasePin() {
        guard registers[R.interruptStatus] & registers[R.interruptSource0] == 0, pulseEnd == nil else { return }
        setPin(false, time)
    }

    override func pulseEnded(atNanoseconds now: Int64) { setPin(false, now) }

    private func setPin(_ active: Bool, _ now: Int64) {
        isPinActive = active
        // The pins only work after INT_ASYNC_RESET has been cleared.
        let shown = active && registers[R.interruptConfig1] & 0x10 == 0
        let isActiveHigh = registers[R.interruptConfig] & 0x01 != 0
        pin.drive(shown == isActiveHigh, atNanoseconds: now)
    }

    override func resetState(atNanoseconds now: Int64) {
        flush()
        (bank, latchedCount, tick, lost) = (0, 0, 0, 0)
        (accelerometerFrom, gyroscopeFrom) = (.max, .max)
        // RESET_DONE.
        registers[R.interruptStatus] = 0x10
        setPin(false, now)
    }
}
