import Platform

/// Rows of a comma-separated log, one at a time from the mapped file: memory doesn't grow with the log.
struct TextLog {
    let path: String
    let bytes: UnsafeRawBufferPointer
    private(set) var columns: LogColumns
    private var position = 0
    private var line = 1

    static let longestLine = 16_384

    init(path: String, bytes: UnsafeRawBufferPointer, reference: [String]?) throws(Failure) {
        self.path = path
        self.bytes = bytes
        // A byte-order mark is no part of the first name.
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
        columns = LogColumns.none
        guard let header = try nextLine() else { throw Failure(.badFormat, "\(path): no header line with column names and units") }
        var names: [String] = []
        var start = header.lowerBound
        while start <= header.upperBound {
            var end = start
            while end < header.upperBound, bytes[end] != 44 { end += 1 }
            names.append(Self.trimmed(bytes, start, end))
            guard names.count <= LogColumns.limit else { throw Failure(.badFormat, "\(path): more than \(LogColumns.limit) columns") }
            start = end + 1
        }
        columns = try LogColumns(names: names, reference: reference, path: path)
    }

    private static func trimmed(_ bytes: UnsafeRawBufferPointer, _ from: Int, _ to: Int) -> String {
        var start = from, end = to
        while start < end, bytes[start] == 32 || bytes[start] == 9 || bytes[start] == 34 { start += 1 }
        while end > start, bytes[end - 1] == 32 || bytes[end - 1] == 9 || bytes[end - 1] == 34 { end -= 1 }
        return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
    }

    /// The next line without its end; nil at the end of the file. Empty lines and `#` comments are passed over.
    private mutating func nextLine() throws(Failure) -> Range<Int>? {
        while position < bytes.count {
            let start = position
            while position < bytes.count, bytes[position] != 10 {
                position += 1
                guard position - start <= Self.longestLine else {
                    throw Failure(.badFormat, "\(path): line \(line) is longer than \(Self.longestLine) bytes; is this a CSV file?")
                }
            }
            var end = position
            if position < bytes.count { position += 1 }
            line += 1
            if end > start, bytes[end - 1] == 13 { end -= 1 }
            if end > start, bytes[start] != 35 { return start..<end }
        }
        return nil
    }

    mutating func next(_ row: inout LogRow) throws(Failure) -> Bool {
        guard let range = try nextLine() else { return false }
        row = LogRow()
        var column = 0
        var start = range.lowerBound
        while start <= range.upperBound {
            var end = start
            while end < range.upperBound, bytes[end] != 44 { end += 1 }
            guard column < columns.uses.count else {
                throw Failure(.badFormat, "\(path): line \(line - 1) has more fields than the header's \(columns.uses.count)")
            }
            if columns.uses[column] != nil {
                guard let value = DecimalParser.parse(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) else {
                    throw Failure(.badFormat, "\(path): line \(line - 1), field \(column + 1) is not a number")
                }
                columns.store(value, column: column, into: &row)
            }
            column += 1
            start = end + 1
        }
        guard column == columns.uses.count else {
            throw Failure(.badFormat, "\(path): line \(line - 1) has \(column) fields, the header \(columns.uses.count)")
        }
        return true
    }
}
