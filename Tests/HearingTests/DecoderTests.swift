import Foundation
@testable import Hearing
import Platform
import TestSupport
import Testing

struct DecoderTests {
    private let model = ScriptedModel()

    private func decode(_ seconds: Double = 4, hasTimestamps: Bool = false, draft: [Int32] = []) throws -> SpeechHypothesis {
        try SpeechDecoder(model: model, tokens: testTokens)
            .decode(DecodeOptions(language: 103, seconds: seconds, hasTimestamps: hasTimestamps), draft: draft)
    }

    @Test func theTextEndsAtTheEndToken() throws {
        model.script = [1, 2, 3, 4]
        let found = try decode()
        #expect(found.tokens == [1, 2, 3, 4] && found.end == .endToken)
        #expect(model.evaluations.map(\.tokens) == [[101, 103, 104, 105], [1], [2], [3], [4]])
        #expect(model.evaluations.map(\.position) == [0, 4, 5, 6, 7])
        #expect(found.meanLogProbability <= 0 && found.meanLogProbability > -0.01)
    }

    /// log(1 / (1 + 199 e^-certainty)) for each token: the logits of all others are 0.
    @Test func theMeanLogProbabilityIsThatOfTheSoftmax() throws {
        model.script = [1, 2, 3]
        model.certainty = 3
        let allowed = Double(100 - 2 + 1)
        let expected = -log(1 + (allowed - 1) * exp(-3.0)), first = -log(1 + (allowed - 2) * exp(-3.0))
        #expect(abs(Double(try decode().meanLogProbability) - (3 * expected + first) / 4) < 1e-4)
    }

    @Test func suppressedTokensAndThoseThatSteerAreNeverChosen() throws {
        model.script = [1, 2]
        model.temptations = [0: [(32, 30), (90, 31), (104, 32), (150, 33)], 1: [(91, 30), (101, 32), (106, 40)], 2: [(32, 19)]]
        #expect(try decode().tokens == [1, 2])
        model.temptations[1] = [(32, 30)]
        // Only first it may not come.
        #expect(try decode().tokens == [1, 32])
    }

    @Test func nobodySpeaksIsReadFromTheFirstRow() throws {
        model.firstRow = [(99, 12)]
        let expected = 1 / (1 + 199 * exp(-12.0))
        #expect(abs(Double(try decode().noSpeechProbability) - expected) < 1e-4)
    }

    @Test func moreTokensThanAnybodySaysAreNotTaken() throws {
        model.script = (0..<50).map { Int32($0 * 7 % 53) }
        let found = try decode(1)
        #expect(found.tokens.count == 16 && found.end == .length)
        // The context's end comes before.
        #expect(try decode(29).tokens.count == 50)
        model.script = (0..<80).map { Int32($0 * 7 % 89) }
        #expect(try decode(29).tokens.count == 60)
    }

    @Test func aTextThatStartsOverIsCut() throws {
        model.script = [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1]
        let found = try decode()
        #expect(found.tokens == [1, 2, 3, 4, 5, 6, 7, 8] && found.end == .repetition)
    }

    @Test func repetitionsAreKnownByTheirUnit() {
        func kept(_ tokens: [Int32]) -> Int { tokens.withUnsafeBufferPointer { RepetitionGuard.kept($0) } }
        #expect(kept([]) == 0)
        #expect(kept([1, 2, 3, 1, 2]) == 5)
        #expect(kept([1, 2, 3, 1, 2, 3]) == 3)
        #expect(kept([9, 9, 9, 9, 9]) == 5)
        // A unit of 3 to begin with: nobody says six times the same at once.
        #expect(kept([9, 9, 9, 9, 9, 9]) == 3)
        #expect(kept([1, 2] + [Int32](repeating: 9, count: 7)) == 9)
        #expect(kept([1, 2] + [Int32](repeating: 9, count: 8)) == 3)
        #expect(kept([1, 2] + [5, 6, 5, 6, 5, 6]) == 8)
        #expect(kept([1, 2] + [5, 6, 5, 6, 5, 6, 5, 6]) == 4)
    }

    // MARK: drafts

