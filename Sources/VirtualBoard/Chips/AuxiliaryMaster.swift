/// The I2C master inside an InvenSense chip: four slaves read or written with every sample, a fifth on command. The MPU
/// family and the ICM-20948 differ in where its registers are.
final class AuxiliaryMaster {
    struct Layout: Sendable {
        /// Address, register and control of slave 0; the next slave is `stride` on.
        var slave0: Int, stride: Int
        /// Output byte of slave 0, and the step to the next.
        var output0: Int, outputStride: Int
        /// Address and register; then control, output and input, which the chips order differently.
        var slave4: Int, slave4Control: Int, slave4Output: Int, slave4Input: Int
        var status: Int, delay: Int
        var external: ClosedRange<Int>
    }

    let layout: Layout
    let bus: AuxiliaryBus
    private let registers: RegisterFile
    private var scratch = MasterScratch()

    init(_ layout: Layout, registers: RegisterFile, bus: AuxiliaryBus) {
        self.layout = layout
        self.registers = registers
        self.bus = bus
    }

    /// Bytes that a slave's reads deliver; 0 where it is off or writes.
    func readLength(_ slave: Int) -> Int {
        let base = layout.slave0 + slave * layout.stride
        let isReading = registers[base] & 0x80 != 0 && registers[base + 2] & 0x80 != 0
        return isReading ? Int(registers[base + 2] & 0x0F) : 0
    }

    /// Where each slave's bytes lie among the external registers; nil where it has none.
    func externalRange(_ slave: Int) -> ClosedRange<Int>? {
        var start = layout.external.lowerBound
        for before in 0..<slave { start += readLength(before) }
        let end = min(start + readLength(slave) - 1, layout.external.upperBound)
        return end >= start ? start...end : nil
    }

    /// One round, with a sample of the chip.
    func run(sampleNumber: UInt64, atNanoseconds now: Int64) {
        let delay = UInt64(registers[layout.slave4Control] & 0x1F) + 1
        for slave in 0..<4 {
            let base = layout.slave0 + slave * layout.stride
            let control = registers[base + 2]
            let isDelayed = registers[layout.delay] & (1 << UInt8(slave)) != 0
            guard control & 0x80 != 0, !isDelayed || sampleNumber % delay == 0 else { continue }
            let address = registers[base] & 0x7F
            let register: UInt8? = control & 0x20 != 0 ? nil : registers[base + 1]
            let done: Bool
            if registers[base] & 0x80 != 0 {
                let length = readLength(slave)
                done = scratch.read(bus, address, register, length, atNanoseconds: now)
                if done, let range = externalRange(slave) {
                    for target in range {
                        registers[target] = scratch.byte(target - range.lowerBound, of: length, swapping: control & 0x40 != 0,
                                                         oddGroups: control & 0x10 != 0, first: registers[base + 1])
                    }
                }
            } else {
                let value = registers[layout.output0 + slave * layout.outputStride]
                done = bus.write(address, register: register, value: value, atNanoseconds: now)
            }
            if !done { registers[layout.status] |= 1 << UInt8(slave) }
        }
        runSlave4(atNanoseconds: now)
    }

    /// Single transfers: switched off by themselves when done.
    private func runSlave4(atNanoseconds now: Int64) {
        let control = registers[layout.slave4Control]
        guard control & 0x80 != 0 else { return }
        let address = registers[layout.slave4]
        let register: UInt8? = control & 0x20 != 0 ? nil : registers[layout.slave4 + 1]
        let done: Bool
        if address & 0x80 != 0 {
            done = scratch.read(bus, address & 0x7F, register, 1, atNanoseconds: now)
            if done { registers[layout.slave4Input] = scratch.byte(0, of: 1, swapping: false, oddGroups: false, first: 0) }
        } else {
            done = bus.write(address & 0x7F, register: register, value: registers[layout.slave4Output], atNanoseconds: now)
        }
        registers[layout.slave4Control] &= 0x7F
        registers[layout.status] |= done ? 0x40 : 0x10
    }
}

extension AuxiliaryMaster.Layout {
    static let mpu = AuxiliaryMaster.Layout(
        slave0: 0x25, stride: 3, output0: 0x63, outputStride: 1, slave4: 0x31, slave4Control: 0x34, slave4Output: 0x33,
        slave4Input: 0x35, status: 0x36, delay: 0x67, external: 0x49...0x60)

    static let icm20948 = AuxiliaryMaster.Layout(
        slave0: 0x303, stride: 4, output0: 0x306, outputStride: 4, slave4: 0x313, slave4Control: 0x315, slave4Output: 0x316,
        slave4Input: 0x317, status: 0x017, delay: 0x302, external: 0x03B...0x052)
}
