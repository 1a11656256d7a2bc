/// Bytes that a chip's own I2C master has just read, at most fifteen.
struct MasterScratch {
    private var bytes = SIMD16<UInt8>()

    mutating func read(_ bus: AuxiliaryBus, _ address: UInt8, _ register: UInt8?, _ length: Int, atNanoseconds now: Int64) -> Bool {
        withUnsafeMutableBytes(of: &bytes) {
            bus.read(address, register: register, UnsafeMutableRawBufferPointer(rebasing: $0[0..<min(length, 16)]), atNanoseconds: now)
        }
    }

    /// Byte `index` of `length`, with the bytes of each word exchanged where asked. Words start at even registers, or at
    /// odd ones with `oddGroups`; what has no partner stays.
    func byte(_ index: Int, of length: Int, swapping: Bool, oddGroups: Bool, first: UInt8) -> UInt8 {
        guard swapping else { return bytes[index] }
        let startsWord = (Int(first) + index) % 2 == (oddGroups ? 1 : 0)
        let partner = startsWord ? index + 1 : index - 1
        return partner >= 0 && partner < length ? bytes[partner] : bytes[index]
    }
}
