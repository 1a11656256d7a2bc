import CConsole
import CLinux
import Console
import Device
import ModelRuntime
import Platform
import Tasks

/// What one reader's commands share: where they write, where models are looked for, and what they work on.
public final class Context {
    /// Writes one line to the reader of results.
    public var output: (String) -> Void
    /// Writes one line to the reader of errors.
    public var errors: (String) -> Void
    /// What models run on; all consoles of a firmware have the same.
    public let runtime: Runtime
    public var folders = ModelFolders()
    /// The running firmware, where a command is a line of its console.
    public var device: Device?
    /// Its tasks.
    public var tasks: TaskService?
    /// What tells a broker of it, where the configuration wants that.
    var publishing: Publishing?
    /// Its last hour.
    var history: RunHistory?
    /// The console that the line came from.
    public var console: Console?
    /// Set where a command went on after an error, so that the program still ends with one.
    public var hadErrors = false

    /// Standard output and standard error where nothing else is said; a console gives its own, and the firmware's runtime.
    public init(runtime: Runtime = Runtime(), output: @escaping (String) -> Void = { Output.standard.line($0) },
                errors: @escaping (String) -> Void = { Output.error.line($0) }) {
        self.runtime = runtime
        self.output = output
        self.errors = errors
    }

    /// Somebody wants the command to stop: Ctrl-C on its console, or a signal. Or nobody takes its results any more.
    var isCancelled: Bool {
        console?.isCancelled ?? (Output.standard.failure != 0) || Signals.stopRequested || console_caught_signal() != 0
    }

    /// Somebody watches: displays may move.
    var isInteractive: Bool { console?.isInteractive ?? false }
    /// A console at which nobody watches: what goes on until somebody ends it has to end by itself.
    var isScript: Bool { console != nil && !isInteractive }

    /// Sleeps, unless cancelled; false then.
    func pause(milliseconds: Int) -> Bool {
        var left = milliseconds
        while left > 0, !isCancelled {
            usleep(UInt32(min(left, 20)) * 1000)
            left -= 20
        }
        return !isCancelled
    }

    /// The firmware that a command works on.
    func runningDevice() throws(Failure) -> Device {
        guard let device else { throw Failure(.usage, "this is a command of the console: start `swiftlet run` first") }
        // Just booted: the sensors' modules are still being loaded.
        while !device.isReady {
            guard pause(milliseconds: 20), !device.isEnding else { throw Failure(.resource, "the sensors are not there yet") }
        }
        return device
    }

    /// Reports an error of one item (a picture of several) and goes on.
    func report(_ failure: Failure) {
        errors(ShownText.line("swiftlet: \(failure.description)"))
        hadErrors = true
    }
}
