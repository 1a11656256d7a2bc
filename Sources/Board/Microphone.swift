import Platform

/// A device that captures sound, as a list shows it.
public struct MicrophoneListing: Sendable, Equatable {
    /// What a request names: the card's id and the device's number, "Loopback,1".
    public var identifier: String
    /// For people: "Loopback, Loopback PCM".
    public var name: String
    /// Somebody has it open already.
    public var isBusy: Bool

    public init(identifier: String, name: String, isBusy: Bool) {
        self.identifier = identifier
        self.name = name
        self.isBusy = isBusy
    }
}

/// What is asked for when a microphone is opened.
public struct MicrophoneRequest: Sendable {
    /// A card's id, with a comma and a device's number where it has several that capture: "Loopback,1"; or "default", the
    /// first that there is.
    public var device = "default"
    /// Samples a second. A device that hasn't this rate gives another; `MicrophoneFormat` says which.
    public var rateHertz = 16_000

    public init(device: String = "default", rateHertz: Int = 16_000) {
        self.device = device
        self.rateHertz = rateHertz
    }
}

/// What a device and its driver agreed to.
public struct MicrophoneFormat: Sendable, Equatable {
    public var rateHertz: Int
    /// Of the device; `Microphone.read` mixes them to one.
    public var channels: Int
    public var encoding: SampleEncoding

    public init(rateHertz: Int, channels: Int, encoding: SampleEncoding) {
        self.rateHertz = rateHertz
        self.channels = channels
        self.encoding = encoding
    }
}

/// An open microphone. One thread reads it.
public protocol Microphone: AnyObject {
    /// For people: "Loopback, Loopback PCM".
    var name: String { get }
    var format: MicrophoneFormat { get }
    /// How often samples were lost because nobody took them in time. Reading goes on behind the gap.
    var overruns: UInt32 { get }
    /// Waits for samples, no longer than `nanoseconds`, and takes up to `samples.count`: one channel, full scale 1. How many,
    /// 0 where there are none yet. Allocates nothing unless it fails.
    /// - Throws: `.inputOutput` where the device is gone or broken; only opening it again helps then.
    func read(_ samples: UnsafeMutableBufferPointer<Float>, withinNanoseconds nanoseconds: Int64) throws(Failure) -> Int
}
