/// The lines typed before, newest last, a fixed number of them.
public struct History {
    public static let capacity = 50
    public private(set) var lines: [[UInt8]] = []
    /// Which one is shown; `lines.count`: the line being typed.
    private var position = 0
    private var typed: [UInt8] = []

    public init() {}

    /// Empty lines and repetitions of the last are left out.
    mutating func add(_ line: [UInt8]) {
        if !line.isEmpty, lines.last != line {
            if lines.count == Self.capacity { lines.removeFirst() }
            lines.append(line)
        }
        leave()
    }

    mutating func leave() {
        position = lines.count
        typed = []
    }

    mutating func older(than current: [UInt8]) -> [UInt8]? {
        guard position > 0 else { return nil }
        if position == lines.count { typed = current }
        position -= 1
        return lines[position]
    }

    mutating func newer() -> [UInt8]? {
        guard position < lines.count else { return nil }
        position += 1
        return position == lines.count ? typed : lines[position]
    }
}
