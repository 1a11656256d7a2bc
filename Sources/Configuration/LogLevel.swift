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

    public static func named(_ name: String) -> LogLevel? { allCases.first { $0.name == name } }
}