    @Test func aDraftChangesThePassesAndNotTheText() throws {
        var random = Random(3)
        for _ in 0..<300 {
            let script = (0..<random.int(0...30)).map { _ in Int32(random.int(0...89)) }
            model.script = script
            let plain = try decode(29)
            var draft = script
            switch random.int(0...4) {
            case 0: draft = Array(draft.prefix(random.int(0...30)))
            case 1: if !draft.isEmpty { draft[random.int(0...draft.count - 1)] = 60 }
            case 2: draft += [1, 2, 3]
            case 3: draft = [Int32](repeating: 250, count: 3) + draft
            default: break
            }
            let drafted = try decode(29, draft: draft)
            #expect(drafted.tokens == plain.tokens && drafted.end == plain.end)
            #expect(abs(drafted.meanLogProbability - plain.meanLogProbability) < 1e-5)
            #expect(drafted.passes <= plain.passes)
        }
    }

    @Test func aRightDraftTakesOnePassForSixteenRows() throws {
        model.script = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
        let found = try decode(draft: model.script)
        #expect(found.passes == 1 && found.acceptedTokens == 10 && found.tokens == model.script)
        let half = try decode(draft: [1, 2, 3, 60, 5])
        #expect(half.acceptedTokens == 3 && half.tokens == model.script && half.passes == 8)
    }

    // MARK: timestamps

    /// 0.00 s is token 106.
    @Test func timestampsComeInPairsAndInOrder() throws {
        model.script = [106, 1, 2, 126, 126, 3, 156]
        #expect(try decode(hasTimestamps: true).tokens == model.script)
        #expect(model.evaluations[0].tokens == [101, 103, 104])
    }

    @Test func timestampsThatBreakTheRulesAreNotTaken() throws {
        func rules(_ text: [Int32], _ best: [Int32], seconds: Double = 30) -> Int32 {
            var row = [Float](repeating: 0, count: 200)
            // Each less likely than the one before.
            for (i, token) in best.enumerated() { row[Int(token)] = 100 - Float(i) }
            text.withUnsafeBufferPointer {
                TokenRules(testTokens, vocabulary: 200, timestampsUpTo: seconds).apply(to: &row, after: $0)
            }
            return Int32(row.firstIndex(of: row.max()!)!)
        }
        // First a timestamp, of at most a second.
        #expect(rules([], [1, 100, 157, 156]) == 156)
        // After a start text, after an end's timestamp its pair or the text's end.
        #expect(rules([106], [107, 100, 1]) == 100)
        #expect(rules([106], [107, 1]) == 1)
        #expect(rules([106, 1, 120], [2, 119, 120]) == 120)
        #expect(rules([106, 1, 120], [2, 119, 100]) == 100)
        #expect(rules([106, 1, 120, 120], [121, 2]) == 2)
        // Later than the one before.
        #expect(rules([110, 1], [110, 109, 111]) == 111)
        // Not after the speech's end.
        #expect(rules([106, 1], [150, 149, 2], seconds: 0.86) == 149)
        #expect(rules([106, 1], [105, 101, 90, 2]) == 2)
    }

    @Test func manyUnlikelyTimestampsAreLikelierThanOneText() throws {
        var row = [Float](repeating: -20, count: 200)
        row[1] = 5
        for i in 110..<130 { row[i] = 3 }
        [106, 7].withUnsafeBufferPointer { TokenRules(testTokens, vocabulary: 200, timestampsUpTo: 30).apply(to: &row, after: $0) }
        #expect(row[1] == -.infinity && row[110] == 3)
    }

    @Test func piecesHaveTheTimesAroundThem() {
        let pieces = Segments.pieces([106, 1, 2, 126, 131, 3, 156, 156, 4], testTokens, seconds: 1.5)
        #expect(pieces.map(\.tokens) == [[1, 2], [3], [4]])
        #expect(pieces.map(\.start) == [0, 0.5, 1.0] && pieces.map(\.end) == [0.4, 1.0, 1.5])
        #expect(Segments.pieces([1, 2], testTokens, seconds: 3).map(\.end) == [3])
        #expect(Segments.pieces([106, 156], testTokens, seconds: 3).isEmpty)
    }

    // MARK: models that don't fit

    @Test func tokensOutsideTheVocabularyAreRefused() {
        var tokens = testTokens
        tokens.end = 200
        #expect(throws: Failure.self) { try SpeechDecoder(model: model, tokens: tokens) }
        tokens = testTokens
        tokens.languages.append(SpeechLanguage(code: "de", token: -3))
        #expect(throws: Failure.self) { try SpeechDecoder(model: model, tokens: tokens) }
    }
}
