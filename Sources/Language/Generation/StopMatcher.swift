import Platform

/// Looks for stop strings in a stream of bytes and lets through only what can no longer be the beginning of one
/// (Knuth, Morris and Pratt, one automaton a string).
public struct StopMatcher: Sendable {
    private let strings: [[UInt8]]
    private let fallbacks: [[Int]]
    private var matched: [Int]
    /// Bytes held back: they may turn out to begin a stop string.
    private var held: [UInt8] = []
    public private(set) var hasStopped = false

    /// - Throws: `.usage` for an empty string.
    public init(_ texts: [[UInt8]]) throws(Failure) {
        for text in texts where text.isEmpty { throw Failure(.usage, "a stop string is empty") }
        strings = texts
        fallbacks = texts.map(StopMatcher.table)
        matched = [Int](repeating: 0, count: texts.count)
        held.reserveCapacity(texts.reduce(0) { max($0, $1.count) } + 1)
    }

    /// For each length of a matched beginning, the next shorter one to try.
    private static func table(_ text: [UInt8]) -> [Int] {
        var table = [Int](repeating: 0, count: text.count)
        var length = 0
        for i in 1..<max(1, text.count) {
            while length > 0, text[i] != text[length] { length = table[length - 1] }
            if text[i] == text[length] { length += 1 }
            table[i] = length
        }
        return table
    }

    /// Takes a byte; hands on to `emit` those that are free. Nothing comes after a stop string, nor the string itself.
    public mutating func take(_ byte: UInt8, _ emit: (UInt8) -> Void) {
        if hasStopped { return }
        if strings.isEmpty { return emit(byte) }
        held.append(byte)
        var longest = 0
        for s in strings.indices {
            var length = matched[s]
            while length > 0, strings[s][length] != byte { length = fallbacks[s][length - 1] }
            if strings[s][length] == byte { length += 1 }
            if length == strings[s].count {
                hasStopped = true
                for i in 0..<(held.count - length) { emit(held[i]) }
                held.removeAll(keepingCapacity: true)
                return
            }
            matched[s] = length
            longest = max(longest, length)
        }
        let free = held.count - longest
        if free > 0 {
            for i in 0..<free { emit(held[i]) }
            held.removeSubrange(0..<free)
        }
    }

    /// The end of the stream: what was held back is free now.
    public mutating func finish(_ emit: (UInt8) -> Void) {
        for byte in held { emit(byte) }
        held.removeAll(keepingCapacity: true)
        for s in matched.indices { matched[s] = 0 }
    }
}
