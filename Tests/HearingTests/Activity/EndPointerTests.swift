@testable import Hearing
import Testing

/// The state machine alone: scores come from a list, and every event is known beforehand.
@Suite struct EndPointerTests {
    /// Frames of ten samples at 1000 samples a second: 10 ms each. A frame's score and level are its first two samples,
    /// between -1 and 1 like every sample.
    private final class Scripted: VoiceDetector {
        let rateHertz = 1000, frameLength = 10
        private(set) var level: Float = 0
        private(set) var resets = 0
        func score(_ frame: UnsafeBufferPointer<Float>) -> Float {
            level = frame[1]
            return frame[0]
        }
        func reset() { resets += 1 }
    }

    private let detector = Scripted()

    private func settings() -> EndPointerSettings {
        var settings = EndPointerSettings()
        settings.preRollMilliseconds = 50
        settings.pauseMilliseconds = 100
        settings.endMilliseconds = 300
        settings.longestMilliseconds = 2000
        return settings
    }

    /// Events of frames with these scores, without the sound's end.
    private func events(_ scores: [Float], level: (Int) -> Float = { _ in 0 }, ends: Bool = false) -> [UtteranceEvent] {
        let pointer = EndPointer(detector, settings: settings())
        var all: [UtteranceEvent] = []
        for (index, score) in scores.enumerated() {
            var frame = [Float](repeating: 0, count: 10)
            frame[0] = score
            frame[1] = level(index)
            frame.withUnsafeBufferPointer { pointer.take($0) { all.append($0) } }
        }
        if ends { pointer.finish { all.append($0) } }
        return all
    }

    private func frames(_ score: Float, _ count: Int) -> [Float] { [Float](repeating: score, count: count) }

    @Test func anUtteranceInSamples() {
        // 20 frames of nothing, 30 of voice, 40 of nothing: it begins with frame 20 less 50 ms and ends with frame 49.
        let events = events(frames(0, 20) + frames(1, 30) + frames(0, 40))
        #expect(events == [.started(start: 150), .paused(end: 500), .ended(start: 150, end: 500, isCut: false)])
    }

    @Test func twoFramesAreNoVoice() {
        #expect(events(frames(0, 20) + [1, 1] + frames(0, 20) + [1, 0, 0, 1, 0, 0, 0, 1] + frames(0, 20)).isEmpty)
        // Three of five are, whatever lies between; it begins at the first of them.
        #expect(events(frames(0, 20) + [1, 0, 1, 0, 1]) == [.started(start: 150)])
        // What is enough to go on with isn't enough to begin with.
        #expect(events(frames(0.4, 100)).isEmpty)
    }

    @Test func aPauseIsToldAtItsLengthAndTakenBack() {
        // Nine frames of silence are no pause, ten are.
        #expect(events(frames(1, 20) + frames(0, 9) + frames(0.4, 5)) == [.started(start: 0)])
        #expect(events(frames(1, 20) + frames(0, 10)) == [.started(start: 0), .paused(end: 200)])
        // One frame is a click, two are a voice.
        #expect(events(frames(1, 20) + frames(0, 15) + [1, 0, 1, 0]) == [.started(start: 0), .paused(end: 200)])
        #expect(events(frames(1, 20) + frames(0, 15) + [1, 1] + frames(0, 30))
                == [.started(start: 0), .paused(end: 200), .resumed, .paused(end: 370), .ended(start: 0, end: 370, isCut: false)])
    }

    @Test func nothingIsHeardTwice() {
        // The second begins 40 ms after the first was over: what is kept from before ends where the first one did.
        let events = events(frames(1, 10) + frames(0, 30) + frames(1, 10) + frames(0, 30))
        #expect(events == [
            .started(start: 0), .paused(end: 100), .ended(start: 0, end: 100, isCut: false),
            .started(start: 350), .paused(end: 500), .ended(start: 350, end: 500, isCut: false),
        ])
    }

    @Test func tooLongAnUtteranceIsCutWhereItIsQuiet() {
        // Quiet from frame 140 to 149; the first half's quieter moment doesn't count.
        let events = events(frames(1, 230), level: { (140..<150).contains($0) ? -0.6 : (30..<40).contains($0) ? -0.8 : -0.2 }, ends: true)
        #expect(events == [
            .started(start: 0), .ended(start: 0, end: 1450, isCut: true), .started(start: 1450),
            .ended(start: 1450, end: 2300, isCut: false),
        ])
        #expect(detector.resets == 1)
    }

    /// Hours of speech without a pause: every piece is short enough, none is missing, none comes twice.
    @Test func cutsFollowEachOther() {
        var last: Int64 = 0, pieces = 0
        for event in events(frames(1, 100_000), level: { Float(($0 * 7919) % 104_729) / 104_729 }) {
            if case .started(let start) = event { #expect(start == last) }
            if case .ended(let start, let end, let isCut) = event {
                #expect(start == last && end > start && end - start <= 2000 && isCut)
                last = end
                pieces += 1
            }
        }
        #expect(pieces >= 500)
    }

    @Test func theEndOfTheSoundEndsTheUtterance() {
        #expect(events(frames(1, 20), ends: true) == [.started(start: 0), .ended(start: 0, end: 200, isCut: false)])
        #expect(events(frames(0, 20), ends: true).isEmpty)
    }
}
