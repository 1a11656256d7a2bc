/// The newest answer of a task, for everybody: fixed size, no references.
public struct TaskReading: Sendable {
    /// Number of the class with the highest score, and that score; -1 before the first answer.
    public var best = -1
    public var score: Float = 0
    /// Time of the frame, monotonic nanoseconds.
    public var frameNanoseconds: Int64 = 0
    /// What the network itself takes, the median of the newest passes; interruptions by other tasks are in it.
    public var networkNanoseconds: Int64 = 0
    /// Frames that couldn't be decoded.
    public var damaged: UInt32 = 0
    /// Number of the variant that answered, from 0.
    public var variant = 0

    public init() {}
}

/// A rule that began or ceased to hold, for whoever wants to know.
public struct RuleChange {
    /// Numbers in the configuration: of the task, and of the rule in it.
    public var task: Int
    public var rule: Int
    public var holds: Bool
    /// 0 to 1.
    public var score: Float
    /// Time of the frame that decided it, monotonic nanoseconds.
    public var frameNanoseconds: Int64
}

/// What a task's rules and models tell the rest: fixed size, no references, so that it fits a ring.
struct TaskEvent {
    enum Kind: UInt8 {
        /// A rule began or ceased to hold; `value` is its score.
        case began, ended
        /// The model failed: its file is damaged.
        case failed
        /// The next variant has taken over.
        case switched
    }

    var kind: Kind
    var task: Int
    var rule: Int
    var value: Float
    /// Of the frame, monotonic nanoseconds.
    var time: Int64
}
