import Foundation
import Platform

/// Class names from a file.
enum Labels {
    static func load(path: String) throws -> [String] {
        guard let bytes = try? File.read(path, limit: 1 << 26) else {
            throw Failure(.inputOutput, "\(path): can't read the labels; check the path")
        }
        let data = Data(bytes)
        do {
            return try parse(data)
        } catch let failure as Failure {
            throw Failure(failure.kind, "\(path): \(failure.description)")
        }
    }

    /// One name a line, a JSON list of names, or a JSON map from class index to a name (or to a list of names, of
    /// which the first is taken).
    static func parse(_ data: Data) throws -> [String] {
        let first = data.first { !" \t\r\n".utf8.contains($0) }
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
            var lines = String(decoding: data, as: UTF8.self).split(omittingEmptySubsequences: false) { $0.isNewline }.map(oneLine)
            while lines.last == "" { lines.removeLast() }
            guard !lines.isEmpty else { throw Failure(.badFormat, "there are no labels in the file") }
            return lines
        }
        switch try? JSONSerialization.jsonObject(with: data) {
        case let list as [Any]:
            return try list.enumerated().map { try name($1, index: $0) }
        case let map as [String: Any]:
            return try (0..<map.count).map { index in
                guard let value = map[String(index)] else {
                    throw Failure(.badFormat,
                                  "the map of labels has \(map.count) entries but none for class \(index); its keys must be 0, 1, 2, …")
                }
                return try name(value, index: index)
            }
        default:
            throw Failure(.badFormat, "the labels look like JSON but can't be read as a list or a map of names")
        }
    }

    private static func name(_ value: Any, index: Int) throws -> String {
        if let text = value as? String { return oneLine(text) }
        if let list = value as? [Any], let text = list.first as? String { return oneLine(text) }
        throw Failure(.badFormat, "the label of class \(index) is not a name")
    }

    private static func oneLine(_ text: some StringProtocol) -> String {
        text.split { $0.isNewline }.joined(separator: " ").trimmingCharacters(in: .whitespaces)
    }
}
