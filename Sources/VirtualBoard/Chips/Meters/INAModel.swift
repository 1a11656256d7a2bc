/// What the simulated INA chips differ in, each from its data sheet: INA219 SBOS448G, INA226 SBOS547A, INA3221 SBOS576B.
struct INAModel {
    var name: String
    var channels: Int
    var configurationReset: UInt16
    /// Registers that are written and read back, and what they hold after a reset.
    var writable: [(register: Int, reset: UInt16, mask: UInt16)]
    /// Manufacturer's and die's number at 0xFE and 0xFF; nil: there are no such registers.
    var identity: (UInt16, UInt16)?
    /// Volts in a converter's count, and the counts' place in their registers.
    var shuntVolts: Double, busVolts: Double, shuntShift: Int, busShift: Int
    /// The shunt's counts at the ends of the range.
    var shuntRange: ClosedRange<Double>
    var busLimit: Double
    /// Divisors of shunt × calibration, and of current × bus; 0: there are no such registers.
    var currentDivisor: Int64, powerDivisor: Int64
    /// Where the flag of a finished conversion stands, and that of a product that found no room; their bits.
    var flagRegister: Int, readyBit: UInt16, overflowBit: UInt16
    /// Reading this register clears the ready flag.
    var clearingRegister: Int
    /// Codes of resolution or averages for each voltage by itself, and all averages of the shunt's before those of the bus;
    /// else one count of averages, and the two voltages take turns.
    var convertsApart: Bool

    static let ina219 = INAModel(
        name: "INA219", channels: 1, configurationReset: 0x399F, writable: [(0x05, 0, 0xFFFE)], identity: nil, shuntVolts: 10e-6,
        busVolts: 4e-3, shuntShift: 0, busShift: 3, shuntRange: -32_000...32_000, busLimit: 8_000, currentDivisor: 4_096,
        powerDivisor: 5_000, flagRegister: 0x02, readyBit: 1 << 1, overflowBit: 1, clearingRegister: 0x03, convertsApart: true)

    static let ina226 = INAModel(
        name: "INA226", channels: 1, configurationReset: 0x4127,
        writable: [(0x05, 0, 0x7FFF), (0x06, 0, 0xFC03), (0x07, 0, 0xFFFF)], identity: (0x5449, 0x2260), shuntVolts: 2.5e-6,
        busVolts: 1.25e-3, shuntShift: 0, busShift: 0, shuntRange: -32_768...32_767, busLimit: 28_800, currentDivisor: 2_048,
        powerDivisor: 20_000, flagRegister: 0x06, readyBit: 1 << 3, overflowBit: 1 << 2, clearingRegister: 0x06, convertsApart: false)

    static let ina3221 = INAModel(
        name: "INA3221", channels: 3, configurationReset: 0x7127,
        writable: [(0x07, 0x7FF8, 0xFFF8), (0x08, 0x7FF8, 0xFFF8), (0x09, 0x7FF8, 0xFFF8), (0x0A, 0x7FF8, 0xFFF8),
                   (0x0B, 0x7FF8, 0xFFF8), (0x0C, 0x7FF8, 0xFFF8), (0x0E, 0x7FFE, 0xFFFE), (0x0F, 0x0002, 0x7C00),
                   (0x10, 0x2710, 0xFFF8), (0x11, 0x2328, 0xFFF8)],
        identity: (0x5449, 0x3220), shuntVolts: 40e-6, busVolts: 8e-3, shuntShift: 3, busShift: 3, shuntRange: -4_096...4_095,
        busLimit: 3_250, currentDivisor: 0, powerDivisor: 0, flagRegister: 0x0F, readyBit: 1, overflowBit: 0,
        clearingRegister: 0x0F, convertsApart: false)

    /// What a configuration asks for: averages, and microseconds of one conversion of each voltage.
    func timing(_ configuration: UInt16) -> (averages: Int, shunt: Double, bus: Double) {
        if convertsApart {
            // Codes with their top bit are averages of 12 bits, by their other three bits; the rest are resolutions.
            let shunt = Self.times219(Int(configuration >> 3 & 15)), bus = Self.times219(Int(configuration >> 7 & 15))
            return (max(shunt.averages, bus.averages), shunt.microseconds, bus.microseconds)
        }
        let times = [140.0, 204, 332, 588, 1_100, 2_116, 4_156, 8_244]
        let averages = [1, 4, 16, 64, 128, 256, 512, 1_024]
        return (averages[Int(configuration >> 9 & 7)], times[Int(configuration >> 3 & 7)], times[Int(configuration >> 6 & 7)])
    }

    private static func times219(_ code: Int) -> (averages: Int, microseconds: Double) {
        if code < 8 { return (1, [84, 148, 276, 532][code & 3]) }
        let averages = 1 << (code & 7)
        let whole = [532.0, 1_060, 2_130, 4_260, 8_510, 17_020, 34_050, 68_100][code & 7]
        return (averages, whole / Double(averages))
    }

    /// Counts that a coarser resolution can't tell apart: 1 with 12 bits.
    func step(_ configuration: UInt16) -> (shunt: Double, bus: Double) {
        guard convertsApart else { return (1, 1) }
        func step(_ code: UInt16) -> Double { code < 8 ? Double(1 << (3 - (code & 3))) : 1 }
        return (step(configuration >> 3 & 15), step(configuration >> 7 & 15))
    }
}
