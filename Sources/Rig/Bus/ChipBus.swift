import Platform
import VirtualBoard

/// A chip with its place on the board.
public struct PlacedChip {
    public var address: UInt8
    public var chip: any SimulatedChip
    /// The GPIO line that its interrupt pin is wired to.
    public var line: Int?

    public init(_ chip: any SimulatedChip, address: UInt8, line: Int? = nil) {
        self.chip = chip
        self.address = address
        self.line = line
    }
}

/// The wires between the adapter and the chips, and what can go wrong on them. One thread at a time.
final class ChipBus {
    let chips: [PlacedChip]
    var faults = BusFaults()
    /// Messages since the start, and those that no chip acknowledged.
    private(set) var messages = 0, notAcknowledged = 0
    private let buffer: UnsafeMutableRawBufferPointer

    init(_ chips: [PlacedChip]) {
        self.chips = chips
        buffer = .allocate(byteCount: 1 << 16, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// A line is held low: no transfer goes through.
    func isHeld(now: Int64) -> Bool { now < faults.heldUntilNanoseconds }

    func read(_ address: UInt8, count: Int, now: Int64) -> (bytes: [UInt8], acknowledged: Bool) {
        messages += 1
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(count, buffer.count)])
        guard !faults.takeMissingAcknowledgement(address), let chip = chip(at: address), chip.read(part, atNanoseconds: now) else {
            notAcknowledged += 1
            return ([UInt8](repeating: 0xff, count: part.count), false)
        }
        let kept = faults.takeShortRead(address) ? part.count / 2 : part.count
        return (Array(part[..<kept]), true)
    }

    func write(_ address: UInt8, _ bytes: [UInt8], now: Int64) -> Bool {
        messages += 1
        let done = !faults.takeMissingAcknowledgement(address)
            && bytes.withUnsafeBytes { bytes in chip(at: address)?.write(bytes, atNanoseconds: now) ?? false }
        if !done { notAcknowledged += 1 }
        return done
    }

    func chip(at address: UInt8) -> (any SimulatedChip)? { chips.first { $0.address == address }?.chip }
}

/// What is wrong with the bus at the moment.
struct BusFaults {
    static let forever = Int.max

    var heldUntilNanoseconds = Int64.min
    private var missingAcknowledgements: [UInt8: Int] = [:]
    private var shortReads: [UInt8: Int] = [:]

    mutating func loseAcknowledgements(_ address: UInt8, times: Int) { missingAcknowledgements[address] = times }
    mutating func shortenReads(_ address: UInt8, times: Int) { shortReads[address] = times }

    /// True where the chip at the address is to stay silent this time.
    mutating func takeMissingAcknowledgement(_ address: UInt8) -> Bool { Self.take(&missingAcknowledgements, address) }
    mutating func takeShortRead(_ address: UInt8) -> Bool { Self.take(&shortReads, address) }

    private static func take(_ counts: inout [UInt8: Int], _ address: UInt8) -> Bool {
        guard let left = counts[address], left > 0 else { return false }
        if left != forever { counts[address] = left - 1 }
        return true
    }
}
