import Foundation

/// Models and pictures for evaluation that the project doesn't contain: `SWIFTLET_DATA`, or `shared/data` beside the
/// checkout or one of its parents.
enum EvaluationData {
    static let root: URL? = {
        let manager = FileManager.default
        if let path = ProcessInfo.processInfo.environment["SWIFTLET_DATA"] { return URL(fileURLWithPath: path) }
        var folder = URL(fileURLWithPath: #filePath)
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent("shared/data")
            if manager.fileExists(atPath: candidate.path) { return candidate }
        }
        return nil
    }()

    /// The file's path, or nil (with a visible line) where it isn't there.
    static func path(_ name: String) -> String? {
        if let path = root?.appendingPathComponent(name).path, FileManager.default.fileExists(atPath: path) { return path }
        print("skipped: the evaluation file \(name) isn't here (set SWIFTLET_DATA)")
        return nil
    }
}
