/// What tells utterances apart in a sound as it comes, by samples since its begin.
protocol Segmenter: AnyObject {
    /// Samples looked at so far.
    var samples: Int64 { get }
    /// Looks at more of the sound, and tells every event in its order.
    func take(_ values: UnsafeBufferPointer<Float>, _ tell: (UtteranceEvent) -> Void)
    /// The sound breaks off here, and with it an utterance that is under way. What waits to be looked at is forgotten.
    func finish(_ tell: (UtteranceEvent) -> Void)
}

extension EndPointer: Segmenter {}

/// Push-to-talk: an utterance lasts as long as a button is held down.
final class ButtonSegmenter: Segmenter {
    private(set) var samples: Int64 = 0
    private let isPressed: () -> Bool
    private let longest: Int64
    private let preRoll: Int64
    private var start: Int64?
    private var barrier: Int64 = 0

    /// Who begins to speak as he presses is heard from a little before.
    private static let preRollMilliseconds: Int64 = 200

    /// - Parameter isPressed: asked for every piece of the sound.
    init(rateHertz: Int, longestMilliseconds: Int, isPressed: @escaping () -> Bool) {
        self.isPressed = isPressed
        longest = Int64(longestMilliseconds) * Int64(rateHertz) / 1000
        preRoll = Self.preRollMilliseconds * Int64(rateHertz) / 1000
    }

    func take(_ values: UnsafeBufferPointer<Float>, _ tell: (UtteranceEvent) -> Void) {
        let isDown = isPressed()
        if isDown, start == nil { begin(at: max(barrier, samples - preRoll), tell) }
        samples += Int64(values.count)
        if !isDown { return finish(tell) }
        while let begun = start, samples - begun >= longest {
            tell(.ended(start: begun, end: begun + longest, isCut: true))
            begin(at: begun + longest, tell)
        }
    }

    func finish(_ tell: (UtteranceEvent) -> Void) {
        guard let begun = start else { return }
        tell(.ended(start: begun, end: samples, isCut: false))
        start = nil
        barrier = samples
    }

    private func begin(at place: Int64, _ tell: (UtteranceEvent) -> Void) {
        start = place
        tell(.started(start: place))
    }
}
