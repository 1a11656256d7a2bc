import Platform

/// The firmware as a process of a board whose first process is a shell: its console for machines is the board's second
/// serial line.
public final class FirmwareRun {
    public let console: FirmwareConsole
    /// Its process on the board.
    public let processIdentifier: Int
    private let shell: GuestShell
    private var isRunning = true

    /// Starts it with a configuration file of the board. `group`: a control group that it is put into before it starts.
    public init(_ shell: GuestShell, _ machine: Machine, configuration: String, group: String? = nil) throws(Failure) {
        self.shell = shell
        console = FirmwareConsole(machine.serial)
        // What an earlier run left on the line.
        _ = machine.serial.drain(quietSeconds: 0.02)
        let start = "stty -F /dev/ttyS0 115200 raw -echo; "
            + (group.map { "sh -c 'echo $$ > \($0)/cgroup.procs; exec swiftlet run --config \(configuration) --json'" }
               ?? "swiftlet run --config \(configuration) --json")
            + " < /dev/ttyS0 > /dev/ttyS0 2> /tmp/firmware.errors & firmware=$!; echo $firmware"
        let answer = try shell.run(start)
        guard let number = answer.text.split(whereSeparator: \.isWhitespace).last.flatMap({ Int($0) }) else {
            throw Failure(.inputOutput, "the board's shell does not start the firmware: \(answer.text)")
        }
        processIdentifier = number
        try console.waitUntilItAnswers()
    }

    /// Sends a signal and waits for its end; the exit status as the shell has it (128 + signal where one killed it).
    @discardableResult
    public func end(signal: String = "TERM", seconds: Double = 20) throws(Failure) -> Int {
        guard isRunning else { return 0 }
        isRunning = false
        return try shell.run("kill -\(signal) \(processIdentifier); wait \(processIdentifier)", seconds: seconds).status
    }

    /// Kilobytes, a field of its `/proc/PID/status` such as VmRSS.
    public func memoryKilobytes(_ field: String = "VmRSS") throws(Failure) -> Int {
        let text = try shell.run("grep \(field): /proc/\(processIdentifier)/status").text
        guard let number = text.split(whereSeparator: \.isWhitespace).compactMap({ Int($0) }).first else {
            throw Failure(.inputOutput, "the firmware is gone: \(try shell.run("cat /tmp/firmware.errors").text)")
        }
        return number
    }
}
