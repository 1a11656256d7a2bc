import Board
import Platform

/// An I2C bus with simulated chips, and faults on command. Transfers take no real time; in fast time they take as long
/// as on a 400 kHz bus. Any thread may use it; buses of one board share that board's lock, held bus lines aside.
public final class SimulatedBus: I2CBus {
    public let name: String
    private let time: SimulatedTime
    private var chips: [(address: UInt8, chip: any SimulatedChip)] = []

    /// Faults by address: transfers left to refuse (Int.max: forever), reads left to cut short.
    private var refusals = [Int](repeating: 0, count: 128)
    private var shortReads = [Int](repeating: 0, count: 128)
    private var heldUntil = Int64.min
    private var heldLine = Fault.HeldLine.data

    /// How long an adapter waits for a line before it gives up.
    public static let adapterTimeoutNanoseconds: Int64 = 100_000_000

    /// Transfers tried so far, and those that failed.
    public private(set) var transferCount: UInt64 = 0
    public private(set) var failureCount: UInt64 = 0

    public init(name: String, time: SimulatedTime) {
        self.name = name
        self.time = time
    }

    /// Before the bus is used by others.
    public func attach(_ chip: any SimulatedChip, at address: UInt8) {
        time.lock.lock()
        chips.append((address & 0x7F, chip))
        chip.advance(toNanoseconds: time.lockedNow)
        time.lock.unlock()
    }

    // MARK: transfers

    public func transfer(_ address: UInt8, write: UnsafeRawBufferPointer, read: UnsafeMutableRawBufferPointer) throws(I2CError) {
        time.lock.lock()
        transferCount &+= 1
        let start = time.lockedNow
        if start < heldUntil {
            failureCount &+= 1
            let line = heldLine
            time.lock.unlock()
            // A held data line is seen at once; a held clock only by waiting for it.
            if line == .data { throw .stuck }
            time.pass(nanoseconds: Self.adapterTimeoutNanoseconds)
            throw .timedOut
        }
        // Start, address and stop, nine bits a byte, at 400 kHz.
        let bits = 9 * (write.count + read.count + (write.count > 0 && read.count > 0 ? 2 : 1)) + 2
        time.move(toNanoseconds: start + Int64(bits) * 2_500)
        let done = exchange(address & 0x7F, write, read, time.lockedNow)
        if !done { failureCount &+= 1 }
        if write.count > 1 { time.onChange?() }
        time.lock.unlock()
        if !done { throw .notAcknowledged }
    }

    /// The same for a rig that keeps time itself: no waiting, and `.timedOut` or `.stuck` at once.
    public func transfer(_ address: UInt8, write: UnsafeRawBufferPointer, read: UnsafeMutableRawBufferPointer,
                         atNanoseconds now: Int64) throws(I2CError) {
        time.lock.lock()
        defer { time.lock.unlock() }
        transferCount &+= 1
        if now < heldUntil {
            failureCount &+= 1
            throw heldLine == .data ? .stuck : .timedOut
        }
        guard exchange(address & 0x7F, write, read, now) else {
            failureCount &+= 1
            throw .notAcknowledged
        }
    }

    private func exchange(_ address: UInt8, _ write: UnsafeRawBufferPointer, _ read: UnsafeMutableRawBufferPointer, _ now: Int64) -> Bool {
        let index = Int(address)
        if refusals[index] > 0 {
            if refusals[index] != .max { refusals[index] -= 1 }
            return false
        }
        guard let chip = chip(at: address) else { return false }
        if write.count > 0 || read.count == 0 {
            guard chip.write(write, atNanoseconds: now) else { return false }
        }
        guard read.count > 0 else { return true }
        if shortReads[index] > 0 {
            shortReads[index] -= 1
            let half = read.count / 2
            guard chip.read(UnsafeMutableRawBufferPointer(rebasing: read[0..<half]), atNanoseconds: now) else { return false }
            // Nobody drives the line any more, so it is pulled up.
            for rest in half..<read.count { read[rest] = 0xFF }
            return true
        }
        return chip.read(read, atNanoseconds: now)
    }

