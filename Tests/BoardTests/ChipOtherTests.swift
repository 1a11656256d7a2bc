import Platform
import Testing
@testable import VirtualBoard

/// Facts of the data sheets DS-000189 (ICM-20948), DS-000347 (ICM-42688-P) and DS12140 (LSM6DSO).
@Suite struct ChipOtherTests {
    static let state = MotionState(acceleration: SIMD3(1, -2, 9), angularRate: SIMD3(0.5, -0.4, 0.3), magneticField: SIMD3(10, 20, -40))

    // MARK: ICM-20948

    @Test func icm20948BanksAndResetValues() throws {
        let bench = ChipBench(ICM20948Chip(motion: StillMotion(), options: .ideal), at: 0x68)
        #expect(try bench.byte(0x00) == 0xEA)
        #expect(try bench.byte(0x06) == 0x41)
        #expect(try bench.byte(0x05) == 0x40)
        try bench.write(0x7F, 0x20)
        #expect(try bench.byte(0x7F) == 0x20)
        #expect(try bench.read(0x00, 2) == [0x00, 0x01])
        #expect(try bench.byte(0x14) == 0x01)
        try bench.write(0x00, 10)
        try bench.write(0x7F, 0x00)
        #expect(try bench.byte(0x00) == 0xEA)
        try bench.write(0x06, 0xC1)
        try bench.write(0x7F, 0x20)
        #expect(try bench.byte(0x00) == 0)
    }

    private func icm20948(_ options: ChipOptions = .ideal) throws -> (ChipBench, ICM20948Chip) {
        let chip = ICM20948Chip(motion: StillMotion(Self.state), options: options)
        let bench = ChipBench(chip, at: 0x68)
        try bench.write(0x06, 0x01)
        try bench.write(0x7F, 0x20)
        // 225 Hz both, filters on, ±500 °/s, ±4 g.
        try bench.write(0x00, 4, 0x03)
        try bench.write(0x10, 0, 4)
        try bench.write(0x14, 0x03)
        try bench.write(0x7F, 0x00)
        return (bench, chip)
    }

    @Test func icm20948DataAndFIFO() throws {
        let (bench, chip) = try icm20948()
        try bench.write(0x67, 0x1F)
        try bench.write(0x68, 0x1F)
        try bench.write(0x68, 0x00)
        try bench.write(0x03, 0x40)
        bench.pass(milliseconds: 100)
        let values = try bench.bigEndian(0x2D, 7)
        for axis in 0..<3 {
            #expect(abs(Double(values[axis]) - Self.state.acceleration[axis] / 9.80665 * 8192) <= 0.5)
            #expect(abs(Double(values[axis + 3]) - Self.state.angularRate[axis] * 180 / .pi * 65.536) <= 0.5)
        }
        #expect(abs(Double(values[6]) / 333.87 + 21 - 31) < 0.01)
        let count = Int(try bench.bigEndian(0x70, 1)[0])
        #expect(count > 0 && count % 14 == 0)
        #expect(try bench.read(0x72, 14) == (try bench.read(0x2D, 14)))
        let trace = SampleTrace(capacity: 4096)
        chip.trace = trace
        bench.pass(milliseconds: 4000)
        _ = try bench.byte(0x00)
        #expect(abs(trace.count - 900) <= 1)
        #expect(Int(try bench.bigEndian(0x70, 1)[0]) == 512)
    }

    @Test func icm20948MagnetometerBothWays() throws {
        let (bench, _) = try icm20948()
        try bench.write(0x0F, 0x02)
        #expect(try bench.read(0x00, 2, from: 0x0C) == [0x48, 0x09])
        try bench.write(0x31, 0x08, to: 0x0C)
        bench.pass(milliseconds: 25)
        let direct = try bench.read(0x10, 9, from: 0x0C)
        #expect(direct[0] & 1 == 1)
        #expect(ChipBench.littleEndian(Array(direct[1..<7])) == [67, -133, 267])
        try bench.write(0x0F, 0x00)
        try bench.write(0x7F, 0x30)
        try bench.write(0x03, 0x8C, 0x10, 0x89)
        try bench.write(0x7F, 0x00)
        try bench.write(0x03, 0x20)
        bench.pass(milliseconds: 30)
        let bytes = try bench.read(0x3B, 9)
        #expect(ChipBench.littleEndian(Array(bytes[1..<7])) == [67, -133, 267])
    }

