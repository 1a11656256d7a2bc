/// What a command that has claimed the microphone makes of it, for everybody: fixed size, no references.
public struct ListeningReading: Sendable {
    /// A command listens for speech; somebody speaks.
    public var isListening = false, isSpeaking = false
    /// With a text, since the listening began.
    public var utterances: UInt32 = 0
    /// Of the newest utterance, nanoseconds: from the last sample of speech until the text that became final stood there, and from
    /// when the utterance was known to be over until its text was final.
    public var afterSpeechNanoseconds: Int64 = 0, afterDecisionNanoseconds: Int64 = 0

    public init() {}
}
