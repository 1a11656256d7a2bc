/// LSM6DSO, after its data sheet (DocID 12140 rev. 3) and application note AN5192: accelerometer and gyroscope with rates
/// of their own, a FIFO of tagged words. `pin` is INT1.
public final class LSM6DSOChip: RegisterChip {
    static let quality = InertialQuality(gyroscopeNoiseDensity: 0.0038 * InertialQuality.degree,
                                         accelerometerNoiseDensity: 70 * InertialQuality.microgravity,
                                         gyroscopeBias: 0.5 * InertialQuality.degree, temperatureZero: 25, temperaturePerDegree: 256)
    typealias R = LSM6DSORegister

    /// Hz by ODR code 1 to 10; 11 is the accelerometer's 1.6 Hz of low power.
    static let rates = [0, 12.5, 26, 52, 104, 208, 416, 833, 1666, 3332, 6664]
    private let fifo = TaggedFIFO(capacity: 512)
    private let sensing: InertialSensing
    private var tick: UInt64 = 0
    private var gyroscopeFrom: Int64 = .max
    private var accelerometerFrom: Int64 = .max
    /// Sample sets batched, for the tag's counter.
    private var batches: UInt8 = 0
    private var increments: Bool { registers[R.control3] & 0x04 != 0 }
    private var timestampBase: Int64 = 0
    private var isOverrun = false

    /// Both sensors off, as after power-on; the clock's drift stands in INTERNAL_FREQ_FINE, as the factory leaves it.
    public init(motion: any Motion, options: ChipOptions = ChipOptions()) {
        var seeds = ChipRandom(seed: options.seed ^ 0x4C53_4D36)
        sensing = InertialSensing(Self.quality, options: options, random: &seeds)
        super.init(name: "LSM6DSO", registers: RegisterFile(R.table), motion: motion, options: options)
        // The factory measures the part's own clock: steps of 0.15 %.
        let fine = Int8(min(max((options.drift / 0.0015).rounded(), -128), 127))
        registers.setReset(R.frequencyFine, UInt8(bitPattern: fine))
    }

    // MARK: registers

    override func following(_ address: Int) -> Int {
        guard increments else { return address }
        // The FIFO's output goes round by itself, so that many words are one burst.
        return address == 0x7E ? R.fifoTag : (address + 1) & 0x7F
    }

    override func load(_ address: Int) -> UInt8 {
        switch address {
        case R.fifoStatus1:
            return UInt8(truncatingIfNeeded: fifo.count)
        case R.fifoStatus2:
            let value = fifoFlags | UInt8(fifo.count >> 8)
            // The latched overrun lasts until it is read.
            isOverrun = false
            return value
        case R.fifoTag...0x7E:
            if address == R.fifoTag { fifo.take() }
            let byte = fifo.outgoing(address - R.fifoTag)
            drivePin(time)
            return byte
        case 0x22...0x27:
            let value = registers[address]
            // Data-ready falls with the reading of a high byte.
            if address % 2 == 1 { clearReady(0x02) }
            return value
        case 0x28...0x2D:
            let value = registers[address]
            if address % 2 == 1 { clearReady(0x01) }
            return value
        case R.temperature + 1:
            let value = registers[address]
            clearReady(0x04)
            return value
        case 0x40...0x43:
            guard registers[R.control10] & 0x20 != 0 else { return 0 }
            return UInt8(truncatingIfNeeded: timestamp(time) >> UInt32(8 * (address - 0x40)))
        default:
            return registers[address]
        }
    }

    private func clearReady(_ bit: UInt8) {
        registers[R.status] &= ~bit
        drivePin(time)
    }

    override func store(_ address: Int, _ value: UInt8) {
        switch address {
        case R.control3:
            if value & 0x01 != 0 || value & 0x80 != 0 {
                reset(atNanoseconds: time)
                return
            }
            registers[address] = registers.merged(address, value)
            drivePin(time)
        case 0x42:
            if value == 0xAA { timestampBase = time }
        default:
            let before = registers[address]
            registers[address] = registers.merged(address, value)
            if registers[address] != before { registerChanged(address) }
        }
    }

    override func registerChanged(_ address: Int) {
        switch address {
        case R.control1, R.control2:
            restart()
        case R.fifoControl4:
            if registers[address] & 0x07 == 0 {
                fifo.removeAll()
                isOverrun = false
            }
            drivePin(time)
        default:
            drivePin(time)
        }
    }

    // MARK: sampling

