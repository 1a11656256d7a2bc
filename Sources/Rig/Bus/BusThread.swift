import CLinux
import Platform
import VirtualBoard

/// Keeps the simulated chips in time: answers the adapter's transfers as they come, lets chips take their samples when
/// they are due, and drives the lines that their interrupt pins are wired to.
final class BusThread {
    private let socket: SocketEnd
    private let bus: ChipBus
    private let lock = Lock()
    private let wakeEnd: SocketEnd, sleepEnd: SocketEnd
    private var thread: Thread?
    private var isStopping = false
    private var failureSeen: Failure?
    private var lines: LineDriver?

    init(socket: SocketEnd, bus: ChipBus) throws(Failure) {
        self.socket = socket
        self.bus = bus
        (wakeEnd, sleepEnd) = try SocketEnd.pair()
        let device = try RedirectedDevice(adapter: I2CAdapter(bus: bus), send: { socket.send($0) })
        thread = try Thread { [self] in
            // Chips don't wait for a processor. Where it isn't allowed, a busy machine shows as a slow bus.
            _ = RealTime.useRealTimePriority(2)
            run(device)
        }
    }

    /// Why the bus no longer works; nil while it does.
    var failure: Failure? {
        lock.lock()
        defer { lock.unlock() }
        return failureSeen
    }

    /// Interrupt pins reach the board from now on.
    func connect(_ lines: LineDriver) {
        lock.lock()
        self.lines = lines
        lock.unlock()
    }

    /// Looks at the bus, or changes it, between two transfers.
    func withBus<T>(_ body: (ChipBus, Int64) -> T) -> T {
        lock.lock()
        let result = body(bus, monotonicNanoseconds())
        lock.unlock()
        // The loop's next deadline may have changed.
        _ = wakeEnd.send([0])
        return result
    }

    func stop() {
        lock.lock()
        isStopping = true
        lock.unlock()
        _ = wakeEnd.send([0])
        thread?.join()
        thread = nil
    }

    private func run(_ device: RedirectedDevice) {
        var levels = [Bool](repeating: false, count: bus.chips.count)
        while true {
            do throws(Failure) {
                lock.lock()
                defer { lock.unlock() }
                if isStopping { return }
                try advanceChips(&levels)
                try device.answerWaiting(now: monotonicNanoseconds())
            } catch {
                return fail(error)
            }
            lock.lock()
            let deadline = nextDeadline(isWaiting: device.isWaiting)
            lock.unlock()
            guard wait(untilNanoseconds: deadline) else { continue }
            guard let bytes = socket.receive(untilNanoseconds: 0) else {
                return fail(Failure(.inputOutput, "USB redirection: QEMU has closed the connection"))
            }
            do throws(Failure) {
                lock.lock()
                defer { lock.unlock() }
                try device.receive(bytes, now: monotonicNanoseconds())
            } catch {
                return fail(error)
            }
        }
    }

    private func fail(_ failure: Failure) {
        lock.lock()
        if !isStopping { failureSeen = failure }
        lock.unlock()
    }

    /// One event after the other, so that a pulse shorter than our own delays still reaches the line as two edges.
    private func advanceChips(_ levels: inout [Bool]) throws(Failure) {
        let now = monotonicNanoseconds()
        for (index, placed) in bus.chips.enumerated() {
            var steps = 0
            while let event = placed.chip.nextEventNanoseconds, event <= now, steps < 10_000 {
                placed.chip.advance(toNanoseconds: event)
                try follow(placed, &levels[index])
                steps += 1
            }
            try follow(placed, &levels[index])
        }
    }

    private func follow(_ placed: PlacedChip, _ level: inout Bool) throws(Failure) {
        guard let lines, let line = placed.line, placed.chip.interruptLevel != level else { return }
        level.toggle()
        try lines.set(line, level)
    }

    private func nextDeadline(isWaiting: Bool) -> Int64 {
        // A held bus is looked at again and again: what frees it may be a fault's end, a command or a recovery.
        var deadline = monotonicNanoseconds() + (isWaiting ? 1_000_000 : 1_000_000_000)
        for placed in bus.chips {
            if let event = placed.chip.nextEventNanoseconds { deadline = min(deadline, event) }
        }
        return deadline
    }

    /// True where the adapter has something for us.
    private func wait(untilNanoseconds deadline: Int64) -> Bool {
        let left = max(0, deadline - monotonicNanoseconds())
        var entries = [pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0),
                       pollfd(fd: sleepEnd.descriptor, events: Int16(POLLIN), revents: 0)]
        guard linux_poll(&entries, 2, left) > 0 else { return false }
        if entries[1].revents != 0 { _ = sleepEnd.receive(untilNanoseconds: 0) }
        return entries[0].revents != 0
    }
}
