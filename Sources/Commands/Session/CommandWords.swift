import Platform

/// A line's words as a shell would see them: spaces between, quotes of both kinds, backslashes.
enum CommandWords {
    /// - Throws: `.usage` where a quote isn't closed.
    static func split(_ line: [UInt8]) throws(Failure) -> [String] {
        var words: [String] = [], word: [UInt8] = []
        var isWord = false
        var quote: UInt8 = 0
        var position = 0
        while position < line.count {
            let byte = line[position]
            position += 1
            if quote != 0 {
                if byte == quote {
                    quote = 0
                } else if byte == 92, quote == 34, position < line.count {
                    word.append(line[position])
                    position += 1
                } else {
                    word.append(byte)
                }
            } else if byte == 34 || byte == 39 {
                quote = byte
                isWord = true
            } else if byte == 92, position < line.count {
                word.append(line[position])
                position += 1
                isWord = true
            } else if byte == 32 || byte == 9 {
                if isWord { words.append(String(decoding: word, as: UTF8.self)) }
                word.removeAll()
                isWord = false
            } else {
                // A comment in a script.
                if byte == 35, !isWord { break }
                word.append(byte)
                isWord = true
            }
        }
        guard quote == 0 else { throw Failure(.usage, "a quote is not closed") }
        if isWord { words.append(String(decoding: word, as: UTF8.self)) }
        return words
    }
}