    private var accelerometerHertz: Double {
        let code = Int(registers[R.control1] >> 4)
        return code == 11 ? 1.6 : code < Self.rates.count ? Self.rates[code] : 0
    }

    private var gyroscopeHertz: Double {
        let code = Int(registers[R.control2] >> 4)
        return code < Self.rates.count ? Self.rates[code] : 0
    }

    /// One clock makes both rates: it runs at the faster, the slower takes every so many ticks.
    private func restart() {
        let accelerometer = accelerometerHertz, gyroscope = gyroscopeHertz
        let hertz = max(accelerometer, gyroscope)
        guard hertz > 0 else {
            clock.stop()
            (accelerometerFrom, gyroscopeFrom) = (.max, .max)
            return
        }
        if accelerometer == 0 { accelerometerFrom = .max } else if accelerometerFrom == .max { accelerometerFrom = time + 3_000_000 }
        // From power-down the gyroscope takes 35 ms to its zero-rate level.
        if gyroscope == 0 { gyroscopeFrom = .max } else if gyroscopeFrom == .max { gyroscopeFrom = time + 35_000_000 }
        if clock.next == nil || clock.nominalPeriod != 1e9 / hertz {
            tick = 0
            clock.start(atNanoseconds: time, hertz: hertz, random: &random)
        }
    }

    override func sample(atNanoseconds now: Int64) {
        let hertz = 1e9 / clock.nominalPeriod
        let isGyroscopeDue = now >= gyroscopeFrom && tick % divider(hertz, gyroscopeHertz) == 0
        let isAccelerometerDue = now >= accelerometerFrom && tick % divider(hertz, accelerometerHertz) == 0
        tick &+= 1
        guard isGyroscopeDue || isAccelerometerDue else { return }
        let state = motion.state(atNanoseconds: now)
        if isGyroscopeDue {
            registers.putLittleEndian(R.angularRate, angularRate(state))
            registers[R.status] |= 0x02
        }
        if isAccelerometerDue {
            registers.putLittleEndian(R.acceleration, acceleration(state))
            registers[R.status] |= 0x01
        }
        registers.putLittleEndian(R.temperature, sensing.temperature(options.temperatureCelsius, random: &random))
        registers[R.status] |= 0x04
        if registers[R.fifoControl4] & 0x07 != 0 { batch(isGyroscopeDue, isAccelerometerDue, now) }
        if registers[R.counterControl1] & 0x80 != 0 {
            // Data-ready as a pulse of 75 µs instead of a level.
            isPulsing = true
            pulseEnd = now + 75_000
        }
        drivePin(now)
    }

    private func divider(_ fast: Double, _ slow: Double) -> UInt64 { slow > 0 ? max(1, UInt64((fast / slow).rounded())) : 1 }

    private func angularRate(_ state: MotionState) -> SIMD3<Int16> {
        let config = registers[R.control2]
        // mdps/LSB: 8.75 at ±250 °/s and its doubles; 4.375 at ±125.
        let milli = config & 0x02 != 0 ? 4.375 : 8.75 * Double(1 << Int(config >> 2 & 3))
        let perUnit = 1000 / milli / InertialQuality.degree
        var value = sensing.angularRate(state.angularRate, perUnit: perUnit, bandwidth: gyroscopeHertz / 3, random: &random)
        // 150 to 700 °/s, positive or negative.
        let test = registers[R.control5] >> 2 & 3
        if test == 1 { value += SIMD3(repeating: 400_000 / milli) }
        if test == 3 { value -= SIMD3(repeating: 400_000 / milli) }
        return saturated(value)
    }

    private func acceleration(_ state: MotionState) -> SIMD3<Int16> {
        // mg/LSB by FS_XL: ±2, ±16, ±4, ±8 g.
        let milli = [0.061, 0.488, 0.122, 0.244][Int(registers[R.control1] >> 2 & 3)]
        let perUnit = 1000 / milli / standardGravity
        var value = sensing.acceleration(state.acceleration, perUnit: perUnit, bandwidth: accelerometerHertz / 2, random: &random)
        // 50 to 1700 mg.
        let test = registers[R.control5] & 3
        if test == 1 { value += SIMD3(repeating: 500 / milli) }
        if test == 2 { value -= SIMD3(repeating: 500 / milli) }
        return saturated(value)
    }

    // MARK: FIFO

