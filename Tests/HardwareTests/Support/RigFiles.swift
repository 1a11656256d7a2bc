import Foundation
import Platform
import Rig

/// What `make test` has made before these tests run.
enum RigFiles {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    static let image = root + "/build/rig-aarch64"
    static let firmware = root + "/build/aarch64/swiftlet"

    static let areThere = File.exists(image + "/vmlinuz") && File.exists(firmware)
    static let whatIsMissing = "no rig: board/rig-image.sh and board/build.sh make \(image) and \(firmware); `make test` calls them"

    /// A figure for the log of the tests; nothing is decided by it.
    static func report(_ text: String) { print("figure: \(text)") }
}
