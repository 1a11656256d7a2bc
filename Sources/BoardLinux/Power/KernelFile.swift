import CLinux
import Platform

/// Small files of /sys and /proc, each one value or a list of them.
enum KernelFile {
    static func text(_ path: String) throws(Failure) -> String {
        let list = splitWords(String(decoding: try File.read(path, limit: 65536), as: UTF8.self))
        guard let first = list.first else { throw Failure(.badFormat, "\(path) is empty") }
        return first
    }

    static func words(_ path: String) -> [String] {
        guard let text = File.text(path, limit: 65536) else { return [] }
        return splitWords(text)
    }

    static func integer(_ path: String) -> Int64? {
        guard let text = File.text(path, limit: 4096) else { return nil }
        return decimalInteger(text)
    }

    /// Writes in one call, as the kernel's files want it, and creates nothing.
    static func write(_ path: String, _ value: String) throws(Failure) {
        let descriptor = linux_open(path, O_WRONLY | O_TRUNC | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw .system(.inputOutput, "cannot write \(path)") }
        defer { close(descriptor) }
        var bytes = Array(value.utf8)
        bytes.append(10)
        let written = bytes.withUnsafeBytes { CLinux.write(descriptor, $0.baseAddress!, $0.count) }
        guard written == bytes.count else { throw .system(.inputOutput, "cannot write \(value) to \(path)") }
    }
}
