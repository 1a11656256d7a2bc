import Board
import Platform

/// One magnetometer, polled at its rate: a state machine like `InertialSensor`, which owns it and merges its fields
/// into the samples.
public final class Magnetometer {
    /// Where the driver is on the way to fields, in this order; `adjusting` reads the factory's gains, where the chip has them.
    public enum State: UInt8, Sendable { case resetting, waiting, identifying, adjusting, configuring, verifying, running }

    public let chip: MagnetometerChip
    public internal(set) var state = State.resetting
    public internal(set) var counters = SensorCounters()
    /// As its maker writes it: "AK8963".
    public var chipName: String { description.name }

    let description: MagnetometerDescription
    private let axes: Mounting
    private var addressIndex = 0, ports: [RegisterPort]
    private var position = 0, faults = 0
    private var wakeTime: Int64 = 0
    private var gain = SIMD3<Float>(repeating: 1)
    /// Fields that no sample has carried yet, oldest first, with the times they were found.
    private let fields = UnsafeMutablePointer<(time: Int64, field: SIMD3<Float>)>.allocate(capacity: Magnetometer.capacity)
    private var waitingFields = 0
    private static let capacity = 16
    private var lastDataTime: Int64 = 0, nextCheck: Int64 = 0
    private var periodNanoseconds: Int64

    /// `isPackaged`: in one package with the accelerometer, whose axes are known; otherwise its own are taken.
    init(chip: MagnetometerChip, bus: I2CBus, isPackaged: Bool) {
        self.chip = chip
        let description = chip.description
        self.description = description
        axes = isPackaged ? description.axes : .identity
        ports = []
        for address in description.addresses {
            ports.append(RegisterPort(bus: bus, address: address, incrementFlag: description.incrementFlag))
        }
        periodNanoseconds = Int64(1e9 / Double(description.rateHertz))
    }

    /// The chip beside it has been set up again: an error's pause is over.
    func wake() { wakeTime = 0 }

    deinit { fields.deallocate() }

    /// The oldest field that no sample has carried yet, if it is from before `time`; µT.
    func takeField(until time: Int64) -> SIMD3<Float>? {
        guard waitingFields > 0, fields[0].time <= time else { return nil }
        let field = fields[0].field
        dropOldest()
        return field
    }

    private func put(_ field: SIMD3<Float>, _ time: Int64) {
        if waitingFields == Self.capacity { dropOldest() }
        fields[waitingFields] = (time, field)
        waitingFields += 1
    }

    private func dropOldest() {
        for index in 1..<waitingFields { fields[index - 1] = fields[index] }
        waitingFields -= 1
    }

    /// One step; when it wants the next one.
    func update(now: Int64) -> Int64 {
        guard now >= wakeTime else { return wakeTime }
        do throws(I2CError) {
            wakeTime = try step(now)
            if state == .running { faults = 0 }
        } catch {
            counters.count(error)
            faults += 1
            if faults >= 3 {
                enter(.resetting)
                addressIndex = (addressIndex + 1) % ports.count
            }
            wakeTime = now + Int64(min(100, 2 << min(faults, 6))) * 1_000_000
        }
        return wakeTime
    }

    private func enter(_ new: State) {
        state = new
        position = 0
    }

    private func write(_ write: RegisterWrite) throws(I2CError) { try ports[addressIndex].write(write.register, write.value) }

    private func step(_ now: Int64) throws(I2CError) -> Int64 {
        let port = ports[addressIndex]
        switch state {
        case .resetting:
            try write(description.reset)
            counters.resets &+= 1
            enter(.waiting)
            return now + description.resetMicroseconds * 1000
        case .waiting:
            enter(.identifying)
            return now
        case .identifying:
            let identity = description.identities[position]
            guard try port.read(identity.register)[0] == identity.value else {
                counters.badRegisters &+= 1
                addressIndex = (addressIndex + 1) % ports.count
                enter(.resetting)
                return now + 100_000_000
            }
            position += 1
            if position == description.identities.count { enter(description.adjustment == nil ? .configuring : .adjusting) }
            return now
        case .adjusting: return try adjust(now)
        case .configuring:
            let setting = description.settings[position]
            try write(setting)
            position += 1
            if position == description.settings.count { enter(.verifying) }
            return now + setting.settleMicroseconds * 1000
        case .verifying:
            let setting = description.settings[position]
            if setting.check != 0, try port.read(setting.register)[0] & setting.check != setting.value & setting.check {
                counters.badRegisters &+= 1
                enter(.resetting)
                return now + 10_000_000
            }
            position += 1
            if position == description.settings.count {
                enter(.running)
                lastDataTime = now
                return now + periodNanoseconds
            }
            return now
        case .running: return try poll(now)
        }
    }

    private func adjust(_ now: Int64) throws(I2CError) -> Int64 {
        guard let adjustment = description.adjustment else {
            enter(.configuring)
            return now
        }
        position += 1
        switch position {
        case 1:
            try write(adjustment.open)
            return now + adjustment.open.settleMicroseconds * 1000
        case 2:
            let codes = try ports[addressIndex].read(adjustment.register, count: 3)
            gain = SIMD3(Float(codes[0]), Float(codes[1]), Float(codes[2])) / 256 + 0.5
            return now
        default:
            try write(adjustment.close)
            enter(.configuring)
            return now + adjustment.close.settleMicroseconds * 1000
        }
    }

    private func poll(_ now: Int64) throws(I2CError) -> Int64 {
        let port = ports[addressIndex]
        var status: UInt8 = 0
        if let register = description.statusRegister {
            status = try port.read(register)[0]
            guard status & description.readyMask != 0 else { return try wait(now) }
        }
        let bytes = try port.read(description.burstRegister, count: description.burstCount)
        if description.statusRegister == nil {
            status = bytes[description.statusIndex]
            guard status & description.readyMask != 0 else { return try wait(now) }
        }
        lastDataTime = now
        let overflowByte = description.statusRegister == nil ? bytes[description.overflowIndex] : status
        if overflowByte & description.overflowMask != 0 {
            counters.overflows &+= 1
        } else {
            func axis(_ index: Int) -> Float {
                let at = description.dataIndex + 2 * index
                return Float(Int16(truncatingIfNeeded: Int(bytes[at]) | Int(bytes[at + 1]) << 8))
            }
            put(axes.apply(SIMD3(axis(0), axis(1), axis(2)) * gain * description.scale), now)
            counters.samples &+= 1
        }
        return now + periodNanoseconds
    }

    /// Not ready: soon again, unless it has been silent for so long that it must have lost its set-up.
    private func wait(_ now: Int64) throws(I2CError) -> Int64 {
        if now - lastDataTime > 5 * periodNanoseconds + 50_000_000 {
            counters.badRegisters &+= 1
            enter(.resetting)
            return now
        }
        return now + periodNanoseconds / 8
    }
}
