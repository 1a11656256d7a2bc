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

    /// The number at the beginning of an open file; allocates nothing.
    static func number(_ file: Int32) -> Int64? {
        var text: (UInt64, UInt64) = (0, 0)
        return withUnsafeMutableBytes(of: &text) { bytes in
            let count = pread(file, bytes.baseAddress!, bytes.count, 0)
            guard count > 0, count < bytes.count else { return nil }
            var value: Int64 = 0, digits = 0
            let isNegative = bytes[0] == UInt8(ascii: "-")
            for index in (isNegative ? 1 : 0)..<count {
                guard bytes[index] >= 48, bytes[index] < 58 else { break }
                value = value * 10 + Int64(bytes[index] - 48)
                digits += 1
            }
            return digits == 0 ? nil : isNegative ? -value : value
        }
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
