/// Notices that a text goes in circles, as speech models do that see no end of the speech.
enum RepetitionGuard {
    /// A unit of so few tokens may be said this often in a row ("ha ha ha", digits), a longer one less.
    private static let mostOfOne = 8, mostOfSeveral = 4
    private static let longestUnit = 8
    /// What counts as a beginning that comes again: this many tokens, or the whole unit where it is shorter.
    private static let comesAgain = 6, shortestBeginning = 3

    /// How many of the tokens are worth keeping; `tokens.count` where nothing is repeated. Looks at the end alone: it is
    /// called after each token.
    static func kept(_ tokens: UnsafeBufferPointer<Int32>) -> Int {
        let count = tokens.count
        // The text starts over: its end is its beginning once more.
        var unit = shortestBeginning
        while unit < count {
            if count >= unit + min(unit, comesAgain), matches(tokens, count - unit, distance: unit) { return unit }
            unit += 1
        }
        // The same few tokens again and again.
        for unit in 1...longestUnit {
            let times = unit == 1 ? mostOfOne : mostOfSeveral
            if count >= unit * times, matches(tokens, unit * (times - 1), distance: unit) { return count - unit * (times - 1) }
        }
        return count
    }

    /// Whether the last `length` tokens are those `distance` before them.
    private static func matches(_ tokens: UnsafeBufferPointer<Int32>, _ length: Int, distance: Int) -> Bool {
        for i in tokens.count - length..<tokens.count where tokens[i] != tokens[i - distance] { return false }
        return true
    }
}
