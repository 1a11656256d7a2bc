/// How a sensor is doing, for people.
public enum SensorState: UInt8, Sendable {
    case searching, starting, running, recovering, testing

    public var name: String {
        switch self {
        case .searching: return "not found"
        case .starting: return "starting"
        case .running: return "running"
        case .recovering: return "recovering"
        case .testing: return "self-test"
        }
    }
}
