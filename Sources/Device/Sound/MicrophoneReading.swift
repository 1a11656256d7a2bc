import Board

/// How a microphone is doing, for people.
public enum MicrophoneState: UInt8, Sendable {
    case searching, running
    /// It delivers nothing but zeros.
    case silent

    public var name: String {
        switch self {
        case .searching: "not found"
        case .running: "running"
        case .silent: "delivers only zeros"
        }
    }
}

/// The newest of a microphone, for everybody: fixed size, no references.
public struct MicrophoneReading: Sendable {
    public var state = MicrophoneState.searching
    /// Of the device that was open last; nil before the first.
    public var format: MicrophoneFormat?
    /// Samples so far.
    public var samples: UInt64 = 0
    /// Decibels of full scale, over a tenth of a second.
    public var level: Float = SoundLevel.quietest, peak: Float = SoundLevel.quietest
    /// How often samples were lost in the device, and how often it was gone.
    public var overruns: UInt32 = 0, losses: UInt32 = 0

    public init() {}
}
