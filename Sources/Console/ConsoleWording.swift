import Device

/// How a console says what comes from itself: as text for people or as objects for machines. Who makes the console
/// decides.
public struct ConsoleWording {
    let log: (LogLine) -> String
    let error: (String) -> String
    let droppedLines: (Int) -> String

    /// - Parameter droppedLines: for so many lines that this console's reader was too slow for.
    public init(log: @escaping (LogLine) -> String, error: @escaping (String) -> String, droppedLines: @escaping (Int) -> String) {
        self.log = log
        self.error = error
        self.droppedLines = droppedLines
    }
}
