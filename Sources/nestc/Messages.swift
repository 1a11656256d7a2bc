import Foundation

/// One line on standard error.
func complain(_ text: String) {
    FileHandle.standardError.write(Data("nestc: \(text)\n".utf8))
}

/// Progress and reports, on standard error, so that standard output stays for results.
func note(_ text: String) {
    FileHandle.standardError.write(Data("\(text)\n".utf8))
}
