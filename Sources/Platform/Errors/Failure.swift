/// An error that a person reads: what went wrong, where, and what to do. Every layer throws this one type (Embedded
/// Swift has typed throws only), with `kind` for code that must tell cases apart.
public struct Failure: Error, Sendable, CustomStringConvertible {
    /// Whose doing it is: the system's, a file's, a limit's or the caller's.
    public enum Kind: Sendable {
        /// A file or device isn't there or can't be read or written.
        case inputOutput
        /// A file's contents are truncated, corrupt, hostile or of an unknown version.
        case badFormat
        /// Something valid that this build can't do.
        case unsupported
        /// A memory, time or power budget can't be kept.
        case budget
        /// A command line or console command is wrong.
        case usage
        /// The system refused memory, threads or another resource.
        case resource
    }

    public let kind: Kind
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
