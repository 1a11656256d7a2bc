import Foundation

/// The published models that `make models` downloads: `models/sources` of the checkout, or the folder that
/// SWIFTLET_SOURCES names.
enum SourceModels {
    static let root: URL = {
        if let path = ProcessInfo.processInfo.environment["SWIFTLET_SOURCES"] { return URL(fileURLWithPath: path) }
        return URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../models/sources").standardized
    }()

    /// The file's path, or nil (with a visible line) where it isn't there.
    static func path(_ name: String) -> String? {
        let path = root.appendingPathComponent(name).path
        if FileManager.default.fileExists(atPath: path) { return path }
        print("skipped: \(name) isn't in \(root.path) (run make models, or set SWIFTLET_SOURCES)")
        return nil
    }
}
