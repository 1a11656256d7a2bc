/// ICM-20948, after its data sheet (DS-000189 rev. 1.5): four banks, and an AK09916 on the bus behind it.
public final class ICM20948Chip: RegisterChip {
    static let quality = InertialQuality(gyroscopeNoiseDensity: 0.015 * InertialQuality.degree,
                                         accelerometerNoiseDensity: 230 * InertialQuality.microgravity,
                                         gyroscopeBias: 1 * InertialQuality.degree, temperatureZero: 21, temperaturePerDegree: 333.87)
    /// Noise bandwidths, Hz, by DLPFCFG.
    private static let gyroscopeBandwidths = [229.8, 187.6, 154.3, 73.3, 35.9, 17.8, 8.9, 376.5]
    private static let accelerometerBandwidths = [265.0, 265.0, 136.0, 68.8, 34.4, 17.0, 8.3, 499.0]
    private static let internalHertz = 1125.0
    typealias R = ICM20948Register

    private let fifo = ByteFIFO(capacity: 512)
    private let auxiliary: AuxiliaryBus
    private let master: AuxiliaryMaster
    private let sensing: InertialSensing
    private let trims: SelfTestTrims
    private var bank = 0
    private var lastFIFOByte: UInt8 = 0
    private var latchedCount = 0
    private var tick: UInt64 = 0
    private var startNanoseconds: Int64 = 0
    private var isPinActive = false

    /// In sleep, as after power-on; bias and self-test codes are drawn by the options' seed. The AK09916 feels the same motion.
    public init(motion: any Motion, options: ChipOptions = ChipOptions()) {
        auxiliary = AuxiliaryBus([(0x0C, AKMagnetometer.ak09916(motion: motion, options: options))])
        var seeds = ChipRandom(seed: options.seed ^ 0x2094_8000)
        trims = SelfTestTrims(random: &seeds, isSecondGeneration: true)
        sensing = InertialSensing(Self.quality, options: options, random: &seeds)
        let registers = RegisterFile(R.table, banks: 4)
        master = AuxiliaryMaster(.icm20948, registers: registers, bus: auxiliary)
        super.init(name: "ICM-20948", registers: registers, motion: motion, options: options)
        for axis in 0..<3 {
            registers.setReset(R.gyroscopeTrims + axis, trims.gyroscopeCodes[axis])
            registers.setReset(R.accelerometerTrims + axis, trims.accelerometerCodes[axis])
        }
    }

    // MARK: registers

    override func select(_ byte: UInt8) -> Int { bank << 8 | Int(byte & 0x7F) }

    override func following(_ address: Int) -> Int {
        address == R.fifoData ? address : (address & ~0xFF) | ((address + 1) & 0x7F)
    }

    override func load(_ address: Int) -> UInt8 {
        if address & 0xFF == R.bankSelect { return UInt8(bank << 4) }
        switch address {
        case R.fifoCountHigh:
            latchedCount = fifo.count
            return UInt8(latchedCount >> 8)
        case R.fifoCountLow:
            return UInt8(latchedCount & 0xFF)
        case R.fifoData:
            if let byte = fifo.pop() { lastFIFOByte = byte }
            return lastFIFOByte
        case R.masterStatus, R.interruptStatus...R.interruptStatus + 3, R.dataReadyStatus:
            let value = registers[address]
            registers[address] = 0
            if address != R.dataReadyStatus { releasePin() }
            return value
        default:
            return registers[address]
        }
    }

    override func endRead() {
        guard registers[R.pinConfig] & 0x10 != 0 else { return }
        for address in R.interruptStatus...R.interruptStatus + 3 { registers[address] = 0 }
        releasePin()
    }

    private func releasePin() {
        var pending: UInt8 = 0
        for address in R.interruptStatus...R.interruptStatus + 3 { pending |= registers[address] }
        if pending == 0, pulseEnd == nil { setPin(false, time) }
    }

