import Platform
import Testing
@testable import VirtualBoard

/// The simulated power monitors, register by register, against their data sheets.
@Suite struct MeterChipTests {
    /// The example of the INA226's data sheet (SBOS547A, 8.1.2): 10 A through 2 mΩ at 12 V, calibration 2560 for a current of
    /// 1 mA a count and a power of 25 mW a count.
    @Test func calibrationOfTheINA226() throws {
        let chip = INAChip.ina226(SteadyLoad(volts: 11.98, amperes: 10), shuntOhms: 0.002, options: .ideal)
        let bench = ChipBench(chip, at: 0x40)
        #expect(try bench.read(0x00, 2) == [0x41, 0x27])
        #expect(try bench.read(0xFE, 2) + bench.read(0xFF, 2) == [0x54, 0x49, 0x22, 0x60])
        try bench.write(0x05, 0x0A, 0x00)
        bench.pass(milliseconds: 5)
        #expect(try bench.bigEndian(0x01, 1) == [8000])
        #expect(try bench.bigEndian(0x02, 1) == [9584])
        #expect(try bench.bigEndian(0x04, 1) == [10_000])
        #expect(try bench.bigEndian(0x03, 1) == [4792])
        // The flag of a conversion: reading it clears it.
        #expect(try bench.read(0x06, 2)[1] & 8 != 0)
        #expect(try bench.read(0x06, 2)[1] & 8 == 0)
        bench.pass(milliseconds: 2.3)
        #expect(try bench.read(0x06, 2)[1] & 8 != 0)
        // More than a current of 16 bits: told.
        try bench.write(0x05, 0x7F, 0xFF)
        bench.pass(milliseconds: 2.3)
        #expect(try bench.read(0x06, 2)[1] & 4 != 0)
    }

    /// The example of the INA219's data sheet (SBOS448G, figure 27): 20 mV over the shunt, 11.98 V, calibration 0x5000.
    @Test func calibrationOfTheINA219() throws {
        let chip = INAChip.ina219(SteadyLoad(volts: 11.98, amperes: 10), shuntOhms: 0.002, options: .ideal)
        let bench = ChipBench(chip, at: 0x40)
        #expect(try bench.read(0x00, 2) == [0x39, 0x9F])
        try bench.write(0x05, 0x50, 0x00)
        bench.pass(milliseconds: 3)
        #expect(try bench.bigEndian(0x01, 1) == [2000])
        // 2995 counts of 4 mV behind three bits of flags.
        #expect(try bench.bigEndian(0x02, 1)[0] >> 3 == 2995)
        #expect(try bench.bigEndian(0x02, 1)[0] & 2 != 0)
        #expect(try bench.bigEndian(0x04, 1) == [10_000])
        #expect(try bench.bigEndian(0x03, 1) == [5990])
        #expect(try bench.bigEndian(0x02, 1)[0] & 2 == 0, "reading the power clears the flag")
    }

    @Test func channelsOfTheINA3221() throws {
        let loads = [SteadyLoad(volts: 5, amperes: 0.8), SteadyLoad(volts: 3.3, amperes: -0.4), SteadyLoad(volts: 1.2, amperes: 0)]
        let chip = INAChip.ina3221(loads, shuntOhms: 0.1, options: .ideal)
        let bench = ChipBench(chip, at: 0x40)
        #expect(try bench.read(0x00, 2) == [0x71, 0x27])
        bench.pass(milliseconds: 10)
        // 40 µV and 8 mV a count, three bits up.
        #expect(try bench.bigEndian(0x01, 1) == [2000 << 3] && bench.bigEndian(0x02, 1) == [625 << 3])
        #expect(try bench.bigEndian(0x03, 1) == [-1000 << 3])
        #expect(try bench.bigEndian(0x06, 1) == [150 << 3])
        #expect(try bench.read(0x0F, 2)[1] & 1 != 0)
        #expect(try bench.read(0x0F, 2)[1] & 1 == 0)
    }

    @Test func longerConversionsTakeLonger() throws {
        let chip = INAChip.ina226(SteadyLoad(volts: 5, amperes: 1), shuntOhms: 0.01, options: .ideal)
        let bench = ChipBench(chip, at: 0x40)
        // 64 averages of 1.1 ms each for both: 140.8 ms.
        try bench.write(0x00, 0x47, 0x27)
        bench.pass(milliseconds: 140)
        #expect(try bench.read(0x06, 2)[1] & 8 == 0)
        bench.pass(milliseconds: 2)
        #expect(try bench.read(0x06, 2)[1] & 8 != 0)
        // Triggered: once.
        try bench.write(0x00, 0x41, 0x23)
        bench.pass(milliseconds: 3)
        #expect(try bench.read(0x06, 2)[1] & 8 != 0)
        bench.pass(milliseconds: 30)
        #expect(try bench.read(0x06, 2)[1] & 8 == 0)
    }

    /// DS20005850: a count of a power is the product of both voltages, here 50 mV of 100 and 16 V of 32: a quarter of 2^28.
    @Test func sumsOfThePAC1934() throws {
        let half = SteadyLoad(volts: 16, amperes: 5)
        let chip = PAC1934Chip([half, half, SteadyLoad(volts: 0, amperes: 0), half], shuntOhms: 0.01, options: .ideal)
        let bench = ChipBench(chip, at: 0x10)
        #expect(try bench.read(0xFD, 3) == [0x5B, 0x5D, 0x03])
        let refresh: [UInt8] = [0x00]
        func ask() throws { try refresh.withUnsafeBytes { try bench.bus.transfer(0x10, write: $0, read: .init(start: nil, count: 0)) } }
        try ask()
        bench.pass(milliseconds: 1)
        let first = try bench.read(0x02, 3)
        bench.pass(milliseconds: 999)
        #expect(try bench.read(0x02, 3) == first, "what it has summed up is not shown before it is asked for")
        try ask()
        #expect(try bench.read(0x02, 3) == first, "and takes a millisecond then")
        bench.pass(milliseconds: 1.1)
        let count = try bench.read(0x02, 3).reduce(0) { $0 << 8 | Int($1) }
        #expect((1022...1026).contains(count), "\(count)")
        let sum = try bench.read(0x03, 6).reduce(0) { $0 << 8 | Int($1) }
        #expect(sum == count * (1 << 26), "\(sum) of \(count)")
        #expect(try bench.read(0x07, 2) == [0x80, 0x00] && bench.read(0x0B, 2) == [0x80, 0x00])
        // A read goes on with the next register: three bytes, then six.
        let block = try bench.read(0x02, 9)
        #expect(block[3...].reduce(0) { $0 << 8 | Int($1) } == sum)
    }
}
