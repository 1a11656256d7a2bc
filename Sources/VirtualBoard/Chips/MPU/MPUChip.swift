/// MPU-6050, MPU-6500 or MPU-9250 (with its AK8963 behind it).
public final class MPUChip: RegisterChip {
    let model: MPUModel
    let fifo: ByteFIFO
    private let auxiliary: AuxiliaryBus
    private let master: AuxiliaryMaster
    let trims: SelfTestTrims
    private let sensing: InertialSensing
    private var lastFIFOByte: UInt8 = 0
    private var latchedCount = 0
    private var wakeNanoseconds: Int64 = 0
    private var sampleNumber: UInt64 = 0

    private init(_ model: MPUModel, motion: any Motion, options: ChipOptions, behind chips: [(address: UInt8, chip: any SimulatedChip)]) {
        self.model = model
        fifo = ByteFIFO(capacity: model.fifoBytes)
        auxiliary = AuxiliaryBus(chips)
        var seeds = ChipRandom(seed: options.seed ^ 0x4D50_5500)
        trims = SelfTestTrims(random: &seeds, isSecondGeneration: model.isSecondGeneration)
        sensing = InertialSensing(model.quality, options: options, random: &seeds)
        let registers = RegisterFile(model.table)
        master = AuxiliaryMaster(.mpu, registers: registers, bus: auxiliary)
        super.init(name: model.name, registers: registers, motion: motion, options: options)
        registers.setReset(MPURegister.whoAmI, model.whoAmI)
        resetState(atNanoseconds: 0)
    }

    /// The first generation: a FIFO of 1024 bytes, and nothing on the bus behind it.
    public static func mpu6050(motion: any Motion, options: ChipOptions = ChipOptions()) -> MPUChip {
        MPUChip(.mpu6050, motion: motion, options: options, behind: [])
    }

    /// The second generation, with nothing on the bus behind it.
    public static func mpu6500(motion: any Motion, options: ChipOptions = ChipOptions()) -> MPUChip {
        MPUChip(.mpu6500, motion: motion, options: options, behind: [])
    }

    /// With an AK8963 behind it, at 0x0C.
    public static func mpu9250(motion: any Motion, options: ChipOptions = ChipOptions()) -> MPUChip {
        MPUChip(.mpu9250, motion: motion, options: options, behind: [(0x0C, AKMagnetometer.ak8963(motion: motion, options: options))])
    }

    // MARK: settings as the registers hold them

    private var isAwake: Bool { registers[MPURegister.power1] & 0x60 == 0 }
    private var gyroscopeOff: UInt8 { registers[MPURegister.power2] & 0x07 }
    private var accelerometerOff: UInt8 { registers[MPURegister.power2] >> 3 & 0x07 }
    private var filter: Int { Int(registers[MPURegister.config] & 0x07) }
    private var isFIFOOn: Bool { registers[MPURegister.userControl] & 0x40 != 0 }
    private var isMasterOn: Bool { registers[MPURegister.userControl] & 0x20 != 0 }

    /// Samples a second into the registers and the FIFO.
    var outputHertz: Double {
        let divider = Double(registers[MPURegister.sampleRateDivider]) + 1
        let isFast = filter == 0 || filter == 7
        guard model.isSecondGeneration else { return (isFast ? 8000 : 1000) / divider }
        // The divider counts only behind the filters.
        if registers[MPURegister.gyroscopeConfig] & 0x03 != 0 { return 32_000 }
        return isFast ? 8000 : 1000 / divider
    }

    private var gyroscopeBandwidth: Double {
        if model.isSecondGeneration {
            let passed = registers[MPURegister.gyroscopeConfig] & 0x03
            if passed & 1 != 0 { return 8800 }
            if passed == 2 { return 3600 }
        }
        return model.gyroscopeBandwidths[filter]
    }

    private var accelerometerBandwidth: Double {
        guard model.isSecondGeneration else { return model.accelerometerBandwidths[filter] }
        let config = registers[MPURegister.accelerometerConfig2]
        return config & 0x08 != 0 ? 1130 : model.accelerometerBandwidths[Int(config & 0x07)]
    }

    var gyroscopeRange: Int { Int(registers[MPURegister.gyroscopeConfig] >> 3 & 0x03) }
    var accelerometerRange: Int { Int(registers[MPURegister.accelerometerConfig] >> 3 & 0x03) }

