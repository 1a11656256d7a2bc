import Foundation
@testable import Hearing
import Platform
import TestSupport
import Testing

struct LiveSoundTests {
    private let samples: [Float] = (0..<16_000).map { Float($0 % 1000) / 1000 - 0.5 }

    private var file: [UInt8] { WaveFile(data: samples.flatMap { little(Int(($0 * 32768).rounded()), 2) }).bytes }

    private func all(_ sound: LiveSound) throws -> [Float] {
        var found: [Float] = []
        var block = [Float](repeating: 0, count: 700)
        while !sound.hasEnded {
            let count = try block.withUnsafeMutableBufferPointer { (block) throws(Failure) in try sound.take(into: block) }
            found += block[..<count]
            if count == 0 { sound.wait() }
        }
        return found
    }

    private func isClose(_ one: [Float], _ other: [Float]) -> Bool {
        one.count == other.count && zip(one, other).allSatisfy { abs($0 - $1) < 1e-4 }
    }

    @Test func aFileIsThereWhenItWouldHaveBeenSpoken() throws {
        for pace in [FileSound.Pace.realTime, .none] {
            let sound = FileSound(try AudioReader(MemoryStream(file, name: "clip"), takesRaw: false), pace: pace)
            var block = [Float](repeating: 0, count: 16_000)
            var taken: Int64 = 0
            while taken < 8000 {
                let count = try block.withUnsafeMutableBufferPointer { (block) throws(Failure) in try sound.take(into: block) }
                taken += Int64(count)
                #expect(sound.time(ofSamples: taken) <= sound.now())
                if count == 0 { sound.wait() }
            }
        }
    }

    @Test func aFileWithoutAPaceIsWhole() throws {
        let sound = FileSound(try AudioReader(MemoryStream(file, name: "clip"), takesRaw: false), pace: .none)
        #expect(isClose(try all(sound), samples))
        #expect(sound.now() >= 1_000_000_000)
    }

    @Test func aPipeIsReadByAThreadOfItsOwn() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        try Data(file).write(to: URL(fileURLWithPath: scratch("clip.wav")))
        let sound = try PipedSound(path: scratch("clip.wav"), isCancelled: { false })
        #expect(isClose(try all(sound), samples))
        sound.stop()
    }

    /// A pipe that nobody writes to: whoever waits for it doesn't hang.
    @Test func aSilentPipeCanBeLeft() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        #expect(mkfifo(scratch("pipe"), 0o600) == 0)
        let keeper = open(scratch("pipe"), O_RDWR)
        defer { close(keeper) }
        let sound = try PipedSound(path: scratch("pipe"), isCancelled: { false })
        var block = [Float](repeating: 0, count: 100)
        #expect(try block.withUnsafeMutableBufferPointer { (block) throws(Failure) in try sound.take(into: block) } == 0 && !sound.hasEnded)
        sound.stop()
    }

    @Test func whatIsWrongWithAPipeIsSaid() throws {
        #expect(throws: Failure.self) { try PipedSound(path: "/nowhere", isCancelled: { false }) }
        let scratch = Scratch()
        defer { scratch.remove() }
        try Data(Array("RIFFxxxxJUNK".utf8)).write(to: URL(fileURLWithPath: scratch("bad.wav")))
        let sound = try PipedSound(path: scratch("bad.wav"), isCancelled: { false })
        #expect(throws: Failure.self) { try all(sound) }
    }

    @Test func samplesWereMadeBeforeTheyCame() {
        var clock = ArrivalClock(rateHertz: 16_000)
        // Blocks of 10 ms, every third of them 25 ms late.
        for block in 1...300 {
            let made = Int64(block) * 10_000_000
            clock.arrived(Int64(block * 160), at: made + (block % 3 == 0 ? 25_000_000 : 2_000_000))
        }
        #expect(abs(clock.time(ofSamples: 16_000) - 1_002_000_000) < 1_000_000)
        // After a break the same samples come later.
        clock.restart()
        clock.arrived(48_000, at: 10_000_000_000)
        #expect(clock.time(ofSamples: 32_000) == 9_000_000_000)
    }

    /// A sound card whose clock is slower than ours by 100 parts in a million.
    @Test func slowClocksAreFollowed() {
        var clock = ArrivalClock(rateHertz: 16_000)
        var now: Int64 = 0
        for block in 1...360_000 {
            now = Int64(block) * 10_001_000
            clock.arrived(Int64(block * 160), at: now)
        }
        #expect(abs(clock.time(ofSamples: 360_000 * 160) - now) < 1_000_000)
    }

    @Test func percentilesAreOfTheNewest() {
        var statistics = ListeningStatistics()
        #expect(ListeningStatistics.percentile(90, of: statistics.afterSpeech) == 0)
        for number in 0..<2000 {
            statistics.add(ListenedUtterance(start: 0, end: 0, isCut: false, text: "", language: "", meanLogProbability: 0,
                                             noSpeechProbability: 0, afterSpeechNanoseconds: Int64(number), afterDecisionNanoseconds: 0,
                                             passes: 1, encoderNanoseconds: 0, decoderNanoseconds: 0))
        }
        #expect(statistics.utterances == 2000 && statistics.afterSpeech.count == 512)
        #expect(ListeningStatistics.percentile(50, of: statistics.afterSpeech) == 1743)
        #expect(ListeningStatistics.percentile(100, of: statistics.afterSpeech) == 1999)
        #expect(ListeningStatistics.percentile(1, of: [7]) == 7)
    }
}
