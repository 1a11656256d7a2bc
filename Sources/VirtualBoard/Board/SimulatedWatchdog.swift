import Board
import Platform

/// A watchdog that counts the resets it would have made.
public final class SimulatedWatchdog: Watchdog {
    public let timeoutSeconds: Int
    private let time: SimulatedTime
    private var lastFeed: Int64
    private var isArmed = true
    private var resets = 0

    init(timeoutSeconds: Int, time: SimulatedTime) {
        self.timeoutSeconds = timeoutSeconds
        self.time = time
        lastFeed = time.now()
    }

    public func feed() {
        time.lock.lock()
        look()
        lastFeed = time.lockedNow
        time.lock.unlock()
    }

    public func disarm() {
        time.lock.lock()
        look()
        isArmed = false
        time.lock.unlock()
    }

    /// How often the board would have been reset.
    public var resetCount: Int {
        time.lock.lock()
        defer { time.lock.unlock() }
        look()
        return resets
    }

    /// Until `disarm`; a reset that it would have made doesn't end it.
    public var isRunning: Bool {
        time.lock.lock()
        defer { time.lock.unlock() }
        return isArmed
    }

    private func look() {
        let now = time.lockedNow, span = Int64(timeoutSeconds) * 1_000_000_000
        guard isArmed, now - lastFeed > span else { return }
        resets += 1
        lastFeed = now
    }
}
