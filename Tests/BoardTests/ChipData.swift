import CLinux
import Platform

/// Evaluation data that not everybody has.
enum ChipData {
    /// In SWIFTLET_DATA, or in shared/data beside the checkout; nil where it isn't there.
    static func path(_ name: String, from source: String = #filePath) -> String? {
        if let folder = getenv("SWIFTLET_DATA") {
            let path = String(cString: folder) + "/" + name
            return File.exists(path) ? path : nil
        }
        var parts = source.split(separator: "/").map { String($0) }
        while !parts.isEmpty {
            parts.removeLast()
            let path = "/" + (parts + ["shared", "data"]).joined(separator: "/") + "/" + name
            if File.exists(path) { return path }
        }
        return nil
    }
}
