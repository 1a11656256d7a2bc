import Platform

/// What a rule does when its condition begins to hold.
public enum RuleAction: Sendable, Equatable {
    /// An output, and for how long; nil: until something else sets it.
    case output(String, isOn: Bool, nanoseconds: Int64?)
    case log
    case start(String)
    case stop(String)
    /// A record of what was before the event and so long after it.
    case record(nanoseconds: Int64)
}

/// "on person > 0.6 for 0.5 s = output lamp on for 10 s, log".
public struct Rule: Sendable, Equatable {
    /// One of the model's labels, or the first word group of one: "tabby" for "tabby, tabby cat".
    public var label: String
    /// The score is above it, 0 to 1.
    public var threshold: Float
    /// So long without a break before the rule fires, and before it is over.
    public var holdNanoseconds: Int64
    public var actions: [RuleAction]
    /// Where it stands: "swiftlet.conf:14".
    public var place: String

    /// For logs: "person > 0.60".
    public var title: String { "\(label) > \(fixed(threshold, decimals: 2))" }
}

/// Nanoseconds of "33 ms", "0.5s" or "2 min", up to a day; nil where it is none.
public func parsedDuration(_ text: String) -> Int64? { RuleText.duration(splitWords(text)) }

/// Reads rules, durations and lists as configurations have them.
enum RuleText {
    static let expectedCondition = "on LABEL > SCORE or on LABEL > SCORE for TIME, such as on person > 0.6 for 0.5 s"
    static let expectedActions =
        "log, output NAME on, output NAME on for TIME, output NAME off, record TIME (1 min at most), start TASK and "
        + "stop TASK, with commas between,"

    /// The label, the threshold and the hold time of "on person > 0.6 for 0.5 s"; nil where it isn't one.
    static func condition(_ text: String) -> (label: String, threshold: Float, hold: Int64)? {
        let words = splitWords(text)
        guard words.count >= 4, words[0] == "on", let sign = words.lastIndex(of: ">"), sign >= 2, sign + 1 < words.count,
              let threshold = decimal(words[sign + 1]), threshold >= 0, threshold < 1 else { return nil }
        var hold: Int64 = 0
        if sign + 2 < words.count {
            guard words[sign + 2] == "for", let time = duration(Array(words[(sign + 3)...])) else { return nil }
            hold = time
        }
        return (words[1..<sign].joined(separator: " "), threshold, hold)
    }

    /// nil where one of them isn't one.
    static func actions(_ text: String) -> [RuleAction]? {
        var actions: [RuleAction] = []
        for part in parts(text) {
            guard let action = action(splitWords(part)) else { return nil }
            actions.append(action)
        }
        return actions.isEmpty ? nil : actions
    }

    private static func action(_ words: [String]) -> RuleAction? {
        if words == ["log"] { return .log }
        if words.first == "record" {
            guard let time = duration(Array(words.dropFirst())), time > 0, time <= 60_000_000_000 else { return nil }
            return .record(nanoseconds: time)
        }
        guard words.count >= 2, isName(words[1]) else { return nil }
        switch words[0] {
        case "start": return words.count == 2 ? .start(words[1]) : nil
        case "stop": return words.count == 2 ? .stop(words[1]) : nil
        case "output":
            guard words.count >= 3, words[2] == "on" || words[2] == "off" else { return nil }
            let isOn = words[2] == "on"
            if words.count == 3 { return .output(words[1], isOn: isOn, nanoseconds: nil) }
            guard isOn, words[3] == "for", let time = duration(Array(words[4...])), time > 0 else { return nil }
            return .output(words[1], isOn: true, nanoseconds: time)
        default: return nil
        }
    }

    /// "33 ms", "0.5 s", "2 min", also without the space; up to a day. nil where it is none.
    static func duration(_ words: [String]) -> Int64? {
        guard let first = words.first, words.count <= 2 else { return nil }
        let bytes = Array(first.utf8)
        let digits = bytes.prefix { ($0 >= 48 && $0 <= 57) || $0 == 46 }.count
        let unit = words.count == 2 ? words[1] : String(decoding: bytes[digits...], as: UTF8.self)
        guard words.count == 1 || digits == bytes.count, let number = decimal(String(decoding: bytes[..<digits], as: UTF8.self)) else {
            return nil
        }
        let scale: Double
        switch unit {
        case "ms": scale = 1e6
        case "s": scale = 1e9
        case "min": scale = 60e9
        default: return nil
        }
        // To a microsecond: the number has no more digits.
        let microseconds = (Double(number) * scale / 1000).rounded()
        return microseconds >= 0 && microseconds <= 86_400e6 ? Int64(microseconds) * 1000 : nil
    }

    /// What stands between commas, without spaces around it.
    static func parts(_ text: String) -> [String] {
        var parts: [String] = []
        for part in split(text, at: ",") { parts.append(splitWords(part).joined(separator: " ")) }
        return parts
    }
}