    /// The chip that answers now, be it behind another in bypass.
    private func chip(at address: UInt8) -> (any SimulatedChip)? {
        for entry in chips where entry.address == address { return entry.chip }
        for entry in chips {
            if let chip = entry.chip.passedThrough(address) { return chip }
        }
        return nil
    }

    /// Nine clocks: free a data line that a chip holds in the middle of a byte; nothing frees one that is held on.
    public func recover() throws(I2CError) {
        time.lock.lock()
        defer { time.lock.unlock() }
        let now = time.lockedNow
        if heldUntil == .max { heldUntil = .min }
        if now < heldUntil { throw .stuck }
    }

    // MARK: faults

    /// - Throws: `.usage` where the bus has no such chip, register or FIFO.
    public func apply(_ fault: Fault) throws(Failure) {
        time.lock.lock()
        let now = time.lockedNow
        let failure = applyLocked(fault, now)
        time.onChange?()
        time.lock.unlock()
        if let failure { throw failure }
    }

    /// The same at a time that the caller gives, where its clock and not the board's drives the bus.
    public func apply(_ fault: Fault, atNanoseconds now: Int64) throws(Failure) {
        time.lock.lock()
        let failure = applyLocked(fault, now)
        time.lock.unlock()
        if let failure { throw failure }
    }

    func applyLocked(_ fault: Fault, _ now: Int64) -> Failure? {
        switch fault {
        case .clear:
            clear(now)
            return nil
        case .held(let seconds, let line):
            heldLine = line
            heldUntil = seconds.map { now + Int64($0 * 1e9) } ?? .max
            return nil
        case .notAcknowledged(let address, let count):
            refusals[Int(address & 0x7F)] = count ?? .max
            return nil
        default:
            break
        }
        guard let address = fault.address, let chip = chip(at: address) else {
            return Failure(.usage, "\(name) has no chip at that address")
        }
        chip.advance(toNanoseconds: now)
        switch fault {
        case .shortRead(_, let count):
            shortReads[Int(address & 0x7F)] = count
        case .corrupted(_, let register, let mask):
            guard chip.corrupt(register: register, mask: mask) else { return Failure(.usage, "\(chip.name) has no register \(register)") }
        case .reset:
            chip.powerOnReset(atNanoseconds: now)
        case .overflow:
            guard chip.overflowFIFO(atNanoseconds: now) else { return Failure(.usage, "\(chip.name)'s FIFO is off, or there is none") }
        case .storm(_, let seconds, let hertz):
            chip.pin.storm(fromNanoseconds: now, untilNanoseconds: now + Int64(seconds * 1e9), hertz: hertz)
        case .mutedInterrupt(_, let seconds):
            chip.pin.mute(untilNanoseconds: seconds.map { now + Int64($0 * 1e9) } ?? .max)
        case .drift(_, let share):
            chip.setDrift(share, atNanoseconds: now)
        case .clear, .held, .notAcknowledged:
            break
        }
        return nil
    }

    private func clear(_ now: Int64) {
        for index in 0..<128 { (refusals[index], shortReads[index]) = (0, 0) }
        heldUntil = .min
        for entry in chips {
            entry.chip.advance(toNanoseconds: now)
            entry.chip.pin.endFaults(atNanoseconds: now)
        }
    }

    // MARK: time, with the lock held

    func advance(toNanoseconds now: Int64) {
        for entry in chips { entry.chip.advance(toNanoseconds: now) }
    }

    var nextEventNanoseconds: Int64? {
        var next: Int64?
        for entry in chips {
            guard let event = entry.chip.nextEventNanoseconds else { continue }
            next = min(next ?? event, event)
        }
        return next
    }

    func has(_ address: UInt8) -> Bool { chip(at: address & 0x7F) != nil }
}
