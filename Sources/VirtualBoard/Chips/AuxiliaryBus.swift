/// The bus behind a chip: what its own I2C master reaches, or the board's while bypassed.
final class AuxiliaryBus {
    private let chips: [(address: UInt8, chip: any SimulatedChip)]

    init(_ chips: [(address: UInt8, chip: any SimulatedChip)]) { self.chips = chips }

    func chip(_ address: UInt8) -> (any SimulatedChip)? {
        for entry in chips where entry.address == address { return entry.chip }
        return nil
    }

    func powerOnReset(atNanoseconds now: Int64) {
        for entry in chips { entry.chip.powerOnReset(atNanoseconds: now) }
    }

    /// Reads registers from `register` on, or sends none where it is nil; false for no acknowledgement.
    func read(_ address: UInt8, register: UInt8?, _ bytes: UnsafeMutableRawBufferPointer, atNanoseconds now: Int64) -> Bool {
        guard let chip = chip(address) else { return false }
        if var register {
            let sent = withUnsafeBytes(of: &register) { chip.write($0, atNanoseconds: now) }
            guard sent else { return false }
        }
        return chip.read(bytes, atNanoseconds: now)
    }

    func write(_ address: UInt8, register: UInt8?, value: UInt8, atNanoseconds now: Int64) -> Bool {
        guard let chip = chip(address) else { return false }
        if let register {
            var bytes = (register, value)
            return withUnsafeBytes(of: &bytes) { chip.write($0, atNanoseconds: now) }
        }
        var byte = value
        return withUnsafeBytes(of: &byte) { chip.write($0, atNanoseconds: now) }
    }
}
