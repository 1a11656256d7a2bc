import Board
import CConsole
import CLinux
import Platform

/// A board without chips, for replaying a log.
final class ReplayBoard: Board {
    override var name: String { "replay" }
    override func makeWaitSet(_ lines: [any InputLine]) throws(Failure) -> any WaitSet { TimedWait() }
}

final class TimedWait: WaitSet {
    private let descriptor = console_wake_open()
    deinit { close(descriptor) }

    func wait(untilNanoseconds deadline: Int64) -> Bool {
        var one = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let left = deadline - monotonicNanoseconds()
        guard left > 0 else { return false }
        if poll(&one, 1, Int32((left + 999_999) / 1_000_000)) > 0 { console_wake_clear(descriptor) }
        return false
    }

    func wake() { console_wake_post(descriptor) }
}
