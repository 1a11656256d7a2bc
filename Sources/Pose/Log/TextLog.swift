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
            let end = endOfField(start, header.upperBound)
            let name = unquoted(start, end)
            names.append(String(decoding: UnsafeRawBufferPointer(rebasing: bytes[name]), as: UTF8.self))
            guard names.count <= LogColumns.limit else { throw Failure(.badFormat, "\(path): more than \(LogColumns.limit) columns") }
            start = end + 1
        }
        columns = try LogColumns(names: names, reference: reference, path: path)
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

    /// The comma behind a field, or the line's end. In quotes a comma belongs to the field; quotes that nobody closes
    /// hold the rest of the line.
    private func endOfField(_ start: Int, _ end: Int) -> Int {
        var position = start
        while position < end, isBlank(bytes[position]) { position += 1 }
        // Only at a field's begin do quotes mean anything; a doubled one inside closes and opens again.
        let hasQuotes = position < end && bytes[position] == 34
        var isInside = false
        while position < end, isInside || bytes[position] != 44 {
            if hasQuotes, bytes[position] == 34 { isInside.toggle() }
            position += 1
        }
        return position
    }

    /// A field without blanks around it and without its quotes.
    private func unquoted(_ from: Int, _ to: Int) -> Range<Int> {
        let field = trimmed(from..<to)
        guard field.count >= 2, bytes[field.lowerBound] == 34, bytes[field.upperBound - 1] == 34 else { return field }
        return trimmed(field.lowerBound + 1..<field.upperBound - 1)
    }

    private func trimmed(_ field: Range<Int>) -> Range<Int> {
        var start = field.lowerBound, end = field.upperBound
        while start < end, isBlank(bytes[start]) { start += 1 }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        return start..<end
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
            let end = endOfField(start, range.upperBound)
            guard column < columns.uses.count else {
                throw Failure(.badFormat, "\(path): line \(line - 1) has more fields than the header's \(columns.uses.count)")
            }
            if columns.uses[column] != nil {
                guard let value = DecimalParser.parse(UnsafeRawBufferPointer(rebasing: bytes[unquoted(start, end)])) else {
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
