import Board
import CLinux
import Platform

/// Waits in the board's time. In fast time the wait is what moves the clock: from event to event, until an input has
/// edges or the deadline is there.
final class SimulatedWaitSet: WaitSet {
    private let board: SimulatedBoard
    private let inputs: [SimulatedInput]
    private let readEnd: Int32
    private let writeEnd: Int32
    private var isWoken = false
    private var isSignalled = false
    /// Until when this set sleeps; nil while it doesn't.
    private var plannedUntil: Int64?

    init(_ board: SimulatedBoard, _ inputs: [SimulatedInput]) throws(Failure) {
        var ends: (Int32, Int32) = (-1, -1)
        let result = withUnsafeMutableBytes(of: &ends) { pipe($0.baseAddress!.assumingMemoryBound(to: Int32.self)) }
        guard result == 0 else { throw .system(.resource, "cannot make a pipe") }
        self.board = board
        self.inputs = inputs
        (readEnd, writeEnd) = ends
        board.locked { board.add(self) }
    }

    deinit {
        board.locked { board.remove(self) }
        close(readEnd)
        close(writeEnd)
    }

    /// Shortest wait where fast time stands still: no deadline comes there by itself, and nobody may turn in circles.
    private static let shortestWaitAtTheEnd: Int64 = 1_000_000

    func wait(untilNanoseconds deadline: Int64) -> Bool {
        let time = board.time
        time.lock.lock()
        defer { time.lock.unlock() }
        while true {
            board.advanceLocked()
            for input in inputs where input.waiting > 0 { return true }
            if isWoken {
                isWoken = false
                return false
            }
            let now = time.lockedNow
            if time.lockedIsOver {
                sleep(until: max(deadline, now + Self.shortestWaitAtTheEnd), from: now)
                isWoken = false
                return false
            }
            guard now < deadline else { return false }
            let target = min(deadline, inputs.isEmpty ? .max : board.nextEventLocked() ?? .max)
            if time.isFast, target < .max {
                time.move(toNanoseconds: target)
            } else {
                sleep(until: target, from: now)
            }
        }
    }

    /// Gives the lock back while it sleeps.
    private func sleep(until target: Int64, from now: Int64) {
        plannedUntil = target
        board.time.lock.unlock()
        let span = max(0, min(target - now, 3_600_000_000_000))
        let isReadable = linux_wait_readable(readEnd, span) != 0
        board.time.lock.lock()
        plannedUntil = nil
        if isReadable, isSignalled {
            var byte: UInt8 = 0
            read(readEnd, &byte, 1)
            isSignalled = false
        }
    }

    func wake() {
        board.locked {
            isWoken = true
            signal()
        }
    }

    /// With the lock held.
    func replan() {
        guard let plannedUntil else { return }
        var mustLook = (board.nextEventLocked() ?? .max) < plannedUntil
        for input in inputs where input.waiting > 0 { mustLook = true }
        if mustLook { signal() }
    }

    private func signal() {
        guard plannedUntil != nil, !isSignalled else { return }
        isSignalled = true
        var byte: UInt8 = 1
        write(writeEnd, &byte, 1)
    }
}
