import ModelRuntime

/// A task as it is now, for people.
public struct TaskRow {
    /// Why it takes frames, or doesn't.
    public enum State: Sendable {
        /// Models are being loaded and measured.
        case loading
        case running
        /// Its `when` isn't true, or nobody has started it.
        case waiting, stopped
        /// There is no room for it: it gets no frames until there is.
        case paused
        /// It can't run; the reason is in the log.
        case failed

        /// For people.
        public var name: String {
            switch self {
            case .loading: "loading"
            case .running: "running"
            case .waiting: "waiting"
            case .stopped: "stopped"
            case .paused: "paused"
            case .failed: "failed"
            }
        }
    }

    public var name: String
    public var state: State
    /// The model that is in use; empty before.
    public var variant: String
    /// What it takes: "frames" or "windows".
    public var unit: String
    /// How many of them a second, as configured or fewer.
    public var rateHertz: Double
    public var deadlineNanoseconds: Int64
    public var statistics: JobStatistics
    public var reading: TaskReading
    /// Of the newest answer; empty before.
    public var label: String
    /// One of its rules holds.
    public var holds: Bool
    /// What a pass of its network took when it was loaded, nanoseconds.
    public var predictedNanoseconds: Int64
    /// Switches of its variant so far, and how long the newest took from its choice until the variant answered.
    public var switches: Int
    public var switchNanoseconds: Int64
}

/// A camera as it is now, for people.
public struct CameraRow {
    public var name: String
    public var title: String
    public var reading: CameraReading
}
