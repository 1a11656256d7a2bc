import Foundation
@testable import Tokenizer
import ModelCompiler
import Platform
import Testing

/// Hugging Face's Metaspace puts its mark before a text only where the text doesn't begin with one.
@Suite struct MetaspaceTests {
    private struct Expected: Decodable {
        struct Prompt: Decodable {
            var text: String
            var tokens: [Int32]
        }

        var prompts: [Prompt]
    }

    @Test func noSecondMarkBeforeASpace() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../golden/cases/language/metaspace-leading-space").standardized
        let tokenizer = try TokenizerMemory.tokenizer(LanguageImporter.load(path: folder.path).tokenizer)
        let expected = try JSONDecoder().decode(Expected.self, from: Data(contentsOf: folder.appendingPathComponent("expected.json")))
        #expect(expected.prompts.count == 4)
        for prompt in expected.prompts { #expect(try tokenizer.encode(prompt.text) == prompt.tokens, "'\(prompt.text)'") }
        // After a special token there is none at all: prepend_scheme is "first".
        let turn = try tokenizer.encode("<|im_start|>Hello", control: true)
        #expect(turn.first == 600 && tokenizer.decode(Array(turn.dropFirst())) == Array("Hello".utf8)
                && tokenizer.piece(Int(turn[1])).first != 0x20)
    }
}
