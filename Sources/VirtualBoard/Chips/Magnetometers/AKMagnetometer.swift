/// AK8963 (MPU-9250) or AK09916 (ICM-20948), after the data sheets MS1356-E and MS1807-E: a state machine of power-down,
/// single and continuous measurements, with data registers that hold still until ST2 has been read.
public final class AKMagnetometer: RegisterChip {
    struct Model: Sendable {
        var name: String
        var table: [Register]
        var status1: Int, data: Int, status2: Int, control: Int, resetControl: Int
        var selfTestControl: Int?
        /// Addresses that a burst goes round in.
        var loops: [ClosedRange<Int>]
        var continuousHertz: [(mode: UInt8, hertz: Double)]
        var selfTestMode: UInt8
        var modeMask: UInt8
        /// What the coil adds in self-test, LSB.
        var selfTestField: SIMD3<Double>
        /// µT, root mean square.
        var noise: Double
        /// From the board's axes to the chip's: which axis, and its sign.
        var axes: SIMD3<Int>
        var signs: SIMD3<Double>
    }

    private let model: Model
    private let adjustment: SIMD3<Double>
    private let adjustmentCodes: SIMD3<UInt8>
    /// Data that was read in part: it must not change until ST2 is read.
    private var isHeld = false
    private var isMeasuringOnce = false

    private init(_ model: Model, motion: any Motion, options: ChipOptions) {
        self.model = model
        var seeds = ChipRandom(seed: options.seed ^ 0x414B_0000)
        var codes = SIMD3<UInt8>()
        for axis in 0..<3 { codes[axis] = model.selfTestControl == nil ? 128 : UInt8(170 + seeds.uniform() * 20) }
        adjustmentCodes = codes
        adjustment = SIMD3(Self.factor(codes.x), Self.factor(codes.y), Self.factor(codes.z))
        super.init(name: model.name, registers: RegisterFile(model.table), motion: motion, options: options)
    }

    /// The data sheet's sensitivity adjustment: H × ((ASA − 128) / 256 + 1).
    private static func factor(_ code: UInt8) -> Double { (Double(code) - 128) / 256 + 1 }

    /// In the MPU-9250's package its x and y are the accelerometer's y and x, and z is turned round.
    public static func ak8963(motion: any Motion, options: ChipOptions = ChipOptions()) -> AKMagnetometer {
        AKMagnetometer(.ak8963, motion: motion, options: options)
    }

    /// In the ICM-20948's package y and z are turned round.
    public static func ak09916(motion: any Motion, options: ChipOptions = ChipOptions()) -> AKMagnetometer {
        AKMagnetometer(.ak09916, motion: motion, options: options)
    }

    private var mode: UInt8 { registers[model.control] & model.modeMask }
    private var isFuseMode: Bool { model.selfTestControl != nil && mode == 0x0F }
    private var isWide: Bool { model.selfTestControl == nil || registers[model.control] & 0x10 != 0 }

    override func following(_ address: Int) -> Int {
        for loop in model.loops where loop.contains(address) { return address == loop.upperBound ? loop.lowerBound : address + 1 }
        return (address + 1) & 0xFF
    }

    override func load(_ address: Int) -> UInt8 {
        if address >= model.data, address < model.data + 6 {
            isHeld = true
            registers[model.status1] &= ~0x01
            return registers[address]
        }
        if address == model.status2 {
            let value = registers[address]
            isHeld = false
            registers[model.status1] &= ~0x03
            return value
        }
        if model.selfTestControl != nil, (0x10...0x12).contains(address) {
            // The fuses can only be read in their own mode.
            return isFuseMode ? adjustmentCodes[address - 0x10] : 0
        }
        return registers[address]
    }

    override func store(_ address: Int, _ value: UInt8) {
        if address == model.resetControl {
            if value & 0x01 != 0 { reset(atNanoseconds: time) }
            return
        }
        registers[address] = registers.merged(address, value)
        if address == model.control { modeChanged() }
    }

    override func registerChanged(_ address: Int) { if address == model.control { modeChanged() } }

