/// Says of every frame of a sound how likely somebody speaks in it. A frame comes after the other without gaps.
public protocol VoiceDetector: AnyObject {
    /// Samples a second of what it takes.
    var rateHertz: Int { get }
    /// Samples of a frame: 10 to 32 ms.
    var frameLength: Int { get }
    /// Loudness of the last frame, decibels of full scale, for who looks for a quiet moment.
    var level: Float { get }
    /// From 0 (nobody speaks) to 1, by what came up to and with this frame. Allocates nothing.
    /// - Parameter frame: `frameLength` finite samples of full scale 1.
    func score(_ frame: UnsafeBufferPointer<Float>) -> Float
    /// Forgets everything that it has heard.
    func reset()
}
