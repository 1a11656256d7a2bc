@testable import Configuration
import Platform

/// A configuration of this text, in a file called f.
func parse(_ text: String) throws -> DeviceConfiguration { try ConfigurationFile.parse(Array(text.utf8), name: "f") }

/// What is said of a text that is refused; nothing where it is taken.
func complaint(_ text: String) -> String {
    do {
        _ = try parse(text)
        return ""
    } catch {
        return (error as? Failure)?.description ?? "another error"
    }
}