    // MARK: ICM-42688-P

    private func icm42688(_ options: ChipOptions = .ideal) throws -> (ChipBench, ICM42688Chip) {
        let chip = ICM42688Chip(motion: StillMotion(Self.state), options: options)
        let bench = ChipBench(chip, at: 0x68)
        // 1 kHz, ±4 g, ±500 °/s; packets of both sensors.
        try bench.write(0x4F, 0x46, 0x46)
        try bench.write(0x64, 0x00)
        try bench.write(0x5F, 0x07)
        try bench.write(0x16, 0x40)
        try bench.write(0x4E, 0x0F)
        bench.pass(milliseconds: 50)
        return (bench, chip)
    }

    @Test func icm42688ResetValuesAndBanks() throws {
        let bench = ChipBench(ICM42688Chip(motion: StillMotion(), options: .ideal), at: 0x68)
        let values: [(UInt8, UInt8)] = [(0x75, 0x47), (0x13, 0x05), (0x4C, 0x30), (0x4D, 0x91), (0x4E, 0), (0x4F, 0x06), (0x50, 0x06),
                                        (0x51, 0x16), (0x52, 0x11), (0x53, 0x0D), (0x54, 0x23), (0x64, 0x10), (0x65, 0x10)]
        for (register, value) in values { #expect(try bench.byte(register) == value) }
        // Data before the first sample is marked as invalid.
        #expect(try bench.bigEndian(0x1F, 6) == [Int16](repeating: -32_768, count: 6))
        #expect(try bench.byte(0x2D) == 0x10)
        #expect(try bench.byte(0x2D) == 0)
        try bench.write(0x76, 0x04)
        try bench.write(0x77, 0x12)
        #expect(try bench.byte(0x77) == 0x12)
        try bench.write(0x76, 0x00)
        #expect(try bench.byte(0x75) == 0x47)
    }

    @Test func icm42688Packets() throws {
        let (bench, _) = try icm42688()
        try bench.write(0x4B, 0x02)
        bench.pass(milliseconds: 10.5)
        let count = Int(try bench.bigEndian(0x2E, 1)[0])
        #expect(count == 160 || count == 176)
        let packet = try bench.read(0x30, 16)
        #expect(packet[0] & 0xFC == 0x68)
        let values = ChipBench.bigEndian(Array(packet[1..<13]))
        for axis in 0..<3 {
            #expect(abs(Double(values[axis]) - Self.state.acceleration[axis] / 9.80665 * 8192) <= 0.5)
            #expect(abs(Double(values[axis + 3]) - Self.state.angularRate[axis] * 180 / .pi * 65.536) <= 0.5)
        }
        #expect(abs(Double(Int8(bitPattern: packet[13])) / 2.07 + 25 - 31) < 0.5)
        let next = try bench.read(0x30, 16)
        // Timestamps of the chip's microseconds.
        let step = UInt16(next[14]) << 8 | UInt16(next[15])
        let first = UInt16(packet[14]) << 8 | UInt16(packet[15])
        #expect(step &- first == 1000)
        // A part of a packet is read again.
        let part = try bench.read(0x30, 5)
        let whole = try bench.read(0x30, 16)
        #expect(Array(whole[0..<5]) == part)
        // Records instead of bytes.
        try bench.write(0x4C, 0x70)
        #expect(try bench.bigEndian(0x2E, 1)[0] <= 9)
        bench.pass(milliseconds: 300)
        #expect(try bench.bigEndian(0x2E, 1)[0] == 128)
        #expect(try bench.byte(0x2D) & 0x02 != 0)
        try bench.write(0x4B, 0x02)
        #expect(try bench.byte(0x30) == 0xFF)
    }

    @Test func icm42688Watermark() throws {
        let (bench, chip) = try icm42688()
        try bench.write(0x14, 0x03)
        try bench.write(0x60, 0x50, 0x00)
        try bench.write(0x63, 0x08)
        try bench.write(0x65, 0x04)
        try bench.write(0x4B, 0x02)
        let before = chip.pin.changes
        bench.pass(milliseconds: 4.5)
        _ = try bench.byte(0x75)
        #expect(chip.pin.changes == before)
        bench.pass(milliseconds: 2)
        #expect(try bench.byte(0x2D) & 0x04 != 0)
        #expect(chip.pin.changes == before + 2)
    }

    // MARK: LSM6DSO

    private func lsm6dso(_ options: ChipOptions = .ideal) throws -> (ChipBench, LSM6DSOChip) {
        let chip = LSM6DSOChip(motion: StillMotion(Self.state), options: options)
        let bench = ChipBench(chip, at: 0x6A)
        // 208 Hz, ±4 g, ±500 °/s.
        try bench.write(0x10, 0x58, 0x54)
        return (bench, chip)
    }

    @Test func lsm6dsoResetValues() throws {
        let bench = ChipBench(LSM6DSOChip(motion: StillMotion(), options: .ideal), at: 0x6A)
        let values: [(UInt8, UInt8)] = [(0x0F, 0x6C), (0x02, 0x3F), (0x12, 0x04), (0x18, 0xE0), (0x10, 0), (0x3A, 0), (0x3B, 0)]
        for (register, value) in values { #expect(try bench.byte(register) == value) }
        try bench.write(0x10, 0x60)
        try bench.write(0x12, 0x01)
        #expect(try bench.byte(0x10) == 0)
        #expect(try bench.byte(0x12) == 0x04)
        // Without increments a burst repeats one register.
        try bench.write(0x12, 0x00)
        #expect(try bench.read(0x0F, 3) == [0x6C, 0x6C, 0x6C])
    }

    @Test func lsm6dsoDataAndRates() throws {
        var options = ChipOptions.ideal
        options.drift = 0.03
        let (bench, chip) = try lsm6dso(options)
        bench.pass(milliseconds: 100)
        #expect(try bench.byte(0x1E) == 0x07)
        let rate = try bench.littleEndian(0x22, 3), force = try bench.littleEndian(0x28, 3)
        for axis in 0..<3 {
            #expect(abs(Double(rate[axis]) - Self.state.angularRate[axis] * 180 / .pi / 0.0175) <= 0.5)
            #expect(abs(Double(force[axis]) - Self.state.acceleration[axis] / 9.80665 / 0.000122) <= 0.5)
        }
        #expect(try bench.byte(0x1E) & 0x03 == 0)
        #expect(abs(Double(try bench.littleEndian(0x20, 1)[0]) / 256 + 25 - 31) < 0.01)
        chip.trace = SampleTrace(capacity: 4)
        bench.pass(milliseconds: 10_000)
        _ = try bench.byte(0x0F)
        #expect(abs(Double(chip.trace!.count) - 2080 * 1.03) <= 1)
        // The part tells how fast it is: 6667 × (1 + 0.0015 × code).
        #expect(abs(Double(Int8(bitPattern: try bench.byte(0x63))) * 0.0015 - 0.03) < 0.0008)
    }

    @Test func lsm6dsoTaggedFIFO() throws {
        let (bench, chip) = try lsm6dso()
        try bench.write(0x07, 16, 0, 0x55, 0x06)
        try bench.write(0x0D, 0x08)
        bench.pass(milliseconds: 40)
        var status = try bench.littleEndian(0x3A, 1)[0]
        #expect(status & 0x3FF > 0 && UInt16(bitPattern: status) & 0x8000 == 0)
        #expect(!chip.interruptLevel)
        bench.pass(milliseconds: 60)
        status = try bench.littleEndian(0x3A, 1)[0]
        #expect(UInt16(bitPattern: status) & 0x8000 != 0)
        #expect(chip.interruptLevel)
        let words = try bench.read(0x78, Int(status & 0x3FF) * 7)
        #expect(!chip.interruptLevel)
        let force = try bench.read(0x28, 6), rate = try bench.read(0x22, 6)
        var tags = Set<UInt8>()
        for start in stride(from: 0, to: words.count, by: 7) {
            let tag = words[start] >> 3
            tags.insert(tag)
            #expect(words[start].nonzeroBitCount % 2 == 0)
            #expect(Array(words[start + 1..<start + 7]) == (tag == 1 ? rate : force))
        }
        #expect(tags == [1, 2])
        // 512 words, then the oldest goes.
        bench.pass(milliseconds: 2000)
        status = try bench.littleEndian(0x3A, 1)[0]
        #expect(status & 0x3FF == 512)
        #expect(status & 0x4800 == 0x4800)
        try bench.write(0x0A, 0x00)
        #expect(try bench.littleEndian(0x3A, 1)[0] & 0x3FF == 0)
    }

    @Test func selfTestsAnswer() throws {
        let (bench, _) = try lsm6dso()
        bench.pass(milliseconds: 100)
        let rate = try bench.littleEndian(0x22, 3), force = try bench.littleEndian(0x28, 3)
        try bench.write(0x14, 0x05)
        bench.pass(milliseconds: 20)
        let testedRate = try bench.littleEndian(0x22, 3), testedForce = try bench.littleEndian(0x28, 3)
        for axis in 0..<3 {
            #expect((150...700).contains(Double(testedRate[axis] - rate[axis]) * 0.0175))
            #expect((0.05...1.7).contains(Double(testedForce[axis] - force[axis]) * 0.000122))
        }
    }

    // MARK: noise and bias of all

    @Test func noiseDensities() throws {
        // (chip, set-up, bandwidths in Hz, densities in g/√Hz and °/s/√Hz)
        func check(_ force: [Double], _ rate: [Double], _ expected: (Double, Double)) {
            #expect(abs(statistics(force).deviation / expected.0 - 1) < 0.07)
            #expect(abs(statistics(rate).deviation / expected.1 - 1) < 0.07)
        }
        var options = ChipOptions(seed: 9)
        options.gyroscopeBias = .zero
        let (lsm, _) = try lsm6dso(options)
        lsm.pass(milliseconds: 100)
        var force: [Double] = [], rate: [Double] = []
        for _ in 0..<3000 {
            lsm.pass(milliseconds: 4.9)
            rate.append(Double(try lsm.littleEndian(0x22, 1)[0]) * 0.0175)
            force.append(Double(try lsm.littleEndian(0x28, 1)[0]) * 0.000122)
        }
        check(force, rate, (70e-6 * (208.0 / 2).squareRoot(), 0.0038 * (208.0 / 3).squareRoot()))
        let (icm, _) = try icm42688(options)
        (force, rate) = ([], [])
        for _ in 0..<3000 {
            icm.pass(milliseconds: 1)
            let values = try icm.bigEndian(0x1F, 6)
            force.append(Double(values[0]) / 8192)
            rate.append(Double(values[3]) / 65.536)
        }
        check(force, rate, (70e-6 * 250.0.squareRoot(), 0.0028 * 250.0.squareRoot()))
    }

    @Test func biasComesFromTheSeed() throws {
        func bias(_ seed: UInt64) throws -> Double {
            var options = ChipOptions(seed: seed)
            options.isNoisy = false
            let chip = LSM6DSOChip(motion: StillMotion(), options: options)
            let bench = ChipBench(chip, at: 0x6A)
            try bench.write(0x11, 0x50)
            bench.pass(milliseconds: 100)
            return Double(try bench.littleEndian(0x22, 1)[0]) * 0.00875
        }
        let values = try (1...20).map { try bias(UInt64($0)) }
        #expect(try bias(3) == values[2])
        let spread = statistics(values)
        #expect(abs(spread.mean) < 0.4 && spread.deviation > 0.2 && spread.deviation < 0.9)
    }
}