    // MARK: registers

    override func following(_ address: Int) -> Int {
        // The FIFO is read in one burst from its single register.
        address == MPURegister.fifoData ? address : (address + 1) & 0x7F
    }

    override func select(_ byte: UInt8) -> Int { Int(byte & 0x7F) }

    override func load(_ address: Int) -> UInt8 {
        switch address {
        case MPURegister.fifoCountHigh:
            // Reading the high byte freezes the count for the low one.
            latchedCount = fifo.count
            return UInt8(latchedCount >> 8)
        case MPURegister.fifoCountLow:
            return UInt8(latchedCount & 0xFF)
        case MPURegister.fifoData:
            // An empty FIFO repeats its last byte.
            if let byte = fifo.pop() { lastFIFOByte = byte }
            return lastFIFOByte
        case MPURegister.interruptStatus:
            let status = registers[address]
            clearInterrupt()
            return status
        case MPURegister.masterStatus:
            let status = registers[address]
            registers[address] = 0
            return status
        default:
            return registers[address]
        }
    }

    override func endRead() {
        if registers[MPURegister.pinConfig] & 0x10 != 0 { clearInterrupt() }
    }

    private func clearInterrupt() {
        registers[MPURegister.interruptStatus] = 0
        if pulseEnd == nil { setPin(false, time) }
    }

    override func store(_ address: Int, _ value: UInt8) {
        switch address {
        case MPURegister.power1:
            if value & 0x80 != 0 {
                reset(atNanoseconds: time)
                return
            }
            registers[address] = registers.merged(address, value)
            restart()
        case MPURegister.userControl:
            registers[address] = registers.merged(address, value)
            if value & 0x04 != 0 { fifo.removeAll() }
            if value & 0x01 != 0 { clearSamples() }
        case MPURegister.signalReset:
            if value & 0x07 != 0 { clearSamples() }
        case MPURegister.pinConfig:
            registers[address] = registers.merged(address, value)
            setPin(isPinActive, time)
        case MPURegister.fifoData:
            if isFIFOOn { push(value) }
        default:
            let before = registers[address]
            registers[address] = registers.merged(address, value)
            if registers[address] != before { registerChanged(address) }
        }
    }

    override func registerChanged(_ address: Int) {
        switch address {
        case MPURegister.sampleRateDivider, MPURegister.config, MPURegister.gyroscopeConfig, MPURegister.power1, MPURegister.power2:
            restart()
        default:
            break
        }
    }

    private func clearSamples() {
        for address in MPURegister.acceleration...MPURegister.externalEnd { registers[address] = 0 }
    }

    // MARK: sampling

    private func restart() {
        let wasRunning = clock.next != nil
        let mustRun = isAwake && (gyroscopeOff != 7 || accelerometerOff != 7)
        guard mustRun else {
            clock.stop()
            return
        }
        let hertz = outputHertz
        if wasRunning {
            if clock.nominalPeriod != 1e9 / hertz { clock.start(atNanoseconds: max(time, wakeNanoseconds), hertz: hertz, random: &random) }
            return
        }
        wakeNanoseconds = time + (gyroscopeOff == 7 ? model.accelerometerStartNanoseconds : model.gyroscopeStartNanoseconds)
        clock.start(atNanoseconds: wakeNanoseconds, hertz: hertz, random: &random)
    }

    override func sample(atNanoseconds now: Int64) {
        let state = motion.state(atNanoseconds: now)
        let hertz = 1e9 / clock.nominalPeriod
        // The accelerometer keeps to 1 kHz (4 kHz unfiltered) while the gyroscope runs faster.
        let accelerometerHertz = model.isSecondGeneration && registers[MPURegister.accelerometerConfig2] & 0x08 != 0 ? 4000.0 : 1000.0
        let repeats = max(1, UInt64(hertz / accelerometerHertz))
        if accelerometerOff != 7, sampleNumber % repeats == 0 {
            let perUnit = Double(16_384 >> accelerometerRange) / standardGravity
            var value = sensing.acceleration(state.acceleration, perUnit: perUnit, bandwidth: accelerometerBandwidth, random: &random)
            value += accelerometerSelfTest + accelerometerOffset
            put(saturated(value), MPURegister.acceleration, off: accelerometerOff)
        }
        if gyroscopeOff != 7 {
            let perUnit = 32_768 / (250 * Double(1 << gyroscopeRange)) / InertialQuality.degree
            var value = sensing.angularRate(state.angularRate, perUnit: perUnit, bandwidth: gyroscopeBandwidth, random: &random)
            value += gyroscopeSelfTest + gyroscopeOffset
            put(saturated(value), MPURegister.angularRate, off: gyroscopeOff)
        }
        if registers[MPURegister.power1] & 0x08 == 0 {
            registers.putBigEndian(MPURegister.temperature, sensing.temperature(options.temperatureCelsius, random: &random))
        }
        if isMasterOn { master.run(sampleNumber: sampleNumber, atNanoseconds: now) }
        sampleNumber &+= 1
        if isFIFOOn { fillFIFO() }
        raise(0x01, now)
    }

