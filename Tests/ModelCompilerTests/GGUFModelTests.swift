import Foundation
import TestSupport
import Testing
@testable import ModelCompiler
import Platform

/// GGUF files as models: right ones, wrong ones, and thousands that were damaged.
@Suite struct GGUFModelTests {
    func failure(_ change: (inout GGUFBuilder) -> Void) -> String {
        var builder = GGUFBuilder.tiny
        change(&builder)
        do {
            _ = try LanguageImporter.load(bytes: builder.build())
            return "imported"
        } catch { return (error as? Failure)?.description ?? "not a Failure: \(error)" }
    }

    @Test func tinyModel() throws {
        let model = try LanguageImporter.load(bytes: GGUFBuilder.tiny.build())
        #expect(model.heads == 2 && model.keyValueHeads == 2 && model.headDimension == 16 && model.vocabulary == 4)
        #expect(model.rotaryPairs == .neighbours && model.attentionScale == 0.25 && model.embeddingScale == 1)
        #expect(model.layers[0].attentionNorm.count == 32 && model.layers[0].window == 0)
        #expect(model.output.name == "token_embd.weight")
        var second = GGUFBuilder.tiny
        second.version = 2
        #expect(try LanguageImporter.load(bytes: second.build()).vocabulary == 4)
    }

    @Test func gemma() throws {
        let model = try LanguageImporter.load(path: LanguageGolden.path("gemma3.gguf"))
        #expect(model.layers.map(\.window) == [16, 16, 16, 16, 16, 0, 16])
        #expect(model.layers.map(\.rotaryBase) == [10_000, 10_000, 10_000, 10_000, 10_000, 1_000_000, 10_000])
        #expect(model.rotaryPairs == .halves && model.activation == .geluTanh && model.embeddingScale == Float(32).squareRoot())
        #expect(model.layers[3].queryNorm.count == 16 && model.layers[3].feedForwardPostNorm.count == 32)
    }

    @Test func rotaryFactors() throws {
        var builder = GGUFBuilder.tiny
        #expect(try LanguageImporter.load(bytes: builder.build()).layers[0].rotaryFactors.isEmpty)
        builder.addFloats("rope_freqs.weight", [8])
        #expect(try LanguageImporter.load(bytes: builder.build()).layers[0].rotaryFactors == (0..<8).map { Float($0) * 0.01 + 0.5 })
    }

