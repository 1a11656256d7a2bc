import Platform
import Testing
@testable import VirtualBoard

/// Facts of the register maps RM-MPU-6000A 4.2, RM-MPU-6500A 2.1 and RM-MPU-9250A 1.6.
@Suite struct ChipMPUTests {
    static let parts: [(name: String, whoAmI: UInt8, power: UInt8, fifo: Int)] = [
        ("MPU-6050", 0x68, 0x40, 1024), ("MPU-6500", 0x70, 0x01, 512), ("MPU-9250", 0x71, 0x01, 512),
    ]

    static func chip(_ name: String, _ motion: any Motion = StillMotion(), _ options: ChipOptions = .ideal) -> MPUChip {
        switch name {
        case "MPU-6050": return .mpu6050(motion: motion, options: options)
        case "MPU-6500": return .mpu6500(motion: motion, options: options)
        default: return .mpu9250(motion: motion, options: options)
        }
    }

    /// Awake, 1 kHz behind the filters.
    static func running(_ name: String, _ motion: any Motion = StillMotion(), _ options: ChipOptions = .ideal) throws
        -> (ChipBench, MPUChip) {
        let chip = chip(name, motion, options)
        let bench = ChipBench(chip, at: 0x68)
        try bench.write(0x1A, 0x01)
        try bench.write(0x6B, 0x01)
        bench.pass(milliseconds: 50)
        return (bench, chip)
    }

    @Test(arguments: parts)
    func resetValues(_ part: (name: String, whoAmI: UInt8, power: UInt8, fifo: Int)) throws {
        let bench = ChipBench(Self.chip(part.name), at: 0x68)
        #expect(try bench.byte(0x75) == part.whoAmI)
        #expect(try bench.byte(0x6B) == part.power)
        for register: UInt8 in [0x19, 0x1A, 0x1B, 0x1C, 0x23, 0x24, 0x37, 0x38, 0x6A, 0x6C, 0x72, 0x73] {
            #expect(try bench.byte(register) == 0)
        }
        // A reset brings them back.
        try bench.write(0x6B, 0x01)
        try bench.write(0x19, 7, 1, 0x18, 0x18)
        #expect(try bench.read(0x19, 4) == [7, 1, 0x18, 0x18])
        try bench.write(0x6B, 0x80)
        #expect(try bench.read(0x19, 4) == [0, 0, 0, 0])
        #expect(try bench.byte(0x6B) == part.power)
        // Read-only ones stay.
        try bench.write(0x75, 0)
        try bench.write(0x3B, 1, 2)
        #expect(try bench.byte(0x75) == part.whoAmI)
    }

    @Test(arguments: parts)
    func ranges(_ part: (name: String, whoAmI: UInt8, power: UInt8, fifo: Int)) throws {
        let state = MotionState(acceleration: SIMD3(1, -2, 9), angularRate: SIMD3(0.5, -1, 2), magneticField: .zero)
        let (bench, _) = try Self.running(part.name, StillMotion(state))
        for range in 0..<4 {
            try bench.write(0x1B, UInt8(range << 3), UInt8(range << 3))
            bench.pass(milliseconds: 60)
            let values = try bench.bigEndian(0x3B, 7)
            let perG = Double(16_384 >> range), perDegree = 32_768 / Double(250 << range)
            for axis in 0..<3 {
                #expect(abs(Double(values[axis]) - state.acceleration[axis] / 9.80665 * perG) <= 0.5)
                #expect(abs(Double(values[axis + 4]) - state.angularRate[axis] * 180 / .pi * perDegree) <= 0.5)
            }
        }
        // 31 °C by each part's own formula.
        let raw = Double(try bench.bigEndian(0x41, 1)[0])
        let celsius = part.name == "MPU-6050" ? raw / 340 + 36.53 : raw / 333.87 + 21
        #expect(abs(celsius - 31) < 0.01)
    }

    @Test func saturation() throws {
        let state = MotionState(acceleration: SIMD3(-40, 40, 0), angularRate: SIMD3(10, -10, 0), magneticField: .zero)
        let (bench, _) = try Self.running("MPU-6050", StillMotion(state))
        let values = try bench.bigEndian(0x3B, 7)
        #expect(values[0] == -32_768 && values[1] == 32_767 && values[4] == 32_767 && values[5] == -32_768)
    }

    @Test(arguments: parts)
    func rates(_ part: (name: String, whoAmI: UInt8, power: UInt8, fifo: Int)) throws {
        for (divider, drift) in [(0, 0.0), (4, 0.03), (9, -0.03)] {
            var options = ChipOptions.ideal
            options.drift = drift
            let (bench, chip) = try Self.running(part.name, StillMotion(), options)
            try bench.write(0x19, UInt8(divider))
            let trace = SampleTrace(capacity: 8192)
            chip.trace = trace
            bench.pass(milliseconds: 5000)
            _ = try bench.byte(0x75)
            let expected = 5000.0 / Double(divider + 1) * (1 + drift)
            #expect(abs(Double(trace.count) - expected) <= 2)
        }
    }