    /// Axes in standby keep what they had.
    private func put(_ value: SIMD3<Int16>, _ address: Int, off: UInt8) {
        for axis in 0..<3 where off & (4 >> UInt8(axis)) == 0 { registers.putBigEndian(address + axis * 2, value[axis]) }
    }

    // MARK: FIFO

    private func push(_ byte: UInt8) {
        let isStopping = model.isSecondGeneration && registers[MPURegister.config] & 0x40 != 0
        if isStopping, fifo.count == fifo.capacity {
            raise(0x10, time)
            return
        }
        if fifo.push(byte) { raise(0x10, time) }
    }

    private func push(_ addresses: ClosedRange<Int>) {
        for address in addresses { push(registers[address]) }
    }

    /// One set of the chosen sensors, in the order of their registers.
    private func fillFIFO() {
        let chosen = registers[MPURegister.fifoEnable]
        guard chosen != 0 || registers[MPURegister.masterControl] & 0x20 != 0 else { return }
        if chosen & 0x08 != 0 { push(0x3B...0x40) }
        if chosen & 0x80 != 0 { push(0x41...0x42) }
        if chosen & 0x40 != 0 { push(0x43...0x44) }
        if chosen & 0x20 != 0 { push(0x45...0x46) }
        if chosen & 0x10 != 0 { push(0x47...0x48) }
        for slave in 0..<4 {
            let isChosen = slave < 3 ? chosen & (1 << UInt8(slave)) != 0 : registers[MPURegister.masterControl] & 0x20 != 0
            if isChosen, let range = master.externalRange(slave) { push(range) }
        }
    }

    public override func overflowFIFO(atNanoseconds now: Int64) -> Bool {
        advance(toNanoseconds: now)
        guard isFIFOOn, registers[MPURegister.fifoEnable] != 0, clock.next != nil else { return false }
        // As if nobody had read for a while.
        var sets = 0
        while sets <= fifo.capacity {
            let before = fifo.count
            fillFIFO()
            sets += 1
            if before == fifo.capacity || fifo.count == before { break }
        }
        return true
    }

    // MARK: interrupt

    private var isPinActive = false

    private func raise(_ bit: UInt8, _ now: Int64) {
        guard registers[MPURegister.interruptEnable] & bit != 0 else { return }
        registers[MPURegister.interruptStatus] |= bit
        let isLatched = registers[MPURegister.pinConfig] & 0x20 != 0
        if !isPinActive { setPin(true, now) }
        pulseEnd = isLatched ? nil : now + 50_000
    }

    override func pulseEnded(atNanoseconds now: Int64) { setPin(false, now) }

    private func setPin(_ active: Bool, _ now: Int64) {
        isPinActive = active
        let isActiveLow = registers[MPURegister.pinConfig] & 0x80 != 0
        pin.drive(active != isActiveLow, atNanoseconds: now)
    }

    override func resetState(atNanoseconds now: Int64) {
        fifo.removeAll()
        latchedCount = 0
        isPinActive = false
        sampleNumber = 0
        writeTrims()
        restart()
    }

    public override func powerOnReset(atNanoseconds now: Int64) {
        super.powerOnReset(atNanoseconds: now)
        // The same supply.
        auxiliary.powerOnReset(atNanoseconds: now)
    }

    // MARK: the bus behind

    public override func passedThrough(_ address: UInt8) -> (any SimulatedChip)? {
        let isBypassed = registers[MPURegister.pinConfig] & 0x02 != 0 && !isMasterOn
        return isBypassed ? auxiliary.chip(address) : nil
    }
}
