import CConsole
import Platform

/// How much a line of the log matters.
public enum LogLevel: UInt8, Sendable, CaseIterable {
    case error, warning, info, debug

    public var name: String {
        switch self {
        case .error: return "error"
        case .warning: return "warning"
        case .info: return "info"
        case .debug: return "debug"
        }
    }

    static func named(_ name: String) -> LogLevel? { allCases.first { $0.name == name } }
}

/// One line of the log.
struct LogLine {
    var level: LogLevel
    /// Since the firmware started, nanoseconds.
    var sinceStart: Int64
    /// When what it tells of happened (monotonic nanoseconds), where that is known better than by the log's own clock.
    var eventTime: Int64?
    var text: String

    var shown: String { "[\(padLeft(fixed(Double(sinceStart) / 1e9, decimals: 3), 9))] \(level == .info ? "" : level.name + ": ")\(text)" }

    var json: JSONObject {
        var object = JSONObject()
        object.set("log", level.name)
        object.set("seconds", Double(sinceStart) / 1e9, decimals: 3)
        if let eventTime { object.set("time_s", Double(eventTime) * 1e-9, decimals: 6) }
        object.set("text", text)
        return object
    }
}

/// The firmware's log: the last lines, and whoever listens. For every thread but the sensors' (they push events).
public final class Log {
    private let lock = Lock()
    private var recent: [LogLine] = []
    private let start: Int64
    /// Lines less important than this are dropped.
    public var level = LogLevel.info
    /// Called with every line that is kept.
    var listener: ((LogLine) -> Void)?
    static let kept = 100

    init(start: Int64) { self.start = start }

    /// `eventTime`: monotonic nanoseconds.
    public func write(_ level: LogLevel, _ text: String, eventTime: Int64? = nil) {
        guard level.rawValue <= self.level.rawValue else { return }
        let line = LogLine(level: level, sinceStart: monotonicNanoseconds() - start, eventTime: eventTime, text: text)
        lock.lock()
        if recent.count >= Self.kept { recent.removeFirst(recent.count - Self.kept + 1) }
        recent.append(line)
        lock.unlock()
        listener?(line)
    }

    var lines: [LogLine] {
        lock.lock()
        defer { lock.unlock() }
        return recent
    }
}
