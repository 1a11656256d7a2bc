/// A value of the configuration that a register's bits stand for; the chip's description says which bits.
enum RegisterField {
    case accelerationRange, angularRange, rate, rateHigh
    case accelerationBandwidth, angularBandwidth
    /// Samples, words or bytes at which the chip raises its watermark; low and high byte.
    case watermarkLow, watermarkHigh
    /// 1 where an interrupt line is connected.
    case interrupt
    /// 1 where the line is active low; 1 where it is not.
    case activeLow, activeHigh
    /// 1 where the chip passes its second bus through to this one.
    case bypass
}

/// One line of a chip's set-up: a value, and fields of the configuration shifted into it.
struct RegisterSetting {
    var bank: UInt8 = 0
    var register: UInt8
    var value: UInt8 = 0
    var fields: [(field: RegisterField, shift: UInt8)] = []
    /// Bits that must read back as written; 0 for registers that change by themselves.
    var check: UInt8 = 0xFF
    /// How long the chip wants to be left alone afterwards.
    var settleMicroseconds: Int64 = 0
}

/// A setting with its fields filled in: what is written, and checked afterwards.
struct RegisterWrite {
    var bank: UInt8
    var register: UInt8
    var value: UInt8
    var check: UInt8
    var settleMicroseconds: Int64

    init(_ setting: RegisterSetting, value: UInt8) {
        bank = setting.bank
        register = setting.register
        self.value = value
        check = setting.check
        settleMicroseconds = setting.settleMicroseconds
    }

    init(_ register: UInt8, _ value: UInt8, bank: UInt8 = 0, check: UInt8 = 0, settleMicroseconds: Int64 = 0) {
        self.bank = bank
        self.register = register
        self.value = value
        self.check = check
        self.settleMicroseconds = settleMicroseconds
    }
}
