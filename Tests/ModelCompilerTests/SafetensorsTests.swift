import Foundation
import TestSupport
import Testing
@testable import ModelCompiler
import Platform

/// Folders in Hugging Face's layout against GGUF files of the same weights, and damaged ones.
@Suite struct SafetensorsTests {
    func rows(_ matrix: TransformerModel.EncodedMatrix) throws -> [[Float]] {
        let decoder = try MatrixDecoder(matrix)
        return (0..<matrix.rows).map { decoder.row($0) }
    }

    /// Rows of GGUF's llama: 2i and 2i+1 of a head are i and i + half of Hugging Face's.
    func halves(_ rows: [[Float]], head: Int) -> [[Float]] {
        rows.indices.map { row in
            let inside = row % head
            return rows[row - inside + (inside < head / 2 ? 2 * inside : 2 * (inside - head / 2) + 1)]
        }
    }

    @Test(arguments: ["llama", "gemma3"]) func sameAsGGUF(_ name: String) throws {
        let folder = try LanguageImporter.load(path: LanguageGolden.path(name)),
            file = try LanguageImporter.load(path: LanguageGolden.path("\(name).gguf"))
        #expect(folder.architecture == file.architecture && folder.activation == file.activation)
        for size in [\TransformerModel.width, \.heads, \.keyValueHeads, \.headDimension, \.feedForward, \.vocabulary, \.contextLength] {
            #expect(folder[keyPath: size] == file[keyPath: size])
        }
        for number in [\TransformerModel.normEpsilon, \.attentionScale, \.embeddingScale, \.attentionSoftCap, \.outputSoftCap] {
            #expect(folder[keyPath: number] == file[keyPath: number])
        }
        #expect(folder.rotaryPairs == .halves && file.rotaryPairs == (name == "llama" ? .neighbours : .halves))
        #expect(folder.outputNorm == file.outputNorm && folder.layers.count == file.layers.count)
        #expect(try rows(folder.embedding) == rows(file.embedding))
        #expect(try rows(folder.output) == rows(file.output))
        #expect((folder.output.name == folder.embedding.name) == (name == "gemma3"))
        for (one, other) in zip(folder.layers, file.layers) {
            #expect(one.attentionNorm == other.attentionNorm && one.feedForwardNorm == other.feedForwardNorm
                    && one.queryNorm == other.queryNorm && one.keyNorm == other.keyNorm)
            #expect(one.attentionPostNorm == other.attentionPostNorm && one.feedForwardPostNorm == other.feedForwardPostNorm)
            #expect(one.window == other.window && one.rotaryBase == other.rotaryBase && one.rotaryScale == other.rotaryScale)
            for part in [\TransformerModel.Layer.value, \.attentionOutput, \.gate, \.up, \.down] {
                #expect(try rows(one[keyPath: part]) == rows(other[keyPath: part]))
            }
            for part in [\TransformerModel.Layer.query, \.key] {
                let found = try rows(other[keyPath: part])
                #expect(try rows(one[keyPath: part]) == (file.rotaryPairs == .neighbours ? halves(found, head: file.headDimension) : found))
            }
        }
        let ours = folder.tokenizer, theirs = file.tokenizer
        #expect(ours.kind == theirs.kind && ours.pieces == theirs.pieces && ours.types == theirs.types
                && ours.preTokenizer == theirs.preTokenizer)
        #expect(ours.merges.map(\.left) == theirs.merges.map(\.left) && ours.merges.map(\.right) == theirs.merges.map(\.right))
        #expect(ours.beginToken == theirs.beginToken && ours.endToken == theirs.endToken && ours.unknownToken == theirs.unknownToken)
    }

    /// A folder of the tiny llama, changed.
    func failure(_ change: (String) throws -> Void) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("safetensors-\(UInt64.random(in: 0...UInt64.max))").path
        try FileManager.default.copyItem(atPath: LanguageGolden.path("llama"), toPath: folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try change(folder)
        do {
            _ = try LanguageImporter.load(path: folder)
            return "imported"
        } catch { return (error as? Failure)?.description ?? "not a Failure: \(error)" }
    }

    func edit(_ path: String, _ old: String, _ new: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains(old))
        try text.replacingOccurrences(of: old, with: new).write(toFile: path, atomically: true, encoding: .utf8)
    }

    func replaceHeader(_ folder: String, _ change: (inout [String: Any]) -> Void) throws {
        let url = URL(fileURLWithPath: folder + "/model.safetensors")
        let bytes = try Data(contentsOf: url),
            length = Int(bytes.prefix(8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) })
        var header = try #require(try JSONSerialization.jsonObject(with: bytes[8..<8 + length]) as? [String: Any])
        change(&header)
        let written = try JSONSerialization.data(withJSONObject: header)
        try (withUnsafeBytes(of: UInt64(written.count).littleEndian) { Data($0) } + written + bytes[(8 + length)...]).write(to: url)
    }

    /// Values of the published formula, computed apart from this program.
    @Test func llama3Rotation() throws {
        let file = URL(fileURLWithPath: LanguageGolden.path("llama") + "/config.json")
        var configuration = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        configuration["rope_scaling"] = ["rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                         "original_max_position_embeddings": 64]
        func read() throws -> HuggingFaceConfiguration {
            try HuggingFaceConfiguration(JSONFields(parsing: JSONSerialization.data(withJSONObject: configuration), what: "config.json"))
        }
        let small = try read().rotaryFactors(1)
        #expect(zip(small, [1, 1.43918, 8, 8, 8, 8, 8, 8]).allSatisfy { abs($0 - $1) < 1e-4 } && small.count == 8)
        configuration["head_dim"] = 64
        configuration["rope_theta"] = 500_000.0
        configuration["rope_scaling"] = ["rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                         "original_max_position_embeddings": 8192]
        let factors = try read().rotaryFactors(0)
        let expected = [Float](repeating: 1, count: 15) + [1.65133, 3.29226, 9.66673] + [Float](repeating: 32, count: 14)
        #expect(zip(factors, expected).allSatisfy { abs($0 - $1) < 1e-4 } && factors.count == 32)
        configuration["rope_scaling"] = ["rope_type": "llama3", "factor": 32.0]
        #expect(throws: Failure.self) { try read() }
    }

    @Test func wrongFolders() throws {
        let norm = "model.norm.weight"
        let cases: [(String, (String) throws -> Void)] = [
            ("imported", { _ in }),
            ("neither model.safetensors", { try FileManager.default.removeItem(atPath: $0 + "/model.safetensors") }),
            ("tokenizer.json", { try FileManager.default.removeItem(atPath: $0 + "/tokenizer.json") }),
            ("not a JSON object", { try Data("{".utf8).write(to: URL(fileURLWithPath: $0 + "/config.json")) }),
            ("'mamba' can't be imported", { try edit($0 + "/config.json", "\"llama\"", "\"mamba\"") }),
            ("'hidden_size' is not a whole number", { try edit($0 + "/config.json", "\"hidden_size\": 32", "\"hidden_size\": 1e300") }),
            ("'hidden_size' is missing", { try edit($0 + "/config.json", "\"hidden_size\"", "\"hiddensize\"") }),
            ("config.json asks for", { try edit($0 + "/config.json", "\"intermediate_size\": 64", "\"intermediate_size\": 96") }),
            ("no part of", { try edit($0 + "/config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1") }),
            ("'model.layers.2.input_layernorm.weight' is missing",
             { try edit($0 + "/config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3") }),
            ("'partial_rotary_factor' (0.5)", { try edit($0 + "/config.json", "\"num_hidden_layers\": 2",
                                                         "\"partial_rotary_factor\": 0.5, \"num_hidden_layers\": 2") }),
            ("rope_parameters: 'partial_rotary_factor' (0.25)",
                { try edit($0 + "/config.json", "\"num_hidden_layers\": 2",
                           "\"rope_parameters\": {\"rope_theta\": 10000, \"partial_rotary_factor\": 0.25}, \"num_hidden_layers\": 2") }),
            ("activation 'relu'", { try edit($0 + "/config.json", "\"silu\"", "\"relu\"") }),
            ("truncated", { try Data(repeating: 0xff, count: 100).write(to: URL(fileURLWithPath: $0 + "/model.safetensors")) }),
            ("too few", { try Data(repeating: 0, count: 4).write(to: URL(fileURLWithPath: $0 + "/model.safetensors")) }),
            ("is missing", { try replaceHeader($0) { $0[norm] = nil } }),
            ("no dtype", { try replaceHeader($0) { $0[norm] = ["shape": [32]] } }),
            ("lies outside", { try replaceHeader($0) { $0[norm] = ["dtype": "F32", "shape": [32], "data_offsets": [0, 1 << 50]] } }),
            ("lies outside", { try replaceHeader($0) { $0[norm] = ["dtype": "F32", "shape": [32], "data_offsets": [128, 0]] } }),
            ("impossible shape", { try replaceHeader($0) { $0[norm] = ["dtype": "F32", "shape": [1 << 39, 1 << 39],
                                                                       "data_offsets": [0, 128]] } }),
            ("impossible shape", { try replaceHeader($0) { $0[norm] = ["dtype": "F32", "shape": [-1], "data_offsets": [0, 128]] } }),
            ("the header gives it", { try replaceHeader($0) { $0[norm] = ["dtype": "F32", "shape": [32], "data_offsets": [0, 64]] } }),
            ("overlap", { try replaceHeader($0) { $0["extra"] = ["dtype": "F32", "shape": [32], "data_offsets": [0, 128]] } }),
            ("type 'F8'", { try replaceHeader($0) { $0[norm] = ["dtype": "F8", "shape": [32], "data_offsets": [0, 32]] } }),
            ("'ByteLevel' as it is", { try edit($0 + "/tokenizer.json", "\"use_regex\":true", "\"use_regex\":false") }),
            ("'WordPiece' can't be imported", { try edit($0 + "/tokenizer.json", "\"type\":\"BPE\"", "\"type\":\"WordPiece\"") }),
        ]
        for (expected, change) in cases {
            let message = try failure(change)
            #expect(message.contains(expected) && !message.contains("\n"), "\(expected): \(message)")
        }
    }

    @Test func damagedFiles() throws {
        let files = ["config.json", "tokenizer.json", "model.safetensors"]
        var random = Random(6), imported = 0, refused = 0
        for round in 0..<300 {
            let name = files[round % files.count], original = try LanguageGolden.bytes("llama/\(name)")
            let head = min(original.count, 3000)
            var bytes = ImportMutationTests.mutated(Array(original[..<head]), &random)
            if bytes.count >= head - 8 { bytes += original[min(bytes.count, original.count)...] }
            let message = try failure { try Data(bytes).write(to: URL(fileURLWithPath: $0 + "/" + name)) }
            #expect(!message.hasPrefix("not a Failure"), "\(message)")
            if message == "imported" { imported += 1 } else { refused += 1 }
        }
        #expect(refused > 100)
        print("\(imported) imported, \(refused) refused")
    }
}