    @Test(arguments: parts)
    func fifo(_ part: (name: String, whoAmI: UInt8, power: UInt8, fifo: Int)) throws {
        let state = MotionState(acceleration: SIMD3(1, 2, 3), angularRate: SIMD3(0.1, 0.2, 0.3), magneticField: .zero)
        let (bench, _) = try Self.running(part.name, StillMotion(state))
        try bench.write(0x19, 9)
        try bench.write(0x23, 0xF8)
        try bench.write(0x38, 0x10)
        try bench.write(0x6A, 0x04)
        try bench.write(0x6A, 0x40)
        bench.pass(milliseconds: 100)
        let count = Int(try bench.bigEndian(0x72, 1)[0])
        #expect(count == 14 * 10 || count == 14 * 9)
        // One set: accelerometer, temperature, gyroscope, as in the registers.
        let set = try bench.read(0x74, 14)
        #expect(set == (try bench.read(0x3B, 14)))
        #expect(Int(try bench.bigEndian(0x72, 1)[0]) == count - 14)
        // Overflow keeps the newest and says so.
        #expect(try bench.byte(0x3A) & 0x10 == 0)
        bench.pass(milliseconds: 2000)
        #expect(Int(try bench.bigEndian(0x72, 1)[0]) == part.fifo)
        #expect(try bench.byte(0x3A) & 0x10 != 0)
        #expect(try bench.byte(0x3A) & 0x10 == 0)
        try bench.write(0x6A, 0x44)
        #expect(Int(try bench.bigEndian(0x72, 1)[0]) == 0)
    }

    @Test func sleepStopsSamples() throws {
        let (bench, chip) = try Self.running("MPU-6050")
        try bench.write(0x6B, 0x40)
        chip.trace = SampleTrace(capacity: 16)
        bench.pass(milliseconds: 100)
        _ = try bench.byte(0x75)
        #expect(chip.trace!.count == 0)
        try bench.write(0x6B, 0x01)
        bench.pass(milliseconds: 29)
        _ = try bench.byte(0x75)
        #expect(chip.trace!.count == 0)
        bench.pass(milliseconds: 10)
        _ = try bench.byte(0x75)
        #expect(chip.trace!.count > 0)
    }

    @Test func interruptPulsesOrLatches() throws {
        let (bench, chip) = try Self.running("MPU-6050")
        try bench.write(0x19, 9)
        try bench.write(0x38, 0x01)
        let before = chip.pin.changes
        bench.pass(milliseconds: 100)
        #expect(try bench.byte(0x3A) == 1)
        #expect((19...21).contains(chip.pin.changes - before))
        // Latched: one rise, until the status is read.
        try bench.write(0x37, 0x20)
        bench.pass(milliseconds: 25)
        _ = try bench.byte(0x75)
        #expect(chip.interruptLevel)
        let latched = chip.pin.changes
        bench.pass(milliseconds: 100)
        _ = try bench.byte(0x3B)
        #expect(chip.pin.changes == latched)
        _ = try bench.byte(0x3A)
        #expect(!chip.interruptLevel)
        // Active low, cleared by any read.
        try bench.write(0x37, 0xB0)
        bench.pass(milliseconds: 25)
        // Seen before the read clears it.
        chip.advance(toNanoseconds: bench.time.now())
        #expect(!chip.interruptLevel)
        _ = try bench.byte(0x3B)
        #expect(chip.interruptLevel)
    }

    @Test(arguments: ["MPU-6050", "MPU-6500"])
    func noise(_ name: String) throws {
        var options = ChipOptions(seed: 5)
        options.gyroscopeBias = .zero
        let (bench, chip) = try Self.running(name, StillMotion(), options)
        // 20 Hz filters.
        try bench.write(0x1A, 0x04)
        try bench.write(0x1D, 0x04)
        var force: [Double] = [], rate: [Double] = []
        for _ in 0..<4000 {
            bench.pass(milliseconds: 1)
            let values = try bench.bigEndian(0x3B, 7)
            force.append(Double(values[0]) / 16_384)
            rate.append(Double(values[4]) / 131.072)
        }
        _ = chip
        let quality = name == "MPU-6050" ? (400e-6, 0.005, 21.0) : (300e-6, 0.01, 20.0)
        #expect(abs(statistics(force).deviation / (quality.0 * quality.2.squareRoot()) - 1) < 0.06)
        #expect(abs(statistics(rate).deviation / (quality.1 * 20.0.squareRoot()) - 1) < 0.08)
        #expect(abs(statistics(rate).mean) < 0.005)
    }

