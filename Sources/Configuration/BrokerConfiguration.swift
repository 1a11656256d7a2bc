extension DeviceConfiguration {
    /// Where events and states are published, `[mqtt]`.
    public struct Broker: Sendable {
        /// A name or a numeric address, IPv6 without brackets; empty before it was given.
        public var host = ""
        public var port = 1883
        /// What the device is called there; nil: the machine's host name.
        public var name: String?
        public var user: String?
        /// Its first line is the password.
        public var passwordFile: String?
        /// What all topics begin with; nil: swiftlet/NAME.
        public var topic: String?
        /// Messages that wait while the broker is away.
        public var queue = 256
        public var announcesToHomeAssistant = false
        public var keepAliveSeconds = 60
        /// Between two states of a task or a power monitor.
        public var intervalSeconds = 30
        public init() {}

        /// What it needs as a whole and hasn't; nil: nothing.
        var complaint: String? {
            if host.isEmpty { return "has no broker; broker = HOST:PORT is expected" }
            if passwordFile != nil, user == nil { return "has a password-file and no user; user = NAME is expected" }
            return nil
        }
    }
}
