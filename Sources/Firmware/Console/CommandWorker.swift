import CConsole
import CLinux
import Platform

/// Runs one console's commands on a thread of its own, so that a long one holds nobody up. The thread starts with the
/// first command.
final class CommandWorker {
    let console: Console
    private let context: Context
    private let lock = Lock()
    private var line: [UInt8]?
    private var isEnding = false
    private var thread: Thread?
    private let wake: Int32
    /// 1 once a command failed.
    private(set) var status: Int32 = 0

    init(console: Console, context: Context, wake: Int32) {
        self.console = console
        self.context = context
        self.wake = wake
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
            console.write("swiftlet: \(error.description)")
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
            execute(next)
            console.becomeIdle()
            console_wake_post(wake)
        }
    }

    private func execute(_ line: [UInt8]) {
        do throws(Failure) {
            var words = try CommandWords.split(line)
            guard let name = words.first else { return }
            if console.isJSON, let command = commandTable.first(where: { $0.name == name }), !words.contains("--json"),
               command.options.contains(where: { $0.name == "--json" }) {
                words.append("--json")
            }
            if runCommand(words, context: context) != 0 { status = 1 }
            if console.isCancelled, context.device?.isEnding != true { context.errors("cancelled") }
        } catch {
            context.errors("swiftlet: \(error.description)")
            status = 1
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
