import Board
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

/// The wires between the adapter and the chips, message by message. One thread at a time.
final class ChipBus {
    let chips: [PlacedChip]
    private let bus: SimulatedBus
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

    init(_ chips: [PlacedChip]) {
        self.chips = chips
        bus = SimulatedBus(name: "/dev/i2c-0", time: SimulatedTime(isFast: false))
        for placed in chips { bus.attach(placed.chip, at: placed.address) }
    }

    deinit { buffer.deallocate() }

    enum Outcome { case done, notAcknowledged, held }

    /// Messages so far, and those that failed. A message that waits for a held bus counts at every try.
    var messages: UInt64 { bus.transferCount }
    var failures: UInt64 { bus.failureCount }

    func read(_ address: UInt8, count: Int, now: Int64) -> (bytes: [UInt8], outcome: Outcome) {
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(count, buffer.count)])
        // An adapter that isn't answered reads the bus's idle level.
        part.initializeMemory(as: UInt8.self, repeating: 0xff)
        let outcome = transfer(address, UnsafeRawBufferPointer(start: nil, count: 0), part, now)
        return (Array(part), outcome)
    }

    func write(_ address: UInt8, _ bytes: [UInt8], now: Int64) -> Outcome {
        bytes.withUnsafeBytes { transfer(address, $0, UnsafeMutableRawBufferPointer(start: nil, count: 0), now) }
    }

    func apply(_ fault: Fault, now: Int64) throws(Failure) { try bus.apply(fault, atNanoseconds: now) }

    /// The adapter starts anew and clocks the bus free where that helps.
    func restart() { try? bus.recover() }

    private func transfer(_ address: UInt8, _ write: UnsafeRawBufferPointer, _ read: UnsafeMutableRawBufferPointer, _ now: Int64)
        -> Outcome {
        do throws(I2CError) {
            try bus.transfer(address, write: write, read: read, atNanoseconds: now)
            return .done
        } catch {
            return error == .stuck || error == .timedOut ? .held : .notAcknowledged
        }
    }
}