    @Test func wrongFiles() throws {
        let cases: [(String, (inout GGUFBuilder) -> Void)] = [
            ("version 4", { $0.version = 4 }),
            ("big-endian", { $0.version = 0x0300_0000 }),
            ("believable", { $0.claimedTensors = 1 << 60 }),
            ("truncated", { $0.claimedEntries = 60 }),
            ("unknown type 99", { $0.set("x", .raw(99, [])) }),
            ("array of arrays", { $0.set("x", .raw(9, GGUFBuilder.bytes(UInt32(9)) + GGUFBuilder.bytes(UInt64(1)))) }),
            ("more than the file's", { $0.set("x", .raw(9, GGUFBuilder.bytes(UInt32(6)) + GGUFBuilder.bytes(UInt64.max / 4))) }),
            ("more than the file's", { $0.set("x", .raw(8, GGUFBuilder.bytes(UInt64.max))) }),
            ("neither true nor false", { $0.set("x", .raw(7, [2])) }),
            ("there twice", { $0.metadata.append(("llama.block_count", .uint32(1))) }),
            ("there twice", { $0.tensors.append($0.tensors[0]) }),
            ("'mamba' can't be imported", { $0.set("general.architecture", .text("mamba")) }),
            ("'general.architecture' is missing", { $0.set("general.architecture", nil) }),
            ("'llama.block_count' is missing", { $0.set("llama.block_count", nil) }),
            ("from 1 to 1024", { $0.set("llama.block_count", .uint32(5000)) }),
            ("a whole number", { $0.set("llama.block_count", .text("many")) }),
            ("'blk.1.attn_norm.weight' is missing", { $0.set("llama.block_count", .uint32(2)) }),
            ("the hyperparameters ask for", { $0.set("llama.feed_forward_length", .uint32(64)) }),
            ("impossible", { $0.set("llama.attention.head_count_kv", .uint32(3)) }),
            ("no part of", { $0.addFloats("blk.0.attn_q.bias", [32]) }),
            ("the hyperparameters ask for", { $0.addFloats("rope_freqs.weight", [16]) }),
            ("factors outside", { builder in
                builder.addFloats("rope_freqs.weight", [8])
                builder.tensors[builder.tensors.count - 1].bytes.replaceSubrange(0..<4, with: [0, 0, 0, 0])
            }),
            ("rotary scaling 'yarn'", { $0.set("llama.rope.scaling.type", .text("yarn")) }),
            ("doesn't fit", { $0.tensors[3].offset = 1 << 40 }),
            ("doesn't fit", { $0.tensors[3].offset = UInt64(Int64.max) - 31 }),
            ("impossible offset", { $0.tensors[3].offset = UInt64.max - 31 }),
            ("not at a multiple", { $0.tensors[3].offset = 4 }),
            ("overlap", { $0.tensors[3].offset = 0 }),
            ("type IQ4_NL", { $0.tensors[3].type = 20 }),
            ("number 77", { $0.tensors[3].type = 77 }),
            ("whole blocks", { $0.tensors[4].type = 12 }),
            ("dimensions", { $0.tensors[4].shape = [] }),
            ("dimensions", { $0.tensors[4].shape = [1, 1, 1, 1, 1] }),
            ("impossible shape", { $0.tensors[4].shape = [0] }),
            ("impossible shape", { $0.tensors[4].shape = [1 << 39, 1 << 39, 1 << 39] }),
            ("power of two", { $0.set("general.alignment", .uint32(24)) }),
            ("from 1 to", { $0.set("general.alignment", .uint32(0)) }),
            ("not finite", { $0.tensors[1].bytes.replaceSubrange(0..<4, with: [0, 0, 0xc0, 0x7f]) }),
            ("tokens but 4 rows", { $0.set("tokenizer.ggml.tokens", .texts(["a", "b"])) }),
            ("token types for", { $0.set("tokenizer.ggml.token_type", .int32s([1])) }),
            ("unknown type 9", { $0.set("tokenizer.ggml.token_type", .int32s([1, 1, 9, 1])) }),
            ("is not a pair", { $0.set("tokenizer.ggml.merges", .texts(["ab"])) }),
            ("outside its 4 pieces", { $0.set("tokenizer.ggml.eos_token_id", .uint32(4)) }),
            ("'tokenizer.ggml.scores' is missing", { $0.set("tokenizer.ggml.model", .text("llama")) }),
            ("the tokenizer 'bert'", { $0.set("tokenizer.ggml.model", .text("bert")) }),
        ]
        for (expected, change) in cases {
            let message = failure(change)
            #expect(message.contains(expected) && !message.contains("\n"), "\(expected): \(message)")
        }
        let whole = GGUFBuilder.tiny.build()
        for length in stride(from: 0, to: whole.count, by: 7) {
            #expect(throws: Failure.self) { try LanguageImporter.load(bytes: Array(whole[..<length])) }
        }
    }

    @Test func wrongTokenizers() throws {
        func message(_ change: (inout GGUFBuilder) -> Void) throws -> String {
            var builder = GGUFBuilder.tiny
            change(&builder)
            do {
                _ = try LanguageImporter.load(bytes: builder.build()).tokenizer.image()
                return "written"
            } catch let failure as Failure { return failure.description }
        }
        #expect(try message { $0.set("tokenizer.ggml.pre", .text("nobody")) }.contains("'nobody' is not known"))
        #expect(try message { $0.set("tokenizer.ggml.merges", .texts(["a c"])) }.contains("makes no piece"))
        #expect(try message { _ in } == "written")
    }

    @Test(arguments: ["llama.gguf", "gemma3.gguf"]) func damagedFiles(_ name: String) throws {
        let original = try LanguageGolden.bytes(name)
        var random = Random(UInt64(original.count)), imported = 0, refused = 0
        // Only the structure at the beginning is damaged: what follows is weights.
        let structure = min(original.count, 24_000)
        for _ in 0..<1500 {
            var bytes = ImportMutationTests.mutated(Array(original[..<structure]), &random)
            if bytes.count >= structure - 8 { bytes += original[min(bytes.count, original.count)...] }
            do {
                let model = try LanguageImporter.load(bytes: bytes)
                _ = try model.tokenizer.image()
                _ = try MatrixDecoder(model.layers[0].query).packed()
                imported += 1
            } catch is Failure {
                refused += 1
            }
        }
        #expect(refused > 300)
        print("\(name): \(imported) imported, \(refused) refused")
    }

    @Test func publishedModels() throws {
        for (name, layers, width) in [("smollm2-135m.gguf", 30, 576), ("gemma-3-270m.gguf", 18, 640)] {
            guard let path = SourceModels.path(name) else { continue }
            let model = try LanguageImporter.load(path: path)
            #expect(model.layers.count == layers && model.width == width)
        }
    }
}
