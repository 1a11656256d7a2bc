import Foundation
@testable import Hearing
import Testing

/// The detector without a model and the end-pointer behind it, on made sounds.
@Suite struct VoiceTests {
    /// Events of a sound taken in pieces of this size.
    private func events(_ sound: SpokenSound, pieces: Int = 997) -> [UtteranceEvent] {
        let pointer = EndPointer(EnergyVoiceDetector(rateHertz: sound.rate))
        var all: [UtteranceEvent] = []
        sound.samples.withUnsafeBufferPointer { samples in
            var place = 0
            while place < samples.count {
                let end = min(samples.count, place + pieces)
                pointer.take(UnsafeBufferPointer(rebasing: samples[place..<end])) { all.append($0) }
                place = end
            }
        }
        pointer.finish { all.append($0) }
        return all
    }

    private func utterances(_ events: [UtteranceEvent], _ rate: Int = 16_000) -> [(start: Double, end: Double, isCut: Bool)] {
        events.compactMap {
            guard case .ended(let start, let end, let isCut) = $0 else { return nil }
            return (Double(start) / Double(rate), Double(end) / Double(rate), isCut)
        }
    }

    @Test(arguments: [8000, 16_000, 44_100, 48_000]) func aVoiceIsFoundAtEveryRate(rate: Int) {
        var sound = SpokenSound(rate: rate)
        sound.noise(2)
        sound.voice(1.5)
        sound.noise(2)
        let events = events(sound), found = utterances(events, rate)
        #expect(found.count == 1 && events.count == 3, "\(events)")
        guard let one = found.first else { return }
        // With what is kept from before, and a vowel's end that fades.
        #expect(one.start > 1.6 && one.start < 2.0 && one.end > 3.3 && one.end < 3.65, "\(one)")
    }

    @Test func aShortPauseDoesNotEndAnUtterance() {
        var sound = SpokenSound()
        sound.noise(2)
        sound.voice(1.2)
        sound.noise(0.35)
        sound.voice(1.2)
        sound.noise(2)
        sound.voice(0.8)
        sound.noise(1.5)
        let events = events(sound), found = utterances(events)
        #expect(found.count == 2, "\(events)")
        #expect(events.contains(.resumed), "\(events)")
        guard found.count == 2 else { return }
        #expect(found[0].end > 4.5 && found[0].end < 4.9, "\(found)")
        #expect(found[1].start > 6.3 && found[1].end < 7.7, "\(found)")
    }

    /// Whatever pieces a driver delivers.
    @Test func piecesChangeNothing() {
        var sound = SpokenSound()
        sound.noise(1)
        sound.voice(2)
        sound.noise(1)
        let whole = events(sound, pieces: .max / 2)
        #expect(!whole.isEmpty)
        for pieces in [1, 7, 160, 320, 4096] { #expect(events(sound, pieces: pieces) == whole, "pieces of \(pieces)") }
    }

    @Test(arguments: [0.003, 0.02]) func aVoiceIsFoundInNoise(amplitude: Float) {
        var sound = SpokenSound()
        sound.noise(4, amplitude: amplitude)
        sound.voice(2, noise: amplitude)
        sound.noise(2, amplitude: amplitude)
        let found = utterances(events(sound))
        #expect(found.count == 1, "\(found)")
        if let one = found.first { #expect(one.start > 3.5 && one.start < 4.2 && one.end > 5.5 && one.end < 6.3, "\(one)") }
    }

    @Test func aVoiceIsFoundClippedAndBesideDirectCurrent() {
        var sound = SpokenSound()
        sound.noise(2)
        sound.voice(1.5)
        sound.noise(1.5)
        var clipped = sound
        clipped.clip(gain: 20)
        #expect(utterances(events(clipped)).count == 1)
        var shifted = sound
        shifted.offset(by: 0.4)
        #expect(utterances(events(shifted)).count == 1)
        var holed = sound
        holed.replace(every: 5000, with: .nan)
        holed.replace(every: 7001, with: .infinity)
        #expect(utterances(events(holed)).count == 1)
    }

    static let noVoices: [String] = ["noise", "loud noise", "a fan that starts", "zeros", "direct current", "hum", "clicks", "knocks",
                                     "no numbers"]

    @Test(arguments: noVoices) func whatIsNoVoiceIsNone(kind: String) {
        var sound = SpokenSound()
        switch kind {
        case "noise": sound.noise(20, amplitude: 0.01)
        case "loud noise": sound.noise(20, amplitude: 0.5)
        case "a fan that starts":
            for _ in 0..<3 {
                sound.noise(4)
                sound.noise(4, amplitude: 0.1)
            }
        case "zeros": sound.add(20, noise: 0) { _ in 0 }
        case "direct current": sound.add(20) { _ in 0.5 }
        case "hum": sound.add(20) { 0.1 * sin(2 * .pi * 50 * $0) + 0.03 * sin(2 * .pi * 150 * $0) }
        case "clicks": sound.add(20) { $0.truncatingRemainder(dividingBy: 0.7) < 0.002 ? 0.5 : 0 }
        case "knocks": sound.knocks(20)
        default: sound.add(20, noise: 0) { _ in .nan }
        }
        #expect(events(sound).isEmpty, "\(events(sound))")
    }
}
