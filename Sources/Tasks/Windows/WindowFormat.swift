import Engine
import Nest
import Platform

/// What a model of motion windows wants at its input: so many rows at a rate, of which columns, and the numbers that they are
/// brought to mean 0 and deviation 1 by. From the nest's metadata: `window.columns`, `window.rate` (rows a second), `window.mean`,
/// `window.deviation`.
struct WindowFormat {
    var rows: Int
    var rateHertz: Float
    /// Places in a row of `MotionWindow`.
    var columns: [Int]
    var mean: [Float]
    var deviation: [Float]

    /// Whether a nest is of such a model.
    static func isThere(_ nest: NestReader) -> Bool { nest.metadata("window.columns") != nil }

    /// - Parameters:
    ///   - metadata: the value of a key.
    ///   - input: the program's only input.
    /// - Throws: `.unsupported` where something is missing, or the input has another size.
    init(_ metadata: (String) -> String?, input: TensorRecord) throws(Failure) {
        columns = []
        for name in split(metadata("window.columns") ?? "", at: ",") {
            guard let place = MotionColumn.place(splitWords(name).joined(separator: " ")) else {
                throw Failure(.unsupported, "the model's column \(name) is nothing that a motion sensor measures")
            }
            columns.append(place)
        }
        guard !columns.isEmpty, let rate = metadata("window.rate").flatMap({ decimal($0) }), rate >= 1, rate <= 1000 else {
            throw Failure(.unsupported, "the model doesn't say how many rows a second its windows have; nestc --set window.rate=50 does")
        }
        rateHertz = rate
        mean = try Self.numbers(metadata("window.mean"), "window.mean", columns.count, or: 0)
        deviation = try Self.numbers(metadata("window.deviation"), "window.deviation", columns.count, or: 1)
        guard deviation.allSatisfy({ $0 > 0 }) else {
            throw Failure(.badFormat, "the model's window.deviation has a value that isn't positive")
        }
        let count = Int(input.height) * Int(input.width) * Int(input.channels)
        rows = count / columns.count
        guard input.batch == 1, rows > 0, rows * columns.count == count, rows <= 1 << 16,
              input.channels == 1 || Int(input.channels) == columns.count else {
            throw Failure(.unsupported, "the model's input of \(input.height)x\(input.width)x\(input.channels) is no window of "
                + "\(columns.count) columns")
        }
    }

    private static func numbers(_ text: String?, _ key: String, _ count: Int, or usual: Float) throws(Failure) -> [Float] {
        guard let text else { return [Float](repeating: usual, count: count) }
        var numbers: [Float] = []
        for part in split(text, at: ",") {
            guard let number = decimal(part), number.isFinite else {
                throw Failure(.badFormat, "the model's \(key) isn't a list of numbers")
            }
            numbers.append(number)
        }
        guard numbers.count == count else {
            throw Failure(.badFormat, "the model's \(key) has \(numbers.count) numbers for \(count) columns")
        }
        return numbers
    }
}
