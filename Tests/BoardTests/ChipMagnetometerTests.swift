import Platform
import Testing
@testable import VirtualBoard

/// Facts of the data sheets MS1356-E (AK8963), MS1807-E (AK09916), 13-52-04 (QMC5883L), DocID024204 (LIS3MDL).
@Suite struct ChipMagnetometerTests {
    static let field = StillMotion(MotionState(acceleration: .zero, angularRate: .zero, magneticField: SIMD3(10, 20, -40)))

    @Test func ak8963ModesAndOverrun() throws {
        let bench = ChipBench(AKMagnetometer.ak8963(motion: Self.field, options: .ideal), at: 0x0C)
        #expect(try bench.byte(0x00) == 0x48)
        #expect(try bench.byte(0x02) == 0)
        // One measurement, then power-down by itself.
        try bench.write(0x0A, 0x11)
        bench.pass(milliseconds: 9)
        #expect(try bench.byte(0x02) == 1)
        #expect(try bench.byte(0x0A) == 0x10)
        // Data that nobody read is overrun, told by DOR until ST2 is read.
        try bench.write(0x0A, 0x16)
        bench.pass(milliseconds: 55)
        #expect(try bench.byte(0x02) & 0x03 == 0x03)
        _ = try bench.read(0x03, 7)
        #expect(try bench.byte(0x02) & 0x03 == 0)
        // Between reading data and ST2 nothing changes.
        bench.pass(milliseconds: 15)
        _ = try bench.byte(0x03)
        bench.pass(milliseconds: 50)
        #expect(try bench.byte(0x02) & 0x01 == 0)
        _ = try bench.byte(0x09)
        bench.pass(milliseconds: 15)
        #expect(try bench.byte(0x02) & 0x01 == 1)
        // Rates.
        for (mode, hertz) in [(UInt8(0x12), 8.0), (0x16, 100)] {
            let chip = AKMagnetometer.ak8963(motion: Self.field, options: .ideal)
            chip.trace = SampleTrace(capacity: 4)
            let bench = ChipBench(chip, at: 0x0C)
            try bench.write(0x0A, mode)
            bench.pass(milliseconds: 8000)
            _ = try bench.byte(0x00)
            #expect(abs(Double(chip.trace!.count) - hertz * 8) <= 1)
        }
    }

    @Test func ak8963SelfTest() throws {
        let bench = ChipBench(AKMagnetometer.ak8963(motion: Self.field, options: .ideal), at: 0x0C)
        try bench.write(0x0C, 0x40)
        try bench.write(0x0A, 0x18)
        bench.pass(milliseconds: 10)
        #expect(try bench.byte(0x02) & 1 == 1)
        let raw = try bench.littleEndian(0x03, 3)
        try bench.write(0x0C, 0x00)
        try bench.write(0x0A, 0x0F)
        let codes = try bench.read(0x10, 3)
        let limits: [ClosedRange<Double>] = [-200...200, -200...200, -3200 ... -800]
        for axis in 0..<3 {
            let factor = (Double(codes[axis]) - 128) * 0.5 / 128 + 1
            #expect(limits[axis].contains(Double(raw[axis]) * factor))
        }
    }

    @Test func ak8963Overflow() throws {
        let strong = StillMotion(MotionState(acceleration: .zero, angularRate: .zero, magneticField: SIMD3(3000, 2500, 0)))
        let bench = ChipBench(AKMagnetometer.ak8963(motion: strong, options: .ideal), at: 0x0C)
        try bench.write(0x0A, 0x16)
        bench.pass(milliseconds: 15)
        #expect(try bench.read(0x03, 7)[6] & 0x08 == 0x08)
    }

    @Test func ak09916RatesAndAddresses() throws {
        for (mode, hertz) in [(UInt8(0x02), 10.0), (0x04, 20), (0x06, 50), (0x08, 100)] {
            let chip = AKMagnetometer.ak09916(motion: Self.field, options: .ideal)
            chip.trace = SampleTrace(capacity: 4)
            let bench = ChipBench(chip, at: 0x0C)
            #expect(try bench.read(0x00, 2) == [0x48, 0x09])
            try bench.write(0x31, mode)
            bench.pass(milliseconds: 5000)
            _ = try bench.byte(0x00)
            #expect(abs(Double(chip.trace!.count) - hertz * 5) <= 1)
            // 0x18 is followed by 0x00.
            #expect(try bench.read(0x18, 2)[1] == 0x48)
        }
    }

