import Platform

/// How much an import may copy out of a file. Small files can name the same bytes thousands of times, so every copy
/// is charged; an honest model stays below the limit: a byte of int8 weights is a whole number of 8 bytes, a real one and
/// the graph's constant on its way, 16 bytes.
final class ImportBudget {
    private let limit: Int
    private var used = 0
    private let what: String

    init(fileBytes: Int, what: String) {
        let (scaled, overflow) = fileBytes.multipliedReportingOverflow(by: 24)
        limit = overflow ? Int.max : max(scaled, 1 << 20)
        self.what = what
    }

    /// Notes `bytes` about to be allocated.
    func charge(_ bytes: Int) throws {
        let (total, overflow) = used.addingReportingOverflow(bytes)
        guard bytes >= 0, !overflow, total <= limit else {
            throw Failure(.badFormat, "\(what): it unfolds to more than \(limit) bytes, far beyond its size; it is damaged or hostile")
        }
        used = total
    }
}
