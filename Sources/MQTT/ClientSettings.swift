/// Whom a client speaks to, and as whom.
public struct ClientSettings {
    /// A name or a numeric address, IPv6 without brackets.
    public var host: String
    public var port: Int
    /// What the broker knows it by; another client of the same one is thrown out.
    public var clientIdentifier: String
    /// nil: none is sent.
    public var user: String?
    /// Not text for the protocol; without a user there is none.
    public var password: [UInt8]?
    /// The broker publishes it, retained, where the client is gone without a word.
    public var willTopic: String
    public var willPayload: String
    /// Longest silence after which the broker may take the client for gone.
    public var keepAliveSeconds: Int
    /// Messages that wait while the broker is away.
    public var queueCapacity: Int

    /// Without a user, with a minute's silence at most and 256 messages that may wait. `host` is a name or a numeric address.
    public init(host: String, port: Int, clientIdentifier: String, willTopic: String, willPayload: String) {
        self.host = host
        self.port = port
        self.clientIdentifier = clientIdentifier
        self.willTopic = willTopic
        self.willPayload = willPayload
        keepAliveSeconds = 60
        queueCapacity = 256
    }

    /// "broker.example:1883", "[fe80::1]:1883".
    public var address: String { (host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host) + ":\(port)" }
}
