import CLinux
import Foundation
import Platform

/// A made-up tree of /sys or /dev, removed with the object.
final class TemporaryFolder {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "swiftlet-board-" + UUID().uuidString
        try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) {
        let file = path + "/" + name
        try! FileManager.default.createDirectory(atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try! Data(text.utf8).write(to: URL(fileURLWithPath: file))
    }

    /// The text without the white space at its ends; nil where there is no file.
    func read(_ name: String) -> String? {
        File.text(path + "/" + name)?.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// The message of the failure that `body` ends in; nil where it ends well.
func failure(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return (error as? Failure)?.description ?? "\(error)"
    }
}
