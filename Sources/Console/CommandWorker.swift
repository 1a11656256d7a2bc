import CConsole
import Platform

/// Runs one console's commands on a thread of its own, so that a long one holds nobody up. The thread starts with the
/// first command.
final class CommandWorker {
    let console: Console
    /// Runs one line; its exit status.
    private let execute: ([UInt8]) -> Int32
    private let lock = Lock()
    private var line: [UInt8]?
    private var isEnding = false
    private var thread: Thread?
    private let wake: Int32
    /// 1 once a command failed.
    private(set) var status: Int32 = 0

    init(console: Console, wake: Int32, execute: @escaping ([UInt8]) -> Int32) {
        self.console = console
        self.wake = wake
        self.execute = execute
    }

    /// For the server's thread, when the console is idle.
    func run(_ line: [UInt8]) {
        lock.lock()
        self.line = line
        lock.wakeAll()
        lock.unlock()
        guard thread == nil else { return }
        do throws(Failure) {
            thread = try Thread { [self] in work() }
        } catch {
            console.complain(error.description)
            console.becomeIdle()
        }
    }

    private func work() {
        while true {
            lock.lock()
            while line == nil, !isEnding { lock.wait() }
            let next = line
            line = nil
            lock.unlock()
            guard let next else { return }
            if execute(next) != 0 { status = 1 }
            console.becomeIdle()
            console_wake_post(wake)
        }
    }

    /// Waits for the command that runs, which has been cancelled.
    func stop() {
        lock.lock()
        isEnding = true
        lock.wakeAll()
        lock.unlock()
        thread?.join()
        thread = nil
    }
}
