import Foundation
import TestSupport
import Testing
@testable import Tokenizer
@testable import ModelCompiler
import Platform

/// Any bytes come back; long and repeated texts; damaged tokenizers.
@Suite struct TokenizerTests {
    func encode(_ tokenizer: Tokenizer, _ bytes: [UInt8], control: Bool = true) throws -> [Int32] {
        var ids: [Int32] = []
        try bytes.withUnsafeBytes { bytes throws in try tokenizer.encode(bytes, control: control, into: &ids) }
        return ids
    }

    @Test(arguments: ["llama.gguf", "gemma3.gguf"]) func anyBytesComeBack(_ name: String) throws {
        let tokenizer = try TokenizerGolden.tiny(name)
        var random = Random(1)
        for round in 0..<2000 {
            var bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            // Half of them mostly text.
            if round % 2 == 0 { for index in bytes.indices where index % 5 != 0 { bytes[index] = bytes[index] % 0x60 + 0x20 } }
            let ids = try encode(tokenizer, bytes)
            #expect(ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabulary })
            let text = String(decoding: bytes, as: UTF8.self)
            guard !text.contains("\u{2581}") else { continue }
            #expect(tokenizer.decode(ids, control: true) == bytes)
        }
    }

    /// Every merge that is possible at once, and a single word of 300,000 bytes: the queue's order is that of the plain rule.
    @Test(arguments: ["llama.gguf", "gemma3.gguf"]) func longWords(_ name: String) throws {
        let tokenizer = try TokenizerGolden.tiny(name)
        let long = Array(repeating: Array("thetheinginer".utf8), count: 23_000).flatMap { $0 }
        let ids = try encode(tokenizer, long)
        #expect(tokenizer.decode(ids) == long)
        #expect(ids.count < long.count * 3 / 4)
    }

    /// A plain rendering of the rule: look for the best pair from the left, merge, again.
    @Test func queueAgainstPlainRule() throws {
        let source = try LanguageImporter.load(path: TokenizerGolden.root + "/language/llama.gguf").tokenizer
        let tokenizer = try TokenizerMemory.tokenizer(source)
        var ranks: [[[UInt8]]: Int] = [:]
        for (rank, merge) in source.merges.enumerated() { ranks[[merge.left, merge.right]] = rank }
        var random = Random(3)
        for _ in 0..<200 {
            let word = (0..<Int.random(in: 2...80, using: &random)).map { _ in Array("etaoinshr".utf8).randomElement(using: &random)! }
            var parts = word.map { [$0] }
            while true {
                let pairs = parts.indices.dropLast().compactMap { index in
                    ranks[[parts[index], parts[index + 1]]].map { (rank: $0, index: index) }
                }
                guard let best = pairs.min(by: { ($0.rank, $0.index) < ($1.rank, $1.index) }) else { break }
                parts.replaceSubrange(best.index...best.index + 1, with: [parts[best.index] + parts[best.index + 1]])
            }
            #expect(try encode(tokenizer, word) == parts.map { Int32(source.pieces.firstIndex(of: $0)!) })
        }
    }

    func unigram(byteFallback: Bool, prefix: Bool = false) throws -> Tokenizer {
        var pieces: [(String, Float, UInt8)] = [("<unk>", 0, 2), ("\u{2581}", -3, 1), ("a", -2, 1), ("b", -2.5, 1), ("ab", -3, 1),
                                                ("abc", -9, 1), ("c", -4, 1), ("\u{2581}ab", -3.5, 1), ("中", -6, 1), ("<sep>", 0, 4)]
        if byteFallback {
            for byte in 0..<256 { pieces.append(("<0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) + ">", 0, 6)) }
        }
        return try TokenizerMemory.tokenizer(TokenizerSource(
            kind: .sentencePieceUnigram, pieces: pieces.map { Array($0.0.utf8) }, scores: pieces.map(\.1), types: pieces.map(\.2),
                merges: [], preTokenizer: "",
            unknownToken: 0, endOfTurnTokens: [], addsBeginToken: false, addsEndToken: false, addsSpacePrefix: prefix, chatTemplate: ""))
    }

    /// The best sum by trying all segmentations.
    @Test func unigramIsBest() throws {
        let tokenizer = try unigram(byteFallback: false)
        let scores: [String: Float] = [" ": -3, "a": -2, "b": -2.5, "ab": -3, "abc": -9, "c": -4, " ab": -3.5]
        func best(_ text: Substring) -> Float {
            text.isEmpty ? 0 : scores.compactMap { text.hasPrefix($0.key) ? $0.value + best(text.dropFirst($0.key.count)) : nil }.max()!
        }
        var random = Random(9)
        for _ in 0..<200 {
            let text = String((0..<Int.random(in: 1...10, using: &random)).map { _ in "ab c".randomElement(using: &random)! })
            let ids = try tokenizer.encode(text)
            let sum = ids.reduce(Float(0)) { $0 + scores[String(decoding: tokenizer.piece(Int($1)), as: UTF8.self)]! }
            #expect(abs(sum - best(Substring(text))) < 1e-4)
            #expect(tokenizer.decode(ids) == Array(text.utf8))
        }
        #expect(try tokenizer.encode("xya") == [0, 2])
        #expect(try tokenizer.encode("中<sep>a") == [8, 9, 2])
        let bytes = try unigram(byteFallback: true, prefix: true)
        let ids = try bytes.encode("abx<sep> é中")
        #expect(bytes.decode(ids) == [UInt8]("abx<sep> é中".utf8))
        #expect(try bytes.encode("ab") == [7])
    }

    @Test func damagedTokenizers() throws {
        let texts = ["the board reads", "<|im_start|>user 123", "中文 😀", "  \n\t"]
        for name in ["llama.gguf", "gemma3.gguf"] {
            let image = try LanguageImporter.load(path: TokenizerGolden.root + "/language/\(name)").tokenizer.image()
            for length in stride(from: 0, to: image.count, by: 97) {
                #expect(throws: Failure.self) { try TokenizerMemory.tokenizer(Array(image[..<length])) }
            }
            var random = Random(2), refused = 0
            for round in 0..<3000 {
                var bytes = image
                for _ in 0..<4 {
                    let place = Int.random(in: 0..<(round % 2 == 0 ? 160 : image.count - 4), using: &random)
                    if Bool.random(using: &random) {
                        bytes[place] = UInt8.random(in: 0...255, using: &random)
                    } else {
                        bytes.replaceSubrange(place..<place + 4, with: [0xff, 0xff, 0xff, 0xff])
                    }
                }
                do {
                    let tokenizer = try TokenizerMemory.tokenizer(bytes)
                    for text in texts {
                        let ids = try tokenizer.encode(text, control: true, addsBegin: true)
                        #expect(ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabulary })
                        _ = tokenizer.decode(ids, control: true)
                    }
                    _ = tokenizer.decode([-1, Int32.max, Int32.min], control: true)
                } catch is Failure { refused += 1 }
            }
            #expect(refused > 100)
        }
    }
}
