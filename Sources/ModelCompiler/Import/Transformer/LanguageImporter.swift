import Foundation
import Platform

/// Reads published language models: GGUF files, and folders in Hugging Face's layout.
public enum LanguageImporter {
    /// Whether the path is a language model: a GGUF file, or a folder with config.json.
    public static func recognizes(path: String) -> Bool {
        if File.exists(path + "/config.json") { return true }
        guard let handle = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? handle.close() }
        return (try? handle.read(upToCount: 4)) == Data("GGUF".utf8)
    }

    /// Reads a model; its matrices stay in the mapped file. Throws `Failure`: `.inputOutput` where a file can't be
    /// read, `.badFormat` where it is damaged, `.unsupported` where it holds something that can't be imported.
    public static func load(path: String) throws -> TransformerModel {
        do {
            if File.exists(path + "/config.json") { return try HuggingFaceImporter.model(folder: path) }
            return try GGUFImporter.model(GGUFFile(SourceBytes(path: path)))
        } catch let failure as Failure {
            throw failure.description.contains(path) ? failure : Failure(failure.kind, "\(path): \(failure.description)")
        }
    }

    /// Reads a GGUF file in memory; as `load(path:)`.
    public static func load(bytes: [UInt8]) throws -> TransformerModel { try GGUFImporter.model(GGUFFile(SourceBytes(bytes))) }
}
