/// One row of a data sheet's register table. Registers that are not listed read zero and take no writes.
///
/// These tables are the simulated chips' own: nothing in them may come from the drivers' descriptions (module Sensors), or a
/// number read wrong would be wrong on both sides and no test would see it.
struct Register: Sendable {
    /// bank × 256 + address
    var address: Int
    var reset: UInt8
    /// Bits that the master can change; the others are read-only.
    var writable: UInt8

    init(_ address: Int, _ reset: UInt8, writable: UInt8 = 0) {
        self.address = address
        self.reset = reset
        self.writable = writable
    }

    /// Several registers in a row that are alike.
    static func block(_ addresses: ClosedRange<Int>, _ reset: UInt8 = 0, writable: UInt8 = 0) -> [Register] {
        addresses.map { Register($0, reset, writable: writable) }
    }
}

/// The registers of a chip: values, and which of their bits can be written.
final class RegisterFile {
    let count: Int
    private let values: UnsafeMutablePointer<UInt8>
    private let resets: UnsafeMutablePointer<UInt8>
    private let masks: UnsafeMutablePointer<UInt8>
    private let known: UnsafeMutablePointer<Bool>

    init(_ table: [Register], banks: Int = 1) {
        count = banks * 256
        values = .allocate(capacity: count)
        resets = .allocate(capacity: count)
        masks = .allocate(capacity: count)
        known = .allocate(capacity: count)
        values.initialize(repeating: 0, count: count)
        resets.initialize(repeating: 0, count: count)
        masks.initialize(repeating: 0, count: count)
        known.initialize(repeating: false, count: count)
        for row in table where row.address >= 0 && row.address < count {
            resets[row.address] = row.reset
            masks[row.address] = row.writable
            known[row.address] = true
        }
        reset()
    }

    deinit {
        values.deallocate()
        resets.deallocate()
        masks.deallocate()
        known.deallocate()
    }

    func reset() { values.update(from: resets, count: count) }

    /// The chip's own view: every bit can be changed.
    subscript(_ address: Int) -> UInt8 {
        get { values[address] }
        set { values[address] = newValue }
    }

    func has(_ address: Int) -> Bool { address >= 0 && address < count && known[address] }

    /// What becomes of the register when the master writes `value`.
    func merged(_ address: Int, _ value: UInt8) -> UInt8 {
        (values[address] & ~masks[address]) | (value & masks[address])
    }

    func setReset(_ address: Int, _ value: UInt8) {
        resets[address] = value
        values[address] = value
    }

    func putBigEndian(_ address: Int, _ value: SIMD3<Int16>) {
        for axis in 0..<3 { putBigEndian(address + axis * 2, value[axis]) }
    }

    func putBigEndian(_ address: Int, _ value: Int16) {
        let bits = UInt16(bitPattern: value)
        values[address] = UInt8(bits >> 8)
        values[address + 1] = UInt8(truncatingIfNeeded: bits)
    }

    func putLittleEndian(_ address: Int, _ value: SIMD3<Int16>) {
        for axis in 0..<3 { putLittleEndian(address + axis * 2, value[axis]) }
    }

    func putLittleEndian(_ address: Int, _ value: Int16) {
        let bits = UInt16(bitPattern: value)
        values[address] = UInt8(truncatingIfNeeded: bits)
        values[address + 1] = UInt8(bits >> 8)
    }
}
