import Hearing
import Nest
import Platform
import Vision

/// What a sound model wants: windows of so many samples at a rate, as they are or as log-mel features, and what its scores are. From the
/// nest's metadata (`sound.rate` and the like); what takes samples by the thousand and says nothing is taken for a relative of YAMNet.
public struct SoundFormat {
    /// What the network reads of a window.
    enum Input {
        case samples
        /// So many frames of features, brought to mean 0 and deviation 1 by a number each a band.
        case logMel(LogMelSettings, frames: Int, mean: [Float], deviation: [Float])
    }

    public let rateHertz: Int
    /// Samples of a window, and from one to the next.
    public let window: Int, hop: Int
    /// Several classes may be heard at once: each score is a probability of its own.
    public let isIndependent: Bool
    /// Number of the output with the scores.
    let output: Int
    let input: Input

    /// Windows a second.
    public var windowsPerSecond: Float { Float(rateHertz) / Float(hop) }

    /// A sound that is shorter than a window has to lie in its middle, as the factory's trainer had it.
    public var isCentred: Bool {
        if case .logMel = input { return true }
        return false
    }

    private static let rates = 4000...96_000
    /// Ten minutes at 16 kHz: there are four of them in memory.
    private static let longestWindow = 10_000_000
    /// Of models that take samples and don't say how many a second.
    private static let usualRate = 16_000, usualSamples = 4000...480_000
    /// YAMNet's window, and how far its own code moves it.
    private static let yamnetWindow = 15_600, yamnetHop = 7680

    /// Whether a nest is of such a model, as far as its metadata and its input say.
    public static func isThere(_ nest: NestReader) -> Bool {
        if nest.metadata("sound.rate") != nil || nest.metadata("sound.features") != nil { return true }
        guard nest.metadata("window.columns") == nil, let program = nest.programs.first, program.inputs.count == 1 else { return false }
        let input = program.tensors[Int(program.inputs[0])]
        return input.type == .float32 && isSamples(input) && usualSamples.contains(input.elements)
    }

    /// - Parameter program: that of a single window.
    /// Fails with `unsupported` where the model takes or gives something else, with `badFormat` where its metadata make no sense.
    public init(_ nest: NestReader, _ program: Program) throws(Failure) {
        guard program.inputs.count == 1 else {
            throw Failure(.unsupported, "\(nest.name) has \(program.inputs.count) inputs; a sound model has one")
        }
        let record = program.tensors[Int(program.inputs[0])]
        guard record.type == .float32 || (record.type == .int8 && record.scale > 0) else {
            throw Failure(.unsupported, "\(nest.name): the model's input is neither int8 nor float32")
        }
        let keys = MetadataNumbers(nest)
        rateHertz = try keys.whole("sound.rate", Self.rates) ?? Self.usualRate
        switch nest.metadata("sound.features") {
        case nil:
            guard Self.isSamples(record), record.elements >= 16, record.elements <= Self.longestWindow else {
                throw Failure(.unsupported, "\(nest.name) takes no sound: its input of \(record.height)x\(record.width)x\(record.channels) "
                    + "is no window of samples, and sound.features in its metadata names no features")
            }
            input = .samples
            window = record.elements
        case "log-mel"?:
            let settings = try Self.settings(keys, rateHertz)
            let frames = record.elements / settings.bands
            guard record.batch == 1, frames >= 1, frames * settings.bands == record.elements, frames <= 1 << 16 else {
                throw Failure(.unsupported, "\(nest.name): the model's input of \(record.height)x\(record.width)x\(record.channels) is no "
                    + "window of \(settings.bands) bands")
            }
            let mean = try keys.list("sound.mean", settings.bands, or: 0)
            let deviation = try keys.list("sound.deviation", settings.bands, or: 1)
            guard deviation.allSatisfy({ $0 > 0 }) else {
                throw Failure(.badFormat, "\(nest.name): sound.deviation has a value that isn't positive")
            }
            input = .logMel(settings, frames: frames, mean: mean, deviation: deviation)
            window = settings.samples(ofFrames: frames)
            guard window <= Self.longestWindow else {
                throw Failure(.unsupported, "\(nest.name): a window of \(window) samples is longer than \(Self.longestWindow)")
            }
        case let other?:
            throw Failure(.unsupported, "\(nest.name): sound.features = \(other); log-mel is known")
        }
        let usual = window == Self.yamnetWindow ? Self.yamnetHop : max(1, window / 2)
        hop = try keys.whole("sound.hop", max(1, window / 100)...window * 10) ?? usual
        output = try Self.output(nest, program)
        isIndependent = try Self.isIndependent(nest, program, output)
    }

