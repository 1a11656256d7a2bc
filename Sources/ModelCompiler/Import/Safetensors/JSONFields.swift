import Foundation
import Platform

/// A JSON object with its file's name in messages. A field that is there with another type is an error; nil: not there.
struct JSONFields {
    let fields: [String: Any]
    /// What error messages call it.
    let what: String
    private let reads = Reads()

    /// Keys that were asked for.
    private final class Reads {
        var keys: Set<String> = []
    }

    init(_ fields: [String: Any], what: String) {
        self.fields = fields
        self.what = what
    }

    init(parsing data: Data, what: String) throws {
        guard let fields = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw Failure(.badFormat, "\(what) is not a JSON object; it is truncated or damaged")
        }
        self.init(fields, what: what)
    }

    /// A file of at most 256 MB.
    init(path: String, what: String) throws {
        let bytes = try File.read(path, limit: 1 << 28)
        try self.init(parsing: Data(bytes), what: what)
    }

    private func value<T>(_ key: String, _ expected: String, _ convert: (Any) -> T?) throws -> T? {
        reads.keys.insert(key)
        guard let value = fields[key], !(value is NSNull) else { return nil }
        guard let converted = convert(value) else { throw Failure(.badFormat, "\(what): '\(key)' is not \(expected)") }
        return converted
    }

    /// Refuses what nobody asked for and what says more than nothing (null, false, 0, an empty text or list): it would
    /// change the result, and without a word. `idle`: keys known to change nothing.
    func requireAllRead(but idle: Set<String>) throws {
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) where !reads.keys.contains(key) && !idle.contains(key) {
            let saysNothing = value is NSNull || jsonNumber(value) == 0 || (value as? String) == "" || (value as? [Any])?.isEmpty == true
            guard saysNothing else {
                throw Failure(.unsupported, "\(what): '\(key.prefix(40))' (\("\(value)".prefix(40))) can't be imported")
            }
        }
    }

    func text(_ key: String) throws -> String? { try value(key, "text") { $0 as? String } }
    func flag(_ key: String) throws -> Bool? { try value(key, "true or false") { $0 as? Bool } }
    func list(_ key: String) throws -> [Any]? { try value(key, "a list") { $0 as? [Any] } }

    func object(_ key: String) throws -> JSONFields? {
        try value(key, "an object") { $0 as? [String: Any] }.map { JSONFields($0, what: "\(what): \(key)") }
    }

    func number(_ key: String, in bounds: ClosedRange<Int>) throws -> Int? {
        try value(key, "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)") { wholeNumber($0, in: bounds) }
    }

    func required(_ key: String, in bounds: ClosedRange<Int>) throws -> Int {
        guard let number = try number(key, in: bounds) else { throw Failure(.badFormat, "\(what): '\(key)' is missing") }
        return number
    }

    func real(_ key: String, in bounds: ClosedRange<Double>) throws -> Float? {
        try value(key, "a number from \(bounds.lowerBound) to \(bounds.upperBound)") {
            guard let number = $0 as? Double, bounds.contains(number) else { return nil }
            return Float(number)
        }
    }
}

/// A JSON number, or true and false as 1 and 0.
func jsonNumber(_ value: Any) -> Double? { (value as? Double) ?? (value as? Bool).map { $0 ? 1 : 0 } }

/// A JSON number that is whole and in bounds.
func wholeNumber(_ value: Any, in bounds: ClosedRange<Int>) -> Int? {
    guard let real = value as? Double, let number = Int(exactly: real), bounds.contains(number) else { return nil }
    return number
}
