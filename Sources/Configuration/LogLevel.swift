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

    /// By its word in a configuration; nil where there is no such level.
    public static func named(_ name: String) -> LogLevel? { allCases.first { $0.name == name } }
}
