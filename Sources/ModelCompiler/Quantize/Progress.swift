import Glibc
import Platform

/// Where a long computation shows how far it is: a bar that moves on a terminal, nothing where nobody looks.
public struct Progress: Sendable {
    private let draw: @Sendable (String) -> Void

    /// - Parameter draw: gets the line to show, each in the place of the one before it, and an empty one at the end.
    public init(_ draw: @escaping @Sendable (String) -> Void = { _ in }) { self.draw = draw }

    /// On standard error where that is a terminal. Elsewhere silent: a log wants to know how it ended, not how it went.
    public static var standard: Progress {
        guard isatty(2) == 1 else { return Progress() }
        return Progress { Output.error.write("\r\u{1b}[K" + $0) }
    }

    /// Takes `count` steps, with the bar moved before each and gone after the last, or when one fails.
    public func each(_ title: String, of count: Int, _ step: (Int) throws -> Void) rethrows {
        defer { draw("") }
        for index in 0..<count {
            draw(Self.bar(title, index, of: count))
            try step(index)
        }
    }

    /// `title [######......] 5/10`
    static func bar(_ title: String, _ done: Int, of count: Int, cells: Int = 24) -> String {
        let filled = cells * done / max(1, count)
        return "\(title) [\(String(repeating: "#", count: filled))\(String(repeating: ".", count: cells - filled))] \(done)/\(count)"
    }
}