    private func modeChanged() {
        clock.stop()
        isMeasuringOnce = false
        if mode == 0x01 || mode == model.selfTestMode {
            isMeasuringOnce = true
            // 7.2 ms, typical, for a measurement.
            clock.start(atNanoseconds: time, hertz: 1 / 7.2e-3, random: &random)
        }
        for entry in model.continuousHertz where entry.mode == mode {
            clock.start(atNanoseconds: time, hertz: entry.hertz, random: &random)
        }
    }

    override func resetState(atNanoseconds now: Int64) {
        isHeld = false
        isMeasuringOnce = false
    }

    override func sample(atNanoseconds now: Int64) {
        let isTesting = mode == model.selfTestMode
        let field = motion.state(atNanoseconds: now).magneticField
        let turned = SIMD3(field[model.axes.x], field[model.axes.y], field[model.axes.z]) * model.signs
        let isCoilOn = isTesting && (model.selfTestControl.map { registers[$0] & 0x40 != 0 } ?? true)
        var value = turned / 0.15
        if options.isNoisy { value += random.normal3() * (model.noise / 0.15) }
        // The self-test measures its coil instead of the world.
        if isCoilOn { value = model.selfTestField + (options.isNoisy ? random.normal3() * (model.noise / 0.15) : .zero) }
        value /= adjustment
        let sum = abs(turned.x) + abs(turned.y) + abs(turned.z)
        let limit = 32_752.0
        value.clamp(lowerBound: SIMD3(repeating: -limit), upperBound: SIMD3(repeating: limit))
        if !isWide { value /= 4 }

        if isMeasuringOnce {
            clock.stop()
            isMeasuringOnce = false
            registers[model.control] &= ~model.modeMask
        }
        if isHeld {
            registers[model.status1] |= 0x02
            return
        }
        // DOR tells that the sample before was never read.
        if registers[model.status1] & 0x01 != 0 { registers[model.status1] |= 0x02 }
        registers.putLittleEndian(model.data, saturated(value))
        registers[model.status2] = (sum >= 4912 && !isCoilOn ? 0x08 : 0) | (model.selfTestControl != nil && isWide ? 0x10 : 0)
        registers[model.status1] |= 0x01
    }
}

extension AKMagnetometer.Model {
    static let ak8963 = AKMagnetometer.Model(
        name: "AK8963",
        table: [Register(0x00, 0x48), Register(0x01, 0x9A)] + Register.block(0x02...0x09)
            + [Register(0x0A, 0, writable: 0x1F), Register(0x0B, 0), Register(0x0C, 0, writable: 0x40), Register(0x0F, 0, writable: 0xFF)]
            + Register.block(0x10...0x12),
        status1: 0x02, data: 0x03, status2: 0x09, control: 0x0A, resetControl: 0x0B, selfTestControl: 0x0C,
        loops: [0x00...0x0C, 0x10...0x12], continuousHertz: [(0x02, 8), (0x06, 100)], selfTestMode: 0x08, modeMask: 0x0F,
        selfTestField: SIMD3(-40, 55, -1900), noise: 0.45, axes: SIMD3(1, 0, 2), signs: SIMD3(1, 1, -1))

    static let ak09916 = AKMagnetometer.Model(
        name: "AK09916",
        table: [Register(0x00, 0x48), Register(0x01, 0x09)] + Register.block(0x02...0x03) + Register.block(0x10...0x18)
            + [Register(0x31, 0, writable: 0x1F), Register(0x32, 0)] + Register.block(0x33...0x34, writable: 0xFF),
        status1: 0x10, data: 0x11, status2: 0x18, control: 0x31, resetControl: 0x32, selfTestControl: nil,
        loops: [0x00...0x18, 0x30...0x32], continuousHertz: [(0x02, 10), (0x04, 20), (0x06, 50), (0x08, 100)], selfTestMode: 0x10,
            modeMask: 0x1F,
        selfTestField: SIMD3(30, -45, -600), noise: 0.4, axes: SIMD3(0, 1, 2), signs: SIMD3(1, -1, -1))
}