    override func store(_ address: Int, _ value: UInt8) {
        if address & 0xFF == R.bankSelect {
            bank = Int(value >> 4 & 3)
            // The pointer of this burst stays; the next transaction starts in the new bank.
            return
        }
        switch address {
        case R.power1:
            if value & 0x80 != 0 {
                reset(atNanoseconds: time)
                return
            }
            registers[address] = registers.merged(address, value)
            restart()
        case R.userControl:
            registers[address] = registers.merged(address, value)
            if value & 0x04 != 0 { fifo.removeAll() }
        case R.fifoReset:
            registers[address] = registers.merged(address, value)
            if value & 0x1F != 0 { fifo.removeAll() }
        case R.pinConfig:
            registers[address] = registers.merged(address, value)
            setPin(isPinActive, time)
        default:
            let before = registers[address]
            registers[address] = registers.merged(address, value)
            if registers[address] != before { registerChanged(address) }
        }
    }

    override func registerChanged(_ address: Int) {
        switch address {
        case R.power1, R.power2, R.gyroscopeDivider, R.gyroscopeConfig, R.accelerometerDivider, R.accelerometerDivider + 1,
            R.accelerometerConfig:
            restart()
        default:
            break
        }
    }

    // MARK: sampling

    private var gyroscopeOff: UInt8 { registers[R.power2] & 0x07 }
    private var accelerometerOff: UInt8 { registers[R.power2] >> 3 & 0x07 }
    private var isMasterOn: Bool { registers[R.userControl] & 0x20 != 0 }

    private var gyroscopeHertz: Double {
        guard gyroscopeOff != 7 else { return 0 }
        guard registers[R.gyroscopeConfig] & 0x01 != 0 else { return 9000 }
        return Self.internalHertz / (Double(registers[R.gyroscopeDivider]) + 1)
    }

    private var accelerometerHertz: Double {
        guard accelerometerOff != 7 else { return 0 }
        guard registers[R.accelerometerConfig] & 0x01 != 0 else { return 4500 }
        let divider = Int(registers[R.accelerometerDivider] & 0x0F) << 8 | Int(registers[R.accelerometerDivider + 1])
        return Self.internalHertz / Double(divider + 1)
    }

    private func restart() {
        let hertz = max(gyroscopeHertz, accelerometerHertz)
        guard registers[R.power1] & 0x40 == 0, hertz > 0 else {
            clock.stop()
            return
        }
        if clock.next == nil {
            // 35 ms for the gyroscope, 20 ms for the accelerometer alone.
            startNanoseconds = time + (gyroscopeOff == 7 ? 20_000_000 : 35_000_000)
        } else if clock.nominalPeriod == 1e9 / hertz {
            return
        }
        tick = 0
        clock.start(atNanoseconds: max(time, startNanoseconds), hertz: hertz, random: &random)
    }

    override func sample(atNanoseconds now: Int64) {
        let hertz = 1e9 / clock.nominalPeriod
        let takesGyroscope = isDue(gyroscopeHertz, hertz), takesAccelerometer = isDue(accelerometerHertz, hertz)
        let state = motion.state(atNanoseconds: now)
        if takesAccelerometer { sampleAccelerometer(state) }
        if takesGyroscope { sampleGyroscope(state) }
        if registers[R.power1] & 0x08 == 0 {
            registers.putBigEndian(R.temperature, sensing.temperature(options.temperatureCelsius, random: &random))
        }
        if isMasterOn { master.run(sampleNumber: tick, atNanoseconds: now) }
        tick &+= 1
        if registers[R.userControl] & 0x40 != 0, registers[R.fifoReset] & 0x1F == 0 { fillFIFO(takesGyroscope, takesAccelerometer) }
        registers[R.dataReadyStatus] |= 0x01
        raise(1, 0x01, now)
    }

    private func isDue(_ slow: Double, _ fast: Double) -> Bool {
        slow > 0 && tick % max(1, UInt64((fast / slow).rounded())) == 0
    }

    private func sampleAccelerometer(_ state: MotionState) {
        let config = registers[R.accelerometerConfig]
        let range = Int(config >> 1 & 3)
        let bandwidth = config & 1 == 0 ? 1248 : Self.accelerometerBandwidths[Int(config >> 3 & 7)]
        let perUnit = Double(16_384 >> range) / standardGravity
        var value = sensing.acceleration(state.acceleration, perUnit: perUnit, bandwidth: bandwidth, random: &random)
        value += trims.accelerometerResponse(registers[R.accelerometerConfig2] >> 2 & 7, range: range)
        put(saturated(value), R.acceleration, off: accelerometerOff)
    }

