extension DeviceConfiguration {
    /// Where records of what happened around an event go, `[records]`.
    public struct Records: Sendable {
        /// From the root; empty before it was given.
        public var folder = ""
        /// Bytes that all records in it take together; the oldest leave first.
        public var limitBytes: Int64 = 64_000_000
        /// How much from before the event is in a record.
        public var beforeNanoseconds: Int64 = 5_000_000_000
        /// Bytes of memory that the frames of that time may take, of all cameras together.
        public var memoryBytes = 32_000_000
        public init() {}
    }
}

extension DeviceConfiguration {
    /// Whether a rule keeps records.
    public var isRecorded: Bool { records != nil && tasks.contains { $0.isRecorded } }
}

extension DeviceConfiguration.Task {
    /// Whether one of its rules keeps records.
    public var isRecorded: Bool {
        rules.contains { rule in
            rule.actions.contains { action in
                if case .record = action { return true }
                return false
            }
        }
    }
}
