import Foundation

/// The project's folder.
public let repository: URL = {
    var folder = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { folder.deleteLastPathComponent() }
    return folder
}()

/// The product, found beside the tests' own bundle.
public let productPath = repository.appendingPathComponent(".build/release/swiftlet").path

/// Where `make models` puts a model.
public func modelPath(_ name: String) -> String { repository.appendingPathComponent("models/\(name).nest").path }

/// A folder that goes away.
public struct Scratch {
    public let path: String

    /// Makes it, under a name nobody else has.
    public init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("swiftlet-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    /// Its end, with all that is in it.
    public func remove() { try? FileManager.default.removeItem(atPath: path) }
    /// The path of what is called `name` in it.
    public func callAsFunction(_ name: String) -> String { path + "/" + name }
}

/// Evaluation data, where somebody has it.
public func evaluationData(_ path: String) -> String? {
    var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    var candidates: [String] = []
    if let named = ProcessInfo.processInfo.environment["SWIFTLET_DATA"] { candidates.append(named) }
    while folder.path != "/" {
        candidates.append(folder.appendingPathComponent("shared/data").path)
        folder.deleteLastPathComponent()
    }
    for candidate in candidates where FileManager.default.fileExists(atPath: candidate + "/" + path) { return candidate + "/" + path }
    return nil
}
