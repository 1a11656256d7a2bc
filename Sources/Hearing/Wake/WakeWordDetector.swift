import Platform

/// What a wake-word model is to the detector: told a few frames of features, it says how likely the word has just been said.
public protocol WakeNetwork: AnyObject {
    /// Frames of features that a run takes.
    var framesOfRun: Int { get }
    /// From 0 to 1, by these features and what came before them; fails as the model does.
    /// - Parameter features: row-major, [framesOfRun][40].
    func probability(_ features: UnsafeBufferPointer<Float>) throws(Failure) -> Float
    /// Forgets what came before.
    func restart()
}

/// When a word counts as heard.
public struct WakeSettings: Sendable {
    /// The mean of the newest probabilities has to be above this.
    public var cutoff: Float = 0.9
    /// How many they are.
    public var window = 5

    public init() {}
}

/// Hears a wake word in a sound as it comes. It counts samples and knows no clock. Allocates nothing after its start.
public final class WakeWordDetector {
    /// What is said to it, for people.
    public let word: String
    private let network: any WakeNetwork
    private let settings: WakeSettings
    private let features: WakeFeatures
    private let frames: UnsafeMutableBufferPointer<Float>
    private var filled = 0
    /// The newest probabilities, and how many there have been since the start.
    private let probabilities: UnsafeMutableBufferPointer<Float>
    private var count = 0

    /// Fails with `usage` where the settings make no sense.
    public init(_ network: any WakeNetwork, word: String, settings: WakeSettings = WakeSettings()) throws(Failure) {
        guard settings.cutoff > 0, settings.cutoff < 1, (1...100).contains(settings.window), (1...100).contains(network.framesOfRun) else {
            throw Failure(.usage, "a wake word above \(settings.cutoff) in \(settings.window) runs of \(network.framesOfRun) frames")
        }
        self.network = network
        self.word = word
        self.settings = settings
        features = try WakeFeatures()
        frames = .allocate(capacity: network.framesOfRun * WakeFeatures.bands)
        frames.initialize(repeating: 0)
        probabilities = .allocate(capacity: settings.window)
        probabilities.initialize(repeating: 0)
        network.restart()
    }

    deinit {
        frames.deallocate()
        probabilities.deallocate()
    }

    /// Takes samples of full scale 1 at 16 kHz; whether the word was heard in them. Then it begins anew.
    public func take(_ samples: UnsafeBufferPointer<Float>) throws(Failure) -> Bool {
        var isHeard = false
        try features.take(samples) { (values) throws(Failure) in
            (frames.baseAddress! + filled).update(from: values, count: WakeFeatures.bands)
            filled += WakeFeatures.bands
            guard filled == frames.count else { return }
            filled = 0
            let probability = try network.probability(UnsafeBufferPointer(frames))
            probabilities[count % settings.window] = probability.isFinite ? probability : 0
            count += 1
            guard count >= settings.window, mean > settings.cutoff else { return }
            isHeard = true
            count = 0
        }
        return isHeard
    }

    /// Forgets everything that it has heard.
    public func restart() {
        features.restart()
        network.restart()
        (filled, count) = (0, 0)
    }

    private var mean: Float {
        var sum: Float = 0
        for probability in probabilities { sum += probability }
        return sum / Float(settings.window)
    }
}
