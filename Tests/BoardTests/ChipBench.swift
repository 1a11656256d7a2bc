import Platform
@testable import VirtualBoard

/// A bus in fast time with what tests do to it, register by register.
final class ChipBench {
    let time = SimulatedTime(isFast: true)
    let bus: SimulatedBus
    let address: UInt8

    init(_ chip: any SimulatedChip, at address: UInt8) {
        bus = SimulatedBus(name: "/dev/i2c-1", time: time)
        self.address = address
        bus.attach(chip, at: address)
    }

    /// Registers from `register` on.
    func read(_ register: UInt8, _ count: Int = 1, from other: UInt8? = nil) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { buffer in
            try withUnsafeBytes(of: register) { try bus.transfer(other ?? address, write: $0, read: buffer) }
        }
        return bytes
    }

    func byte(_ register: UInt8, from other: UInt8? = nil) throws -> UInt8 { try read(register, from: other)[0] }

    func write(_ register: UInt8, _ values: UInt8..., to other: UInt8? = nil) throws {
        let bytes = [register] + values
        try bytes.withUnsafeBytes {
            try bus.transfer(other ?? address, write: $0, read: UnsafeMutableRawBufferPointer(start: nil, count: 0))
        }
    }

    func bigEndian(_ register: UInt8, _ count: Int) throws -> [Int16] { Self.bigEndian(try read(register, count * 2)) }
    func littleEndian(_ register: UInt8, _ count: Int) throws -> [Int16] { Self.littleEndian(try read(register, count * 2)) }

    static func bigEndian(_ bytes: [UInt8]) -> [Int16] {
        stride(from: 0, to: bytes.count - 1, by: 2).map { Int16(bitPattern: UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1])) }
    }

    static func littleEndian(_ bytes: [UInt8]) -> [Int16] {
        stride(from: 0, to: bytes.count - 1, by: 2).map { Int16(bitPattern: UInt16(bytes[$0 + 1]) << 8 | UInt16(bytes[$0])) }
    }

    func pass(milliseconds: Double) { time.pass(nanoseconds: Int64(milliseconds * 1e6)) }
}

/// Mean and standard deviation.
func statistics(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (square / Double(max(1, values.count - 1))).squareRoot())
}
