import Platform

/// The shell of a board that starts with one (`RootSystem.hasShell`): runs commands and gives what they say.
public final class GuestShell {
    private let port: SerialPort
    private var count = 0

    /// Waits until the board has started.
    public init(_ machine: Machine, seconds: Double = 60) throws(Failure) {
        port = machine.console
        _ = try port.wait(for: GuestScript.readyMark, seconds: seconds)
        // The shell switches its terminal's echo off when it starts; until then commands come back.
        try run("true")
    }

    /// What the command (one line, not ending in `&`) wrote, and its status.
    @discardableResult
    public func run(_ command: String, seconds: Double = 30) throws(Failure) -> (text: String, status: Int) {
        count += 1
        // The mark is put together by the shell, so that an echo of the command doesn't look like its end.
        try port.send("\(command); echo \"@@\"\"\(count):$?@@\"\n")
        let before = try port.wait(for: "@@\(count):", seconds: seconds)
        let status = try port.wait(for: "@@", seconds: 5)
        return (String(before.dropLast("@@\(count):".count)).replacingCarriageReturns, Int(status.dropLast(2)) ?? -1)
    }
}

extension String {
    fileprivate var replacingCarriageReturns: String { String(decoding: utf8.filter { $0 != 13 }, as: UTF8.self) }
}
