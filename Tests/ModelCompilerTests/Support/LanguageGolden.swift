import Foundation

/// Files of Tests/golden/language, made by goldens/language-models.py.
enum LanguageGolden {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../golden/language").standardized.path
    static func path(_ name: String) -> String { root + "/" + name }
    static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name)))) }
}
