import Platform

/// Rows of a live display on a terminal, which the next drawing goes back over.
struct LiveRows {
    private var rows = 0

    /// Something else was written below: the next drawing begins there.
    mutating func end() { rows = 0 }

    /// The bytes that put `lines` in place of those drawn before; `drew` says that they are on their way.
    func drawing(_ lines: [String], columns: Int) -> [UInt8] {
        var screen: [UInt8] = []
        if rows > 0 { screen += Array("\u{1B}[\(rows)A".utf8) }
        // Rows that nothing takes the place of.
        if rows > lines.count { screen += Array("\r\u{1B}[J".utf8) }
        for line in lines {
            screen += Array("\r\u{1B}[K".utf8)
            // A line that wraps would take more rows than are gone back over.
            var cut = Array(line.utf8)
            while UTF8Text.width(cut[...]) > columns - 1 { cut.removeLast() }
            UTF8Text.appendShown(cut[...], to: &screen)
            screen += [13, 10]
        }
        return screen
    }

    mutating func drew(_ lines: [String]) { rows = lines.count }
}
