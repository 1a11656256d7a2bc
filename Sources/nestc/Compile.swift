import ArgumentParser
import Foundation
import ModelCompiler
import Nest
import Platform

enum WeightType: String, ExpressibleByArgument, CaseIterable { case int8, float }
enum FloatMatrices: String, ExpressibleByArgument, CaseIterable { case q8, q4 }
enum Method: String, ExpressibleByArgument, CaseIterable { case minmax, percentile, mse }

struct Compile: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compile a TFLite, ONNX, PyTorch or GGUF model, or a folder of Hugging Face or CTranslate2, into a .nest file.",
        discussion: """
        A model that is int8 already stays int8. A float model stays float, or becomes int8 with --weights int8 and \
        --calibrate, a folder of pictures like those that it will see. Recurrent layers (GRU, LSTM) become int8 without.
        """)

    @Argument(help: "The model: .tflite, .onnx, .pth or .gguf.")
    var source: String

    @Option(name: .shortAndLong, help: "The file to write.")
    var output: String

    @Option(help: "int8 quantises a float model; float keeps it.")
    var weights: WeightType?

    @Option(help: "A folder of pictures to calibrate activations with.")
    var calibrate: String?

    @Option(help: "At most this many pictures for calibration.")
    var samples = 100

    @Option(help: "How activation ranges are chosen: minmax, percentile or mse.")
    var method = Method.minmax

    @Option(help: "Per cent of values inside the range, for --method percentile.")
    var percentile = 99.99

    @Flag(inversion: .prefixedNo, help: "Take the mean error of each channel, measured in calibration, out of the biases.")
    var correctBiases = true

    @Option(help: "A folder of labelled pictures (labels.csv, or the class in the file names): accuracy before and after quantisation.")
    var evaluate: String?

    @Option(help: "The model's name in the nest; the file's name if not given.")
    var name: String?

    @Option(help: "Class names: one a line, or JSON.")
    var labels: String?

    @Option(parsing: .upToNextOption, help: "Batch sizes, one program each.")
    var batch: [Int] = [1]

    @Option(help: "Language and speech models: what matrices of floats become, q8 or q4; quantised ones stay as they are.")
    var floatMatrices = FloatMatrices.q8

    @Option(help: "Language and speech models: bits of activations, 8 or 16; a nest for 16 can run with 8 as well.")
    var activations = 16

    @Option(help: "Speech models: bits of the encoder's activations, 8 or 16.")
    var encoderActivations = 8

    @Option(help: "Language models: the most tokens of one run.")
    var rows = 64

    @Option(help: "Language models: the most tokens of one run whose logits can be had; 16, or what 4 MB hold, if not given.")
    var logitRows: Int?

    @Flag(help: "Leave batch normalisation, activations and additions instructions of their own, to measure what fusion gains.")
    var noFuse = false

    @Option(help: "Join pointwise and depthwise convolutions where the tensor between them has at least this many bytes.")
    var pairs: Int?

    @Option(help: "Metadata KEY=VALUE to set, for example image.mean=127,127,127.")
    var set: [String] = []

    @Option(help: "NAME=N: the size of a named dimension of an ONNX input; those not given become 1.")
    var dimension: [String] = []

    @Option(help: "NAME=VALUE: fixes an ONNX input of a single number, for example sr=16000; it's no input of the nest then.")
    var constant: [String] = []

    @Option(help: "INPUT=OUTPUT: the nest keeps what this output of an ONNX model was for this input of the next run, at first zeros.")
    var state: [String] = []

    @Option(help: "INPUT=N: the first N elements of an ONNX model's input are the last N of the run before; a run takes the rest.")
    var context: [String] = []

    func validate() throws {
        guard !batch.isEmpty, batch.allSatisfy({ (1...64).contains($0) }) else {
            throw ValidationError("--batch takes sizes from 1 to 64.")
        }
        guard samples > 0 else { throw ValidationError("--samples takes a positive number.") }
        guard (50...100).contains(percentile) else { throw ValidationError("--percentile takes 50 to 100.") }
        if calibrate != nil, weights != .int8 { throw ValidationError("--calibrate goes with --weights int8.") }
    }

    func run() throws {
        if SpeechImporter.recognizes(path: source) { return try compileSpeech() }
        if LanguageImporter.recognizes(path: source) {
            return try compileLanguage()
        }
        var graph = try Importer.load(path: source, options: try importOptions())
        let options = CompilationOptions(name: graph.metadata["name"] ?? "model", fuses: !noFuse, pairMinimumBytes: pairs, batches: batch)
        try Compilation.prepare(&graph, fuses: options.fuses)
        if weights == .int8, calibrate == nil {
            let layers = RecurrentWeights.quantize(&graph)
            guard layers > 0 else {
                throw ValidationError("--weights int8 needs --calibrate FOLDER; models that are int8 already need neither.")
            }
            note("int8 weights in \(layers) recurrent layer\(layers == 1 ? "" : "s")")
        }
        let folder = try evaluate.map { try ImageFolder(path: $0) }
        let nest: CompiledNest
        if weights == .int8, let calibrate {
            nest = try quantized(graph, options, pictures: try ImageFolder(path: calibrate), evaluation: folder)
        } else {
            nest = try Compilation.finish(graph, options)
            if let folder { say("accuracy: \(text(try Accuracy(nest.contents, on: folder)))") }
        }
        try nest.verify()
        try NestWriter.write(nest.contents, to: output)
        _ = try readBack(output)
        for program in nest.programs {
            note("batch \(program.program.batch): \(program.program.instructions.count) instructions, arena \(program.program.arenaBytes) "
                 + "bytes, "
                + "\(String(format: "%.3f", program.plan.ratio)) of the lower bound")
        }
    }

    /// What `--set` asks for in language and speech models, and that no option was given that only networks have.
    private func transformerEntries(_ kind: String, own prefix: String) throws -> [String: String] {
        if weights == .int8 {
            throw ValidationError("--weights int8 is for networks; a \(kind) model keeps its file's quantisation, and --float-matrices "
                                  + "says what floats become.")
        }
        let unused = [("--calibrate", calibrate != nil), ("--evaluate", evaluate != nil), ("--labels", labels != nil),
                      ("--batch", batch != [1]), ("--no-fuse", noFuse),
                      ("--pairs", pairs != nil), ("--dimension", !dimension.isEmpty),
                          ("--constant", !constant.isEmpty), ("--state", !state.isEmpty),
                          ("--context", !context.isEmpty)].filter(\.1).map(\.0)
        guard unused.isEmpty else { throw ValidationError("\(unused.joined(separator: ", ")): not for \(kind) models.") }
        let entries = try pairs(set, "--set takes KEY=VALUE") { $0 }
        if let key = entries.keys.first(where: { $0 == "task" || $0.hasPrefix(prefix) }) {
            throw ValidationError("--set \(key): follows from the model.")
        }
        return entries
    }

    private func compileSpeech() throws {
        let entries = try transformerEntries("speech", own: "speech.")
        guard logitRows == nil else { throw ValidationError("--logit-rows: not for speech models.") }
        var model = try SpeechImporter.load(path: source)
        if let name { model.name = name }
        let options = SpeechOptions(rows: min(rows, 32), floats: floatMatrices == .q8 ? .q8 : .q4, encoderBits: encoderActivations,
                                    decoderBits: activations)
        try write(lower(model, options: options), entries, "an encoder of \(model.frames) positions and \(min(rows, 32)) tokens")
    }

    private func compileLanguage() throws {
        let entries = try transformerEntries("language", own: "language.")
        var model = try LanguageImporter.load(path: source)
        if let name { model.name = name }
        let options = TransformerOptions(rows: rows, logitRows: logitRows, floats: floatMatrices == .q8 ? .q8 : .q4,
                                         activationBits: activations)
        try write(lower(model, options: options, tokenizer: try model.tokenizer.image()), entries, "up to \(rows) tokens")
    }

    /// - Parameter sizes: what a run takes, for the last line.
    private func write(_ lowered: LanguageNest, _ entries: [String: String], _ sizes: String) throws {
        var nest = lowered
        nest.metadata = (nest.metadata.filter { entries[$0.key] == nil } + entries.map { (key: $0.key, value: $0.value) }).sorted {
            $0.key < $1.key
        }
        try nest.write(to: output)
        let weights = try readBack(output).map { ", weights \($0.chunks.reduce(0) { $0 + $1.length }) bytes in \($0.chunks.count) chunks" }
            ?? ""
        note("\(nest.program.instructions.count) instructions for \(sizes), arena \(nest.program.arenaBytes) bytes\(weights)")
    }

    /// What was written is read with all checks before it counts as done; a file that fails them doesn't stay. Nil for
    /// devices and pipes, which can't be read again.
    private func readBack(_ path: String) throws -> NestReader? {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let type = try? FileManager.default.attributesOfItem(atPath: target)[.type] as? FileAttributeType
        guard type == .typeRegular else { return nil }
        do { return try NestReader.open(path) } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw Failure(error.kind, "\(error.description); the file has been removed")
        }
    }

    private func quantized(_ graph: Graph, _ options: CompilationOptions, pictures: ImageFolder, evaluation: ImageFolder?) throws
        -> CompiledNest {
        guard graph.inputs.contains(where: { graph.tensors[$0].type == .float32 }) else {
            throw Failure(.usage, "\(source) is quantised already; leave --weights and --calibrate out")
        }
        let rule: CalibrationMethod = switch method {
        case .minmax: .minimumMaximum
        case .percentile: .percentile(percentile)
        case .mse: .meanSquareError
        }
        let isDetector = graph.metadata["task"] == "detect"
        let inputs = pictures.samples(limit: samples, asViews: isDetector)
        note("calibrating with \(min(samples, pictures.entries.count)) of the \(pictures.entries.count) pictures in \(calibrate ?? "")"
             + (isDetector ? ", in \(inputs.count) views" : ""))
        let result = try PostTrainingQuantization.run(graph, samples: inputs, method: rule, options: options, correctsBiases: correctBiases,
                                                      progress: .standard)
        say("signal to noise of each layer, int8 against float, in dB")
        for layer in result.noise {
            say("  \(String(format: "%6.1f", layer.decibels))  scale \(String(format: "%.6f", layer.scale))  zero \(layer.zeroPoint)  "
                + "\(layer.tensor.suffix(80))")
        }
        if let evaluation {
            say("accuracy float: \(text(try Accuracy(result.float.contents, on: evaluation)))")
            say("accuracy int8:  \(text(try Accuracy(result.int8.contents, on: evaluation)))")
        }
        return result.int8
    }

    private func text(_ accuracy: Accuracy) -> String {
        "\(accuracy.right) of \(accuracy.total), \(String(format: "%.1f", accuracy.percent)) %"
    }

    private func importOptions() throws -> ImportOptions {
        ImportOptions(labels: labels, name: name, metadata: try pairs(set, "--set takes KEY=VALUE") { $0 },
                      dimensions: try pairs(dimension, "--dimension takes NAME=N, N from 1 to 65536") {
                          Int($0).flatMap { (1...65536).contains($0) ? $0 : nil } },
                      constants: try pairs(constant, "--constant takes NAME=VALUE") { Double($0).flatMap { $0.isFinite ? $0 : nil } },
                      states: try pairs(state, "--state takes INPUT=OUTPUT") { $0.isEmpty ? nil : $0 },
                      contexts: try pairs(context, "--context takes INPUT=N, N from 1 to 65536") {
                          Int($0).flatMap { (1...65536).contains($0) ? $0 : nil } })
    }

    private func pairs<Value>(_ entries: [String], _ rule: String, _ parse: (String) -> Value?) throws -> [String: Value] {
        var result: [String: Value] = [:]
        for entry in entries {
            guard let equals = entry.firstIndex(of: "="), let value = parse(String(entry[entry.index(after: equals)...])) else {
                throw ValidationError("\(rule), not \"\(entry)\".")
            }
            result[String(entry[..<equals])] = value
        }
        return result
    }
}
