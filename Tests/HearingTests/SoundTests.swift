import Foundation
@testable import Hearing
import Platform
import TestSupport
import Testing

/// What sound classifiers are given, and what becomes of their answers.
@Suite struct SoundTests {
    private let settings = LogMelSettings(rateHertz: 16_000, frameSamples: 512, stepSamples: 320, bands: 32, lowestHertz: 60,
                                          highestHertz: 7600)

    /// What the factory's trainer computes with numpy (goldens/sound.py).
    @Test func featuresAreThoseOfTheTrainer() throws {
        let expected = floats(try golden("../sound/log-mel.f32")), clip = try samples(try golden("clip.wav")).samples
        let frames = try LogMelFrames(settings)
        #expect(expected.count == 49 * 32 && settings.samples(ofFrames: 49) == 15_872)
        var found = [Float](repeating: .nan, count: expected.count)
        frames.compute(clip, frames: 49, into: &found)
        let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst < 1e-4, "\(worst)")
        // Silence has the logarithm of what is added, nothing else.
        frames.compute([Float](repeating: 0, count: 15_872), frames: 49, into: &found)
        #expect(found.allSatisfy { abs($0 - logf(1e-6)) < 1e-6 })
    }

    @Test func featuresThatMakeNoSenseAreRefused() {
        func refuses(_ change: (inout LogMelSettings) -> Void) -> Bool {
            var settings = settings
            change(&settings)
            return (try? LogMelFrames(settings)) == nil
        }
        #expect(!refuses { _ in })
        #expect(refuses { $0.frameSamples = 0 } && refuses { $0.frameSamples = 511 } && refuses { $0.frameSamples = 1 << 20 })
        #expect(refuses { $0.stepSamples = 0 } && refuses { $0.bands = 0 } && refuses { $0.bands = 513 })
        #expect(refuses { $0.lowestHertz = -1 } && refuses { $0.lowestHertz = 7600 } && refuses { $0.highestHertz = 8001 })
        #expect(refuses { $0.lowestHertz = .nan } && refuses { $0.highestHertz = .nan } && refuses { $0.highestHertz = .infinity })
    }

    /// Windows of a sound in pieces, against the plain definition.
    @Test(arguments: [(10, 4), (10, 10), (10, 3), (4, 9), (1, 1), (100, 7)])
    func windowsAreThoseOfTheDefinition(window: Int, hop: Int) {
        for length in [0, 1, 3, 4, 9, 10, 11, 14, 40, 63] {
            for piece in [1, 3, 64] {
                let sound = (0..<length).map { Float($0 + 1) }
                var expected: [[Float]] = [], start = 0
                // One more as long as there are samples that no window has: half a hop, or the whole sound.
                while length - (start == 0 ? 0 : start + max(0, window - hop)) >= (start == 0 ? 1 : max(1, min(window, hop) / 2)) {
                    expected.append((start..<start + window).map { $0 < length ? sound[$0] : 0 })
                    start += hop
                }
                let found = self.windows(sound, SoundWindows(window: window, hop: hop), piece: piece)
                #expect(found.map(\.values) == expected, "\(window) \(hop) \(length) \(piece)")
                #expect(found.map(\.start) == expected.indices.map { Int64($0 * hop) })
            }
        }
    }

    private func windows(_ sound: [Float], _ windows: SoundWindows, piece: Int) -> [(start: Int64, values: [Float])] {
        var found: [(Int64, [Float])] = []
        func note() { found.append((windows.start, Array(UnsafeBufferPointer(start: windows.values, count: windows.window)))) }
        for start in stride(from: 0, to: sound.count, by: piece) {
            let block = Array(sound[start..<min(sound.count, start + piece)])
            var taken = 0
            while taken < block.count {
                taken += block[taken...].withUnsafeBufferPointer { windows.take($0) }
                guard windows.isFull else { continue }
                note()
                windows.advance()
            }
        }
        #expect(windows.count == Int64(sound.count))
        if windows.finish() { note() }
        return found
    }

    @Test func anotherSoundBeginsAnewAndWhatIsNoNumberIsSilence() {
        let windows = SoundWindows(window: 4, hop: 2)
        #expect(self.windows([1, .nan, 3, .infinity, -.infinity], windows, piece: 2).map(\.values) == [[1, 0, 3, 0], [3, 0, 0, 0]])
        windows.restart()
        // A short sound in the middle; a long one's rest stays where it is.
        for (sound, wanted) in [([7], [0, 7, 0, 0]), ([7, 8, 9], [7, 8, 9, 0]), ([1, 2, 3, 4, 5], [3, 4, 5, 0])] as [([Float], [Float])] {
            for start in sound.indices {
                _ = sound[start...start].withUnsafeBufferPointer { windows.take($0) }
                if windows.isFull { windows.advance() }
            }
            #expect(windows.finish(isCentred: true) && Array(UnsafeBufferPointer(start: windows.values, count: 4)) == wanted)
            windows.restart()
        }
        #expect(self.windows([5, 6], windows, piece: 2).map(\.values) == [[5, 6, 0, 0]])
    }

    @Test func soundsGoOnFromWindowToWindow() {
        let spans = SoundSpans(classes: 3, most: 2, threshold: 0.3)
        var told: [SoundSpan] = []
        for (number, scores) in [[0.9, 0.2, 0], [0.95, 0.4, 0.5], [0.6, 0.31, 0.9], [0.1, 0, 0.29], [0.3, 0.3, 0.3]].enumerated() {
            let start = Int64(number * 10)
            scores.map { Float($0) }.withUnsafeBufferPointer { spans.take($0, start: start, end: start + 15) { told.append($0) } }
        }
        // The second class is never among the two best before the last; equal ones are taken in their order.
        #expect(told == [SoundSpan(index: 0, start: 0, end: 35, score: 0.95), SoundSpan(index: 2, start: 10, end: 35, score: 0.9)])
        told = []
        spans.finish { told.append($0) }
        #expect(told == [SoundSpan(index: 0, start: 40, end: 55, score: 0.3), SoundSpan(index: 1, start: 40, end: 55, score: 0.3)])
        spans.finish { _ in Issue.record("nothing is left") }
        let none = SoundSpans(classes: 2, most: 1000, threshold: 0)
        [Float(0), 0.1].withUnsafeBufferPointer { none.take($0, start: 0, end: 1) { told.append($0) } }
        none.finish { told.append($0) }
        #expect(told.count == 4)
    }
}
