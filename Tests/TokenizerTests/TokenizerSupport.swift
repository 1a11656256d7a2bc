import Foundation
@testable import Tokenizer
import ModelCompiler
import Platform

/// Tokenizers in aligned memory, as a nest maps them.
final class TokenizerMemory {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ image: [UInt8]) {
        bytes = .allocate(byteCount: max(image.count, 16), alignment: 16)
        bytes.copyBytes(from: image)
    }

    deinit { bytes.deallocate() }

    static func tokenizer(_ image: [UInt8]) throws -> Tokenizer {
        let memory = TokenizerMemory(image)
        return try Tokenizer(UnsafeRawBufferPointer(rebasing: memory.bytes[0..<image.count]), owner: memory, name: "test")
    }

    static func tokenizer(_ source: TokenizerSource) throws -> Tokenizer { try tokenizer(try source.image()) }
}

enum TokenizerGolden {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../golden").standardized.path

    struct Row {
        let text: String
        /// With control tokens recognised, and without (nil: not known).
        let control: [Int32], plain: [Int32]?
    }

    static func rows(_ path: String) throws -> [Row] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
            let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as! [Any]
            func ids(_ value: Any) -> [Int32]? { (value as? [Int])?.map(Int32.init) }
            return Row(text: row[0] as! String, control: ids(row[1])!, plain: ids(row[2]))
        }
    }

    /// A published model's tokenizer, or nil (with a visible line) where `make models` hasn't fetched it.
    static func published(_ name: String) throws -> Tokenizer? {
        let folder = ProcessInfo.processInfo.environment["SWIFTLET_SOURCES"] ?? root + "/../../models/sources"
        let path = folder + "/" + name
        guard FileManager.default.fileExists(atPath: path) else {
            print("skipped: \(name) isn't in \(folder) (run make models, or set SWIFTLET_SOURCES)")
            return nil
        }
        return try TokenizerMemory.tokenizer(try LanguageImporter.load(path: path).tokenizer)
    }

    static func tiny(_ name: String) throws -> Tokenizer {
        try TokenizerMemory.tokenizer(try LanguageImporter.load(path: root + "/language/\(name)").tokenizer)
    }
}
