import Board

/// Registers of one chip, through buffers made once: reading and writing allocates nothing.
final class RegisterPort {
    static let maximumRead = 512

    let bus: I2CBus
    let address: UInt8
    /// How the chip's register banks are chosen; nil where it has one.
    let bankSelect: BankSelect?
    /// Or'ed into the register for reads of several bytes, where the chip counts on only then.
    let incrementFlag: UInt8

    private let outgoing: UnsafeMutableRawBufferPointer
    private let incoming: UnsafeMutableRawBufferPointer
    private var bank: UInt8?

    init(bus: I2CBus, address: UInt8, bankSelect: BankSelect? = nil, incrementFlag: UInt8 = 0) {
        self.bus = bus
        self.address = address
        self.bankSelect = bankSelect
        self.incrementFlag = incrementFlag
        outgoing = .allocate(byteCount: 3, alignment: 1)
        incoming = .allocate(byteCount: Self.maximumRead, alignment: 8)
    }

    deinit {
        outgoing.deallocate()
        incoming.deallocate()
    }

    /// After a reset or an error nobody knows which bank is chosen.
    func forgetBank() { bank = nil }

    func write(_ register: UInt8, _ value: UInt8, bank: UInt8 = 0) throws(I2CError) {
        try select(bank)
        try send(register, value)
    }

    /// A register of 16 bits, the most significant byte first.
    func write16(_ register: UInt8, _ value: UInt16) throws(I2CError) {
        outgoing[0] = register
        outgoing[1] = UInt8(value >> 8)
        outgoing[2] = UInt8(truncatingIfNeeded: value)
        try send(count: 3)
    }

    /// A register's address alone, where that is a command.
    func command(_ register: UInt8) throws(I2CError) {
        outgoing[0] = register
        try send(count: 1)
    }

    /// A register of 16 bits, the most significant byte first.
    func read16(_ register: UInt8) throws(I2CError) -> UInt16 {
        let bytes = try read(register, count: 2)
        return UInt16(bytes[0]) << 8 | UInt16(bytes[1])
    }

    /// The bytes are valid until the next call.
    func read(_ register: UInt8, count: Int = 1, bank: UInt8 = 0) throws(I2CError) -> UnsafeRawBufferPointer {
        try select(bank)
        let count = min(count, Self.maximumRead)
        outgoing[0] = count > 1 ? register | incrementFlag : register
        do {
            try bus.transfer(address, write: UnsafeRawBufferPointer(rebasing: outgoing[..<1]),
                             read: UnsafeMutableRawBufferPointer(rebasing: incoming[..<count]))
        } catch {
            self.bank = nil
            throw error
        }
        return UnsafeRawBufferPointer(rebasing: incoming[..<count])
    }

    private func select(_ wanted: UInt8) throws(I2CError) {
        guard let bankSelect, bank != wanted else { return }
        try send(bankSelect.register, wanted << bankSelect.shift)
        bank = wanted
    }

    private func send(_ register: UInt8, _ value: UInt8) throws(I2CError) {
        outgoing[0] = register
        outgoing[1] = value
        try send(count: 2)
    }

    private func send(count: Int) throws(I2CError) {
        do {
            try bus.transfer(address, write: UnsafeRawBufferPointer(rebasing: outgoing[..<count]),
                             read: UnsafeMutableRawBufferPointer(start: nil, count: 0))
        } catch {
            bank = nil
            throw error
        }
    }
}

/// The register that chooses a bank, and where in it the bank's number stands.
struct BankSelect {
    var register: UInt8
    var shift: UInt8
}
