/// Drafts by prompt lookup (Saxena 2023; Yang et al. 2023, "Inference with reference"): where the last few tokens
/// stood earlier in the text, what followed them then is a good guess of what follows now. A guess costs no model; a
/// wrong one costs the rows it filled.
public struct DraftLookup: Sendable {
    /// Most tokens to propose; 0: never.
    public var length: Int
    /// Tokens that must agree, most first.
    public var longestMatch = 4, shortestMatch = 2

    public init(length: Int) { self.length = length }

    /// Tokens that may come next after `text`, copied into `draft`; how many.
    public func propose(_ text: UnsafeBufferPointer<Int32>, into draft: UnsafeMutableBufferPointer<Int32>) -> Int {
        let wanted = min(length, draft.count)
        guard wanted > 0, text.count > shortestMatch else { return 0 }
        var best = 0, place = 0
        // Newest first: what was said last is likelier to be said again.
        var end = text.count - 1
        while end >= shortestMatch {
            var agreed = 0
            while agreed < longestMatch, agreed < end, text[end - 1 - agreed] == text[text.count - 1 - agreed] { agreed += 1 }
            if agreed > best {
                best = agreed
                place = end
                if best == longestMatch { break }
            }
            end -= 1
        }
        guard best >= shortestMatch else { return 0 }
        let count = min(wanted, text.count - place)
        for i in 0..<count { draft[i] = text[place + i] }
        return count
    }
}