    /// The 6050's formulas: gyroscope 25 × 131 × 1.046^(code − 1) at ±250 °/s, accelerometer
    /// 4096 × 0.34 × (0.92 / 0.34)^((code − 1) / 30) at ±8 g; a part passes within 14 %.
    @Test func selfTestFirstGeneration() throws {
        let (bench, _) = try Self.running("MPU-6050")
        try bench.write(0x1B, 0x00, 0x10)
        bench.pass(milliseconds: 60)
        let off = try bench.bigEndian(0x3B, 7)
        try bench.write(0x1B, 0xE0, 0xF0)
        bench.pass(milliseconds: 60)
        let on = try bench.bigEndian(0x3B, 7)
        let codes = try bench.read(0x0D, 4)
        for axis in 0..<3 {
            let gyroscope = Double(codes[axis] & 0x1F)
            let accelerometer = Double((codes[axis] >> 5) << 2 | codes[3] >> UInt8(4 - 2 * axis) & 3)
            #expect(gyroscope > 0 && accelerometer > 0)
            let rate = (axis == 1 ? -25.0 : 25.0) * 131 * power(1.046, gyroscope - 1)
            let force = 4096 * 0.34 * power(0.92 / 0.34, (accelerometer - 1) / 30)
            #expect(abs((Double(on[axis + 4]) - Double(off[axis + 4])) / rate - 1) < 0.14)
            #expect(abs((Double(on[axis]) - Double(off[axis])) / force - 1) < 0.14)
        }
    }

    @Test func selfTestSecondGeneration() throws {
        let (bench, _) = try Self.running("MPU-9250")
        let off = try bench.bigEndian(0x3B, 7)
        try bench.write(0x1B, 0xE0, 0xE0)
        bench.pass(milliseconds: 60)
        let on = try bench.bigEndian(0x3B, 7)
        let gyroscope = try bench.read(0x00, 3), accelerometer = try bench.read(0x0D, 3)
        for axis in 0..<3 {
            let rate = (Double(on[axis + 4]) - Double(off[axis + 4])) / (2620 * power(1.01, Double(gyroscope[axis]) - 1))
            let force = (Double(on[axis]) - Double(off[axis])) / (2620 * power(1.01, Double(accelerometer[axis]) - 1))
            #expect(rate > 0.5 && force > 0.5 && force < 1.5)
        }
    }

    @Test func magnetometerInBypassAndThroughTheMaster() throws {
        let state = MotionState(acceleration: .zero, angularRate: .zero, magneticField: SIMD3(10, 20, -40))
        let (bench, _) = try Self.running("MPU-9250", StillMotion(state))
        #expect(throws: (any Error).self) { try bench.byte(0x00, from: 0x0C) }
        try bench.write(0x37, 0x02)
        #expect(try bench.byte(0x00, from: 0x0C) == 0x48)
        // Sensitivity codes, then 100 Hz with 16 bits.
        try bench.write(0x0A, 0x0F, to: 0x0C)
        let codes = try bench.read(0x10, 3, from: 0x0C)
        try bench.write(0x0A, 0x00, to: 0x0C)
        #expect(try bench.read(0x10, 3, from: 0x0C) == [0, 0, 0])
        try bench.write(0x0A, 0x16, to: 0x0C)
        bench.pass(milliseconds: 25)
        #expect(try bench.byte(0x02, from: 0x0C) & 1 == 1)
        func field(_ raw: [Int16]) -> [Double] {
            (0..<3).map { axis in
                let factor = (Double(codes[axis]) - 128) * 0.5 / 128 + 1
                return Double(raw[axis]) * 0.15 * factor
            }
        }
        let direct = field(ChipBench.littleEndian(try bench.read(0x03, 7, from: 0x0C)))
        for (value, expected) in zip(direct, [20.0, 10, 40]) { #expect(abs(value - expected) < 0.1) }
        // The chip's own master: seven bytes from HXL into the external registers, at 200 Hz.
        try bench.write(0x37, 0x00)
        try bench.write(0x19, 4)
        try bench.write(0x25, 0x8C, 0x03, 0x87)
        try bench.write(0x6A, 0x20)
        #expect(throws: (any Error).self) { try bench.byte(0x00, from: 0x0C) }
        bench.pass(milliseconds: 30)
        let bytes = try bench.read(0x49, 7)
        for (value, expected) in zip(field(ChipBench.littleEndian(bytes)), [20.0, 10, 40]) { #expect(abs(value - expected) < 0.1) }
        #expect(bytes[6] == 0x10)
        // Nobody at that address.
        try bench.write(0x25, 0x8E)
        bench.pass(milliseconds: 10)
        #expect(try bench.byte(0x36) & 1 == 1)
        #expect(try bench.byte(0x75) == 0x71)
    }
}

/// Integer or not, without Foundation.
func power(_ base: Double, _ exponent: Double) -> Double {
    var result = 1.0, root = base, rest = exponent
    while rest >= 1 {
        result *= base
        rest -= 1
    }
    var bit = 0.5
    while bit > 1e-9 {
        root = root.squareRoot()
        if rest >= bit {
            result *= root
            rest -= bit
        }
        bit /= 2
    }
    return result
}
