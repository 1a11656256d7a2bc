import Configuration
import Platform

/// One line of the log.
public struct LogLine: Sendable {
    public var level: LogLevel
    /// Since the firmware started, nanoseconds.
    public var sinceStart: Int64
    /// When what it tells of happened (monotonic nanoseconds), where that is known better than by the log's own clock.
    public var eventTime: Int64?
    public var text: String

    public init(level: LogLevel, sinceStart: Int64, eventTime: Int64? = nil, text: String) {
        self.level = level
        self.sinceStart = sinceStart
        self.eventTime = eventTime
        self.text = text
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
    public var listener: ((LogLine) -> Void)?
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

    /// The last lines, oldest first.
    public var lines: [LogLine] {
        lock.lock()
        defer { lock.unlock() }
        return recent
    }
}
