/// Finds utterances in a sound as it comes: a state machine over a detector's scores. It counts samples and knows no clock, so
/// the same sound gives the same events however it arrives. Allocates nothing after its start.
public final class EndPointer {
    /// Where it is.
    public enum State: Sendable { case silence, speech, trailingSilence }

    public private(set) var state = State.silence
    /// Samples taken so far.
    public private(set) var samples: Int64 = 0
    private let detector: any VoiceDetector
    private let settings: EndPointerSettings
    private let frame: UnsafeMutableBufferPointer<Float>
    private var filled = 0
    /// Scores of the last five frames as bits: enough to begin with, enough to go on with.
    private var beginning: UInt32 = 0, continuing: UInt32 = 0
    private var start: Int64 = 0
    /// Where the last utterance was cut or ended, before which none may begin.
    private var barrier: Int64 = 0
    private var lastVoice: Int64 = 0
    /// Levels of the utterance's frames, from its first.
    private let levels: UnsafeMutablePointer<Float>
    private let mostLevels: Int
    private var levelCount = 0

    /// Frames that must have a voice for an utterance to begin, among the last five; and to go on after a pause, of two.
    private static let framesToBegin = 3

    /// - Parameters:
    ///   - detector: nobody else's: it is reset at the sound's end.
    ///   - settings: in milliseconds; frames of the detector are what they are rounded to.
    public init(_ detector: any VoiceDetector, settings: EndPointerSettings = EndPointerSettings()) {
        self.detector = detector
        self.settings = settings
        frame = .allocate(capacity: max(1, detector.frameLength))
        frame.initialize(repeating: 0)
        let longest = Int64(settings.longestMilliseconds) * Int64(detector.rateHertz) / 1000
        // One more than fit, and what an utterance has from before.
        mostLevels = Int(clamping: longest / Int64(max(1, detector.frameLength))) + 64
        levels = .allocate(capacity: mostLevels)
        levels.initialize(repeating: 0, count: mostLevels)
    }

    deinit {
        frame.deallocate()
        levels.deallocate()
    }

    /// Samples of full scale 1; what is no number counts as silence. Calls `tell` with every event, in order.
    public func take(_ values: UnsafeBufferPointer<Float>, _ tell: (UtteranceEvent) -> Void) {
        for value in values {
            frame[filled] = value.isFinite ? max(-1, min(1, value)) : 0
            filled += 1
            guard filled == frame.count else { continue }
            filled = 0
            samples += Int64(frame.count)
            step(detector.score(UnsafeBufferPointer(frame)), tell)
        }
    }

    /// The sound ends here: an utterance that is under way does too. What is taken afterwards is another sound.
    public func finish(_ tell: (UtteranceEvent) -> Void) {
        if state != .silence { tell(.ended(start: start, end: lastVoice, isCut: false)) }
        state = .silence
        barrier = samples
        filled = 0
        (beginning, continuing) = (0, 0)
        detector.reset()
    }

    private func count(_ milliseconds: Int) -> Int64 { Int64(milliseconds) * Int64(detector.rateHertz) / 1000 }

    private func step(_ score: Float, _ tell: (UtteranceEvent) -> Void) {
        beginning = (beginning << 1 | (score >= settings.beginScore ? 1 : 0)) & 0b11111
        continuing = (continuing << 1 | (score >= settings.continueScore ? 1 : 0)) & 0b11111
        switch state {
        case .silence:
            if beginning.nonzeroBitCount >= Self.framesToBegin { begin(tell) }
        case .speech:
            note()
            if continuing & 1 != 0 { lastVoice = samples }
            if samples - lastVoice >= count(settings.pauseMilliseconds) {
                state = .trailingSilence
                tell(.paused(end: lastVoice))
            }
            cutIfTooLong(tell)
        case .trailingSilence:
            note()
            // One frame alone may be a click.
            if continuing & 0b11 == 0b11 {
                state = .speech
                lastVoice = samples
                tell(.resumed)
                cutIfTooLong(tell)
            } else if samples - lastVoice >= count(settings.endMilliseconds) {
                tell(.ended(start: start, end: lastVoice, isCut: false))
                state = .silence
                barrier = lastVoice
                (beginning, continuing) = (0, 0)
            } else {
                cutIfTooLong(tell)
            }
        }
    }

    private func begin(_ tell: (UtteranceEvent) -> Void) {
        // The earliest of the frames that made it sure.
        let oldest = 32 - beginning.leadingZeroBitCount
        let first = samples - Int64(oldest * frame.count)
        start = max(barrier, first - count(settings.preRollMilliseconds))
        lastVoice = samples
        levelCount = 0
        state = .speech
        note()
        tell(.started(start: start))
    }

    /// The level of the frame that ended at `samples`.
    private func note() {
        guard levelCount < mostLevels else { return }
        levels[levelCount] = detector.level
        levelCount += 1
    }

    /// Cuts at the quietest tenth of a second of the second half, so that a word is rarely hit.
    private func cutIfTooLong(_ tell: (UtteranceEvent) -> Void) {
        guard samples - start >= count(settings.longestMilliseconds) else { return }
        let width = max(1, Int(count(100)) / frame.count)
        var best = levelCount, lowest = Float.infinity
        var place = levelCount / 2
        while place + width <= levelCount {
            var sum: Float = 0
            for index in place..<(place + width) { sum += levels[index] }
            if sum < lowest {
                lowest = sum
                best = place + width / 2
            }
            place += 1
        }
        let end = samples - Int64((levelCount - best) * frame.count)
        tell(.ended(start: start, end: end, isCut: true))
        // The rest goes on as an utterance of its own.
        for index in best..<levelCount { levels[index - best] = levels[index] }
        levelCount -= best
        start = end
        barrier = end
        lastVoice = max(lastVoice, end)
        tell(.started(start: start))
        if state == .trailingSilence { tell(.paused(end: lastVoice)) }
    }
}
