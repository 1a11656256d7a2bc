import Foundation
@testable import Hearing
import Platform
import TestSupport
import Testing

struct TranscriberTests {
    private let model = ScriptedModel()

    private func transcribe(_ sound: [Float], _ options: TranscriptionOptions = TranscriptionOptions(), tokens: SpeechTokens = testTokens,
                            isCancelled: () -> Bool = { false }) throws -> ([TranscriptSegment], TranscriptionStatistics) {
        let bank = floats(try golden("bank.f32"))
        let decoder = try SpeechDecoder(model: model, tokens: tokens)
        let window = WindowTranscriber(decoder: decoder) { token, bytes in bytes += Array(" t\(token)".utf8) }
        let mel = try bank.withUnsafeBufferPointer { try MelSpectrogram(bank: $0, bands: 80, capacity: window.longest) }
        let transcriber = try Transcriber(window, mel)
        var data: [UInt8] = []
        for sample in sound { data += little(Int(max(-1, min(1, sample)) * 32767), 2) }
        let reader = try AudioReader(MemoryStream(data, name: "sound"), takesRaw: true)
        var segments: [TranscriptSegment] = []
        let statistics = try transcriber.transcribe(reader, options, isCancelled: isCancelled) { segments.append($0) }
        return (segments, statistics)
    }

    /// A voice's harmonics, as loud as one speaks.
    private func speech(_ seconds: Double) -> [Float] {
        (0..<Int(seconds * 16000)).map { n in
            let time = Double(n) / 16000
            return Float((1...8).reduce(0.0) { $0 + sin(2 * .pi * 150 * Double($1) * time) / Double($1) } * 0.1)
        }
    }
    private func silence(_ seconds: Double) -> [Float] { [Float](repeating: 0, count: Int(seconds * 16000)) }

    @Test func aClipIsOneWindowAsLongAsItIs() throws {
        model.script = [1, 2]
        let (segments, statistics) = try transcribe(speech(3))
        #expect(segments.map(\.text) == ["t1 t2"] && segments[0].language == "zh")
        #expect(segments[0].start == 0 && abs(segments[0].end - 3) < 0.03)
        // Three seconds and half a one of silence, up to a whole second; four frames of it more behind.
        #expect(model.encodedFrames == [400])
        let tail = model.encoded[0].suffix(40 * 80)
        #expect(Set(tail).count == 1 && tail.first! < model.encoded[0][100 * 80 + 5])
        #expect(statistics.audioSeconds == 3 && statistics.tokens == 2 && statistics.windows == 1)
    }

    @Test func silenceAndNoiseNearItGiveNothingAndCostNothing() throws {
        var random = Random(5)
        model.script = [1, 2]
        let noise = random.floats(80000, -0.0005...0.0005), direct = [Float](repeating: 0.4, count: 48000)
        for sound in [silence(0.01), silence(0.3), silence(40), noise, direct] {
            #expect(try transcribe(sound).0.isEmpty)
        }
        #expect(model.encodedFrames.isEmpty && model.evaluations.isEmpty)
    }

    @Test func silenceAroundTheSpeechIsLeftOut() throws {
        model.script = [1]
        let (segments, _) = try transcribe(silence(4) + speech(2) + silence(5))
        #expect(segments.count == 1 && abs(segments[0].start - 3) < 0.05 && abs(segments[0].end - 7) < 0.05)
        #expect(model.encodedFrames == [500])
    }

    @Test func longSoundIsCutInItsPauses() throws {
        model.script = [1, 2, 3]
        // Pauses end at 14, 27, 39 and 52 s.
        var sound: [Float] = []
        for seconds in [13.4, 12.4, 11.4, 12.4, 3] { sound += speech(seconds) + silence(0.6) }
        let (segments, statistics) = try transcribe(sound)
        #expect(segments.count == statistics.windows && segments.count >= 2)
        #expect(model.encodedFrames.allSatisfy { $0 <= 3000 })
        for (one, next) in zip(segments, segments.dropFirst()) {
            // Nothing is heard twice, and what lies between is a pause.
            #expect(next.start >= one.end - 0.001 && next.start - one.end < 0.7)
            let boundary = Int((one.end + next.start) / 2 * 16000)
            #expect(sound[boundary - 800..<boundary + 800].allSatisfy { $0 == 0 }, "\(one.end)")
        }
        #expect(abs(segments.last!.end - 55.6) < 0.05)
    }

