import Platform

/// An option that a command takes.
public struct OptionSpecification: Sendable {
    /// With its dashes: "--threads", "-o".
    public var name: String
    /// What follows it ("N"); nil for a switch.
    public var value: String?
    public var help: String

    public init(_ name: String, _ value: String? = nil, _ help: String) {
        self.name = name
        self.value = value
        self.help = help
    }
}

/// A command's arguments, taken apart by the options it knows.
public struct Arguments: Sendable {
    public private(set) var positional: [String] = []
    private var values: [(name: String, value: String)] = []

    /// `--name value`, `--name=value`, switches, `--` before what only looks like an option; `-` alone is positional.
    /// - Throws: `.usage` for an unknown option, a missing or an unwanted value.
    public init(_ words: [String], options: [OptionSpecification]) throws(Failure) {
        var position = 0
        var optionsEnded = false
        while position < words.count {
            let word = words[position]
            position += 1
            if optionsEnded || word == "-" || !word.utf8.starts(with: "-".utf8) {
                positional.append(word)
                continue
            }
            if word == "--" {
                optionsEnded = true
                continue
            }
            var name = word
            var given: String?
            let bytes = Array(word.utf8)
            if let equals = bytes.firstIndex(of: 61) {
                name = String(decoding: bytes[..<equals], as: UTF8.self)
                given = String(decoding: bytes[(equals + 1)...], as: UTF8.self)
            }
            guard let option = options.first(where: { $0.name == name }) else { throw Failure(.usage, "unknown option \(name)") }
            if let placeholder = option.value {
                if given == nil, position < words.count {
                    given = words[position]
                    position += 1
                }
                guard let given else { throw Failure(.usage, "\(name) needs a value: \(name) \(placeholder)") }
                values.append((name, given))
            } else {
                guard given == nil else { throw Failure(.usage, "\(name) takes no value") }
                values.append((name, ""))
            }
        }
    }

    /// Whether the option was given, by its full name: "--json".
    public func has(_ name: String) -> Bool { values.contains { $0.name == name } }

    /// The value given last.
    public func text(_ name: String) -> String? { values.last { $0.name == name }?.value }

    /// A whole number in a range.
    public func integer(_ name: String, in range: ClosedRange<Int>) throws(Failure) -> Int? {
        guard let text = text(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Failure(.usage, "\(name) \(text): a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return number
    }

    /// Every value given, in order.
    public func texts(_ name: String) -> [String] { values.filter { $0.name == name }.map { $0.value } }

    /// A number in a range.
    public func number(_ name: String, in range: ClosedRange<Float>) throws(Failure) -> Float? {
        guard let text = text(name) else { return nil }
        guard let number = decimal(text), range.contains(number) else {
            throw Failure(.usage,
                "\(name) \(text): a number from \(fixed(range.lowerBound, decimals: 2)) to \(fixed(range.upperBound, decimals: 2)) is "
                    + "expected")
        }
        return number
    }

    /// A number from 0 to 1.
    public func fraction(_ name: String) throws(Failure) -> Float? {
        guard let text = text(name) else { return nil }
        guard let number = decimal(text), number >= 0, number <= 1 else {
            throw Failure(.usage, "\(name) \(text): a number from 0 to 1 is expected")
        }
        return number
    }

    /// Bytes: 5000000, 5M, 512k, 1G (powers of 1000), 4Mi (of 1024).
    public func byteCount(_ name: String) throws(Failure) -> Int? {
        guard let text = text(name) else { return nil }
        if let bytes = parsedByteCount(text) { return bytes }
        throw Failure(.usage, "\(name) \(text): a number of bytes is expected, such as 5000000, 5M or 4Mi")
    }
}
