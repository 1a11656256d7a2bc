import Foundation
import Platform

/// Reads published speech models: Whisper in folders of CTranslate2 and of Hugging Face.
public enum SpeechImporter {
    /// Whether the path is such a folder.
    public static func recognizes(path: String) -> Bool { kind(path) != nil }

    private enum Kind { case ctranslate2, huggingFace }

    private static func kind(_ path: String) -> Kind? {
        guard File.exists(path + "/config.json") else { return nil }
        if File.exists(path + "/model.bin"), !File.exists(path + "/model.safetensors") { return .ctranslate2 }
        let json = try? JSONFields(path: path + "/config.json", what: "config.json")
        return json?.fields["model_type"] as? String == "whisper" ? .huggingFace : nil
    }

    /// Reads a model; its matrices stay in the mapped file. Throws `Failure`: `.inputOutput` where a file can't be read,
    /// `.badFormat` where it is damaged, `.unsupported` where it holds something that can't be imported.
    public static func load(path: String) throws -> SpeechModel {
        do {
            switch kind(path) {
            case .ctranslate2: return try CTranslate2Importer.model(folder: path)
            case .huggingFace: return try HuggingFaceSpeechImporter.model(folder: path)
            case nil: throw Failure(.badFormat, "no speech model that can be imported")
            }
        } catch let failure as Failure {
            throw failure.description.contains(path) ? failure : Failure(failure.kind, "\(path): \(failure.description)")
        }
    }
}

extension JSONFields {
    /// The tokens of a list; -1 stands for none. Empty where there is no list.
    func tokens(_ key: String) throws -> [Int] {
        try (list(key) ?? []).compactMap {
            guard let id = wholeNumber($0, in: -1...TransformerLimits.vocabularyIDs.upperBound) else {
                throw Failure(.badFormat, "\(what): '\(key)' is no list of tokens")
            }
            return id < 0 ? nil : id
        }
    }
}