    @Test func soundWithoutAPauseIsCutAllTheSame() throws {
        model.script = [1, 2, 3]
        let (segments, _) = try transcribe(speech(70))
        #expect(segments.count >= 3 && abs(segments.last!.end - 70) < 0.05)
        for (one, next) in zip(segments, segments.dropFirst()) { #expect(abs(next.start - one.end) < 0.011) }
    }

    @Test func doubtfulTextWhereNobodySpeaksIsLeftOut() throws {
        model.script = [1, 2]
        model.certainty = 1
        model.firstRow = [(99, 20)]
        let (segments, statistics) = try transcribe(speech(2))
        #expect(segments.isEmpty && statistics.emptyWindows == 1)
        // Sure of its words, the model is believed.
        model.certainty = 20
        #expect(try transcribe(speech(2)).0.count == 1)
    }

    @Test func aDoubtfulTextIsHeardOnceMoreInALongerWindow() throws {
        model.script = [1, 2]
        model.certainty = 1
        #expect(try transcribe(speech(2)).0.count == 1)
        #expect(model.encodedFrames.count == 2 && model.encodedFrames[1] == 1000)
    }

    @Test func theLanguageIsAskedForOrFound() throws {
        model.script = [1]
        func asked(_ language: SpokenLanguage, english: Float) throws -> Int32 {
            var options = TranscriptionOptions()
            options.language = language
            model.firstRow = [(102, english), (103, 0)]
            _ = try transcribe(speech(1), options)
            return model.evaluations.last { $0.position == 0 }!.tokens[1]
        }
        #expect(try asked(.automatic, english: 8) == 102)
        #expect(try asked(.automatic, english: -8) == 103)
        // Chinese with English words.
        #expect(try asked(.automatic, english: 2) == 103)
        #expect(try asked(.mixed, english: 8) == 103)
        #expect(try asked(.code("en"), english: -8) == 102)
        #expect(throws: Failure.self) { try asked(.code("xx"), english: 0) }
    }

    @Test func aModelOfEnglishAloneIsAskedForNoLanguage() throws {
        var tokens = testTokens
        tokens.languages = []
        tokens.transcribe = nil
        model.script = [1]
        let (segments, _) = try transcribe(speech(1), tokens: tokens)
        #expect(model.evaluations[0].tokens == [101, 105] && segments[0].language == "en")
        var options = TranscriptionOptions()
        options.language = .code("zh")
        #expect(throws: Failure.self) { try transcribe(speech(1), options, tokens: tokens) }
    }

    @Test func timestampsBecomePieces() throws {
        model.script = [106, 1, 126, 131, 2, 3, 156]
        var options = TranscriptionOptions()
        options.hasTimestamps = true
        let (segments, _) = try transcribe(silence(2) + speech(2), options)
        #expect(segments.map(\.text) == ["t1", "t2 t3"])
        #expect(zip(segments.map(\.start), [1.0, 1.5]).allSatisfy { abs($0 - $1) < 0.04 })
        #expect(zip(segments.map(\.end), [1.4, 2.0]).allSatisfy { abs($0 - $1) < 0.04 })
    }

    /// As a listener has it: the speech goes on, and what was heard is the draft.
    @Test func speechThatGoesOnIsTranscribedAgainWithItsDraft() throws {
        let bank = floats(try golden("bank.f32"))
        let decoder = try SpeechDecoder(model: model, tokens: testTokens)
        let window = WindowTranscriber(decoder: decoder) { token, bytes in bytes += Array(" t\(token)".utf8) }
        let mel = try bank.withUnsafeBufferPointer { try MelSpectrogram(bank: $0, bands: 80, capacity: window.longest) }
        var statistics = TranscriptionStatistics(), draft = SpeechDraft()
        for count in 1...4 {
            _ = speech(1).withUnsafeBufferPointer { mel.append($0) }
            model.script = (1...Int32(2 * count)).map { $0 }
            let before = model.evaluations.count
            let found = try #require(try window.transcribe(mel, 0..<mel.count, TranscriptionOptions(), draft: draft, &statistics))
            #expect(found.draft.tokens == model.script && found.pieces.count == 1)
            // The prompt with the draft, which tells the language too, a pass for each new token but the first, and the end's.
            #expect(model.evaluations.count - before == 3)
            draft = found.draft
        }
    }

    /// A draft in another language than what is heard then costs a pass, and changes nothing.
    @Test func theLanguageOfADraftIsOnlyAGuess() throws {
        let bank = floats(try golden("bank.f32"))
        let window = WindowTranscriber(decoder: try SpeechDecoder(model: model, tokens: testTokens)) { token, bytes in
            bytes += Array(" t\(token)".utf8)
        }
        let mel = try bank.withUnsafeBufferPointer { try MelSpectrogram(bank: $0, bands: 80, capacity: window.longest) }
        _ = speech(2).withUnsafeBufferPointer { mel.append($0) }
        model.script = [1, 2, 3]
        var statistics = TranscriptionStatistics(), draft = SpeechDraft(), passes: [Int] = []
        for english: Float in [-8, 8, 8, -8] {
            model.firstRow = [(102, english), (103, 0)]
            let before = model.evaluations.count
            let found = try #require(try window.transcribe(mel, 0..<mel.count, TranscriptionOptions(), draft: draft, &statistics))
            #expect(found.pieces.map(\.language) == [english > 0 ? "en" : "zh"] && found.draft.tokens == model.script)
            passes.append(model.evaluations.count - before)
            draft = found.draft
        }
        #expect(passes == [4, 2, 1, 2], "\(passes)")
    }

    @Test func cancellingEndsIt() throws {
        model.script = [1, 2, 3]
        let (segments, statistics) = try transcribe(speech(70), isCancelled: { model.evaluations.count > 2 })
        #expect(segments.count <= 1 && statistics.audioSeconds < 32)
    }
}
