extension Array where Element == String {
    /// "a, b, c"
    public var joinedByCommas: String {
        var text = ""
        for (index, element) in enumerated() { text += (index == 0 ? "" : ", ") + element }
        return text
    }
}

/// "a, b or c"
public func listed(_ words: [String]) -> String {
    var text = ""
    for (index, word) in words.enumerated() { text += (index == 0 ? "" : index == words.count - 1 ? " or " : ", ") + word }
    return text
}