    private static func isSamples(_ record: TensorRecord) -> Bool {
        record.batch == 1 && record.elements == Int(max(record.height, record.width, record.channels))
    }

    private static func settings(_ keys: MetadataNumbers, _ rate: Int) throws(Failure) -> LogMelSettings {
        guard let frame = try keys.whole("sound.frame", 4...1 << 14), let step = try keys.whole("sound.step", 1...1 << 14),
              let bands = try keys.whole("sound.bands", 1...512), keys.nest.metadata("sound.range") != nil else {
            throw Failure(.unsupported, "\(keys.nest.name): log-mel features need sound.frame, sound.step, sound.bands and sound.range")
        }
        let range = try keys.list("sound.range", 2, or: 0)
        return LogMelSettings(rateHertz: rate, frameSamples: frame, stepSamples: step, bands: bands, lowestHertz: range[0],
                              highestHertz: range[1])
    }

    /// The output with a score for each label; the first where there is none.
    private static func output(_ nest: NestReader, _ program: Program) throws(Failure) -> Int {
        let labels = labelLines(nest.metadata("labels")).count
        var number = 0
        for index in program.outputs.indices.reversed() where program.tensors[Int(program.outputs[index])].elements == labels {
            number = index
        }
        guard !program.outputs.isEmpty else { throw Failure(.unsupported, "\(nest.name) has no output") }
        let record = program.tensors[Int(program.outputs[number])]
        guard record.elements == Int(max(record.height, record.width, record.channels)), record.elements >= 1 else {
            throw Failure(.unsupported, "\(nest.name): its output of \(record.height)x\(record.width)x\(record.channels) is no list of "
                + "scores; one for each class is expected")
        }
        return number
    }

    /// As `sound.scores` says; otherwise where a sigmoid makes them.
    private static func isIndependent(_ nest: NestReader, _ program: Program, _ output: Int) throws(Failure) -> Bool {
        switch nest.metadata("sound.scores") {
        case "independent"?: return true
        case "exclusive"?: return false
        case nil: break
        case let other?: throw Failure(.badFormat, "\(nest.name): sound.scores = \(other); independent or exclusive is expected")
        }
        guard let last = program.instructions.last(where: { $0.outputs.0 == program.outputs[output] }) else { return false }
        switch last.opcode {
        case .unary: return UnaryAttributes(words: last.attributes)?.function == .sigmoid
        case .convolution: return ConvolutionAttributes(words: last.attributes)?.floatFunction == UnaryFunction.sigmoid.rawValue
        default: return false
        }
    }
}

/// Numbers in a nest's metadata.
struct MetadataNumbers {
    let nest: NestReader

    init(_ nest: NestReader) { self.nest = nest }

    /// nil where there is no such key; fails with `badFormat` where its value isn't in the range.
    func whole(_ key: String, _ range: ClosedRange<Int>) throws(Failure) -> Int? {
        guard let text = nest.metadata(key) else { return nil }
        guard let number = decimalInteger(text), Int64(range.lowerBound) <= number, number <= Int64(range.upperBound) else {
            throw Failure(.badFormat, "\(nest.name): \(key) = \(text); a whole number from \(range.lowerBound) to \(range.upperBound) is "
                + "expected")
        }
        return Int(number)
    }

    /// `count` numbers with commas between; `usual` where there is no such key.
    func list(_ key: String, _ count: Int, or usual: Float) throws(Failure) -> [Float] {
        guard let text = nest.metadata(key) else { return [Float](repeating: usual, count: count) }
        var numbers: [Float] = []
        for part in split(text, at: ",") {
            guard let number = decimal(part), number.isFinite else {
                throw Failure(.badFormat, "\(nest.name): \(key) isn't a list of numbers")
            }
            numbers.append(number)
        }
        guard numbers.count == count else { throw Failure(.badFormat, "\(nest.name): \(key) has \(numbers.count) numbers for \(count)") }
        return numbers
    }
}