    private func sampleGyroscope(_ state: MotionState) {
        let config = registers[R.gyroscopeConfig]
        let range = Int(config >> 1 & 3)
        let bandwidth = config & 1 == 0 ? 12_316 : Self.gyroscopeBandwidths[Int(config >> 3 & 7)]
        let perUnit = 32_768 / (250 * Double(1 << range)) / InertialQuality.degree
        var value = sensing.angularRate(state.angularRate, perUnit: perUnit, bandwidth: bandwidth, random: &random)
        value += trims.gyroscopeResponse(registers[R.gyroscopeConfig2] >> 3 & 7, range: range)
        // Offsets in steps of the ±1000 °/s range.
        for axis in 0..<3 {
            let address = R.gyroscopeOffset + axis * 2
            let offset = Int16(bitPattern: UInt16(registers[address]) << 8 | UInt16(registers[address + 1]))
            value[axis] += Double(offset) * 4 / Double(1 << range)
        }
        put(saturated(value), R.angularRate, off: gyroscopeOff)
    }

    private func put(_ value: SIMD3<Int16>, _ address: Int, off: UInt8) {
        for axis in 0..<3 where off & (4 >> UInt8(axis)) == 0 { registers.putBigEndian(address + axis * 2, value[axis]) }
    }

    // MARK: FIFO

    private func fillFIFO(_ gyroscope: Bool, _ accelerometer: Bool) {
        let chosen = registers[R.fifoEnable2]
        if accelerometer, chosen & 0x10 != 0 { push(R.acceleration...R.acceleration + 5) }
        if gyroscope {
            for axis in 0..<3 where chosen & (2 << UInt8(axis)) != 0 { push(R.angularRate + axis * 2...R.angularRate + axis * 2 + 1) }
        }
        if chosen & 0x01 != 0 { push(R.temperature...R.temperature + 1) }
        for slave in 0..<4 where registers[R.fifoEnable1] & (1 << UInt8(slave)) != 0 {
            if let range = master.externalRange(slave) { push(range) }
        }
    }

    private func push(_ addresses: ClosedRange<Int>) {
        for address in addresses {
            // Snapshot mode takes nothing more when full; stream lets the oldest go.
            if registers[R.fifoMode] & 0x1F != 0, fifo.count == fifo.capacity {
                raise(2, 0x01, time)
                return
            }
            if fifo.push(registers[address]) { raise(2, 0x01, time) }
        }
    }

    public override func overflowFIFO(atNanoseconds now: Int64) -> Bool {
        advance(toNanoseconds: now)
        guard registers[R.userControl] & 0x40 != 0, registers[R.fifoEnable2] & 0x1F != 0, clock.next != nil else { return false }
        for _ in 0...fifo.capacity / 2 { fillFIFO(true, true) }
        return true
    }

    // MARK: interrupt

    /// - Parameter group: which of the enable and status registers.
    private func raise(_ group: Int, _ bit: UInt8, _ now: Int64) {
        guard registers[R.interruptEnable + group] & bit != 0 else { return }
        registers[R.interruptStatus + group] |= bit
        if !isPinActive { setPin(true, now) }
        pulseEnd = registers[R.pinConfig] & 0x20 != 0 ? nil : now + 50_000
    }

    override func pulseEnded(atNanoseconds now: Int64) { setPin(false, now) }

    private func setPin(_ active: Bool, _ now: Int64) {
        isPinActive = active
        pin.drive(active != (registers[R.pinConfig] & 0x80 != 0), atNanoseconds: now)
    }

    override func resetState(atNanoseconds now: Int64) {
        fifo.removeAll()
        (bank, latchedCount, tick) = (0, 0, 0)
        isPinActive = false
    }

    public override func powerOnReset(atNanoseconds now: Int64) {
        super.powerOnReset(atNanoseconds: now)
        auxiliary.powerOnReset(atNanoseconds: now)
    }

    public override func passedThrough(_ address: UInt8) -> (any SimulatedChip)? {
        registers[R.pinConfig] & 0x02 != 0 && !isMasterOn ? auxiliary.chip(address) : nil
    }
}
