import Platform

/// The text's lines, safe for a terminal, each with its end; with a carriage return where the terminal is raw.
func shownLines(_ text: String, isRaw: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    let all = Array(text.utf8)
    var start = 0
    while start <= all.count {
        var end = start
        while end < all.count, all[end] != 10 { end += 1 }
        UTF8Text.appendShown(all[start..<end], to: &bytes)
        if isRaw { bytes.append(13) }
        bytes.append(10)
        start = end + 1
    }
    return bytes
}

/// Words in columns, as many as fit.
func columnsOf(_ words: [String], width: Int) -> [String] {
    var widest = 1
    for word in words { widest = max(widest, word.unicodeScalars.count) }
    let perRow = max(1, width / (widest + 2))
    var lines: [String] = [], row = ""
    for (index, word) in words.enumerated() {
        row += padRight(word, widest + 2)
        if index % perRow == perRow - 1 {
            lines.append(row)
            row = ""
        }
    }
    if !row.isEmpty { lines.append(row) }
    return lines
}
