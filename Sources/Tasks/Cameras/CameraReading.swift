/// How a camera is doing, for people.
public enum CameraState: UInt8, Sendable {
    case searching, running
    /// A file without repetition has come to its end.
    case ended

    public var name: String {
        switch self {
        case .searching: "not found"
        case .running: "running"
        case .ended: "ended"
        }
    }
}

/// The newest of a camera, for everybody: fixed size, no references.
public struct CameraReading: Sendable {
    public var state = CameraState.searching
    /// Frames so far.
    public var frames: UInt64 = 0
    /// Frames that its driver lost or called damaged, and how often it was gone.
    public var lost: UInt32 = 0, damaged: UInt32 = 0, losses: UInt32 = 0

    public init() {}
}