    @Test func qmc5883l() throws {
        let chip = QMC5883LChip(motion: Self.field, options: .ideal)
        let bench = ChipBench(chip, at: 0x0D)
        #expect(try bench.byte(0x0D) == 0xFF)
        try bench.write(0x0A, 0x00)
        for (range, perGauss) in [(UInt8(0x00), 12_000.0), (0x10, 3000)] {
            try bench.write(0x09, 0x0D | range)
            bench.pass(milliseconds: 12)
            #expect(try bench.byte(0x06) & 1 == 1)
            #expect(chip.interruptLevel)
            let values = try bench.littleEndian(0x00, 3)
            for (value, microtesla) in zip(values, [10.0, 20, -40]) { #expect(abs(Double(value) - microtesla / 100 * perGauss) <= 0.5) }
            #expect(try bench.byte(0x06) & 1 == 0)
            #expect(!chip.interruptLevel)
        }
        // ROL_PNT: after the status comes the first data register.
        try bench.write(0x0A, 0x40)
        let twice = try bench.read(0x00, 13)
        #expect(Array(twice[0..<6]) == Array(twice[7..<13]))
        // Skipped data.
        bench.pass(milliseconds: 30)
        #expect(try bench.byte(0x06) & 0x04 != 0)
        try bench.write(0x0A, 0x80)
        #expect(try bench.byte(0x09) == 0)
    }

    @Test func lis3mdl() throws {
        let chip = LIS3MDLChip(motion: Self.field, options: .ideal)
        let bench = ChipBench(chip, at: 0x1C)
        let resets: [(UInt8, UInt8)] = [(0x0F, 0x3D), (0x20, 0x10), (0x21, 0), (0x22, 0x03), (0x23, 0), (0x24, 0)]
        for (register, value) in resets { #expect(try bench.byte(register) == value) }
        // Increments only with the top bit.
        #expect(try bench.read(0x0F, 2) == [0x3D, 0x3D])
        try bench.write(0x20, 0xFC)
        try bench.write(0x22, 0x00)
        for (scale, perGauss) in [(UInt8(0x00), 6842.0), (0x20, 3421), (0x40, 2281), (0x60, 1711)] {
            try bench.write(0x21, scale)
            bench.pass(milliseconds: 30)
            chip.advance(toNanoseconds: bench.time.now())
            #expect(chip.interruptLevel)
            let bytes = try bench.read(0xA7, 7)
            #expect(bytes[0] & 0x0F == 0x0F)
            for (value, microtesla) in zip(ChipBench.littleEndian(Array(bytes[1...])), [10.0, 20, -40]) {
                #expect(abs(Double(value) - microtesla / 100 * perGauss) <= 0.5)
            }
            #expect(!chip.interruptLevel)
        }
        #expect(Double(try bench.read(0xAE, 2)[0]) / 8 + 25 == 31)
        // Self-test at ±12 G: 1 to 3, 1 to 3, 0.1 to 1 gauss.
        try bench.write(0x21, 0x40)
        bench.pass(milliseconds: 30)
        let off = ChipBench.littleEndian(try bench.read(0xA8, 6))
        try bench.write(0x20, 0xFD)
        bench.pass(milliseconds: 30)
        let on = ChipBench.littleEndian(try bench.read(0xA8, 6))
        for (axis, limits) in [1.0...3.0, 1.0...3.0, 0.1...1.0].enumerated() {
            #expect(limits.contains(Double(on[axis] - off[axis]) / 2281))
        }
        // Rates, the fast ones by operating mode.
        for (config, hertz) in [(UInt8(0x10), 10.0), (0x1C, 80), (0x02, 1000), (0x62, 155)] {
            let chip = LIS3MDLChip(motion: Self.field, options: .ideal)
            chip.trace = SampleTrace(capacity: 4)
            let bench = ChipBench(chip, at: 0x1C)
            try bench.write(0x20, config)
            try bench.write(0x22, 0x00)
            bench.pass(milliseconds: 4000)
            _ = try bench.byte(0x0F)
            #expect(abs(Double(chip.trace!.count) - hertz * 4) <= 1)
        }
    }
}
