import Platform

/// Pressure stall information of the kernel (PSI).
enum MemoryPressure {
    /// Share (0 to 1) of the last ten seconds in which some task waited for memory; nil where the kernel doesn't tell.
    static func someShareOfTenSeconds(_ path: String) -> Float? {
        let fields = KernelFile.words(path)
        guard let some = fields.firstIndex(of: "some"), some + 1 < fields.count else { return nil }
        return percentage(fields[some + 1], after: "avg10=").map { $0 / 100 }
    }

    /// "avg10=1.25" → 1.25
    private static func percentage(_ field: String, after key: String) -> Float? {
        let parts = Array(field.utf8).split(separator: UInt8(ascii: "."))
        guard parts.count == 2, let whole = number(after: key, in: String(decoding: Array(parts[0]), as: UTF8.self)), whole <= 100,
              parts[1].count == 2, let hundredths = number(after: "", in: String(decoding: Array(parts[1]), as: UTF8.self)) else {
                  return nil
              }
        return Float(whole) + Float(hundredths) / 100
    }
}