    private func batch(_ gyroscope: Bool, _ accelerometer: Bool, _ now: Int64) {
        let rates = registers[R.fifoControl3]
        let hertz = 1e9 / clock.nominalPeriod
        let takesGyroscope = gyroscope && isBatched(Int(rates >> 4), of: gyroscopeHertz, at: hertz)
        let takesAccelerometer = accelerometer && isBatched(Int(rates & 0x0F), of: accelerometerHertz, at: hertz)
        guard takesGyroscope || takesAccelerometer else { return }
        batches &+= 1
        if takesGyroscope { push(.gyroscope, R.angularRate) }
        if takesAccelerometer { push(.accelerometer, R.acceleration) }
        let decimation = registers[R.fifoControl4] >> 6
        if decimation != 0, registers[R.control10] & 0x20 != 0, batches % [1, 1, 8, 32][Int(decimation)] == 0 { pushTimestamp(now) }
    }

    /// Batching slower than the sensor takes every so many samples.
    private func isBatched(_ code: Int, of sensorHertz: Double, at hertz: Double) -> Bool {
        guard code > 0 else { return false }
        let batchHertz = code < Self.rates.count ? Self.rates[code] : 6.5
        guard batchHertz < sensorHertz else { return true }
        return (tick &- 1) % divider(hertz, batchHertz) == 0
    }

    private func push(_ tag: TaggedFIFO.Tag, _ address: Int) {
        var data = SIMD8<UInt8>()
        for index in 0..<6 { data[index] = registers[address + index] }
        add(tag, data)
    }

    private func pushTimestamp(_ now: Int64) {
        var data = SIMD8<UInt8>()
        let value = timestamp(now)
        for index in 0..<4 { data[index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
        add(.timestamp, data)
    }

    private func add(_ tag: TaggedFIFO.Tag, _ data: SIMD8<UInt8>) {
        let mode = registers[R.fifoControl4] & 0x07
        let isStopping = mode == 1
        let threshold = watermark
        // STOP_ON_WTM makes the watermark the FIFO's depth.
        let depth = registers[R.fifoControl2] & 0x80 != 0 && threshold > 0 ? threshold : fifo.capacity
        if fifo.count >= depth {
            isOverrun = true
            if isStopping { return }
            fifo.drop()
        }
        fifo.push(tag, counter: batches & 3, data)
    }

    public override func overflowFIFO(atNanoseconds now: Int64) -> Bool {
        advance(toNanoseconds: now)
        guard registers[R.fifoControl4] & 0x07 != 0, registers[R.fifoControl3] != 0, clock.next != nil else { return false }
        for _ in 0...fifo.capacity {
            batches &+= 1
            if registers[R.fifoControl3] >> 4 != 0 { push(.gyroscope, R.angularRate) }
            if registers[R.fifoControl3] & 0x0F != 0 { push(.accelerometer, R.acceleration) }
        }
        drivePin(now)
        return true
    }

    private var watermark: Int { Int(registers[R.fifoControl1]) | Int(registers[R.fifoControl2] & 1) << 8 }

    private var fifoFlags: UInt8 {
        var flags: UInt8 = 0
        if watermark > 0, fifo.count >= watermark { flags |= 0x80 }
        if isOverrun { flags |= 0x48 }
        if fifo.count >= fifo.capacity - 1 { flags |= 0x20 }
        return flags
    }

    /// Steps of 25 µs of the part's own clock, as far as it drifts.
    private func timestamp(_ now: Int64) -> UInt32 {
        UInt32(truncatingIfNeeded: Int64(Double(now - timestampBase) * (1 + clock.drift) / 25_000))
    }

    // MARK: interrupt

    private var isPulsing = false

    private func drivePin(_ now: Int64) {
        let enabled = registers[R.interrupt1]
        let status = registers[R.status]
        let isPulsed = registers[R.counterControl1] & 0x80 != 0
        var active = isPulsed ? isPulsing && enabled & 0x03 != 0 : enabled & status & 0x03 != 0
        let flags = fifoFlags
        if enabled & 0x08 != 0, flags & 0x80 != 0 { active = true }
        if enabled & 0x10 != 0, flags & 0x40 != 0 { active = true }
        if enabled & 0x20 != 0, flags & 0x20 != 0 { active = true }
        let isActiveLow = registers[R.control3] & 0x20 != 0
        pin.drive(active != isActiveLow, atNanoseconds: now)
    }

    override func pulseEnded(atNanoseconds now: Int64) {
        isPulsing = false
        drivePin(now)
    }

    override func resetState(atNanoseconds now: Int64) {
        fifo.removeAll()
        (accelerometerFrom, gyroscopeFrom) = (.max, .max)
        (isOverrun, isPulsing) = (false, false)
        batches = 0
        timestampBase = now
    }
}
