import Engine
import Hearing
import ModelRuntime
import Platform

let transcribe = Command(
    name: "transcribe", usage: "FILE… [options]", summary: "Writes down what is said in sound files, or in a pipe (-).",
    options: SharedOptions.speech
        + [OptionSpecification("--timestamps", "each piece with its time, as the model hears it"),
           OptionSpecification("--srt", "subtitles (SubRip) of one file")]
        + SharedOptions.loading + [SharedOptions.json],
    examples: ["swiftlet transcribe clip.wav", "swiftlet transcribe *.wav --json", "swiftlet transcribe talk.wav --srt > talk.srt",
               "arecord -t raw -f S16_LE -r 16000 -c 1 -d 10 | swiftlet transcribe -"]) { (context, arguments) throws(Failure) in
    guard !arguments.positional.isEmpty else { throw Failure(.usage, "transcribe needs a sound file") }
    let form = try TranscriptForm(arguments)
    var options = try TranscriptionOptions(arguments)
    options.hasTimestamps = arguments.has("--timestamps") || form == .subtitles
    if arguments.positional.contains("-"), context.console != nil { throw Failure(.usage, "a console has no standard input to listen to") }
    let lease = try context.model(arguments.text("--model") ?? SharedOptions.speechModel, arguments)
    defer { lease.end() }
    let transcriber = try SpeechSession(lease.model).transcriber()
    for path in arguments.positional where !context.isCancelled {
        do throws(Failure) {
            try transcribeFile(path, transcriber, options, form, isOne: arguments.positional.count == 1, context)
        } catch {
            // What the command line asks for is wrong for all files alike.
            if error.kind == .usage { throw error }
            context.report(error)
        }
    }
}

/// How a transcript is written.
enum TranscriptForm {
    case text, timestamps, subtitles, json

    init(_ arguments: Arguments) throws(Failure) {
        let isJSON = arguments.has("--json")
        if arguments.has("--srt") {
            guard arguments.positional.count == 1, !isJSON else { throw Failure(.usage, "--srt takes one file, and no --json") }
            self = .subtitles
        } else {
            self = isJSON ? .json : arguments.has("--timestamps") ? .timestamps : .text
        }
    }
}

private func transcribeFile(_ path: String, _ transcriber: Transcriber, _ options: TranscriptionOptions, _ form: TranscriptForm,
                            isOne: Bool, _ context: Context) throws(Failure) {
    let start = monotonicNanoseconds()
    let stream = try FileStream(path: path, isCancelled: { context.isCancelled })
    let reader = try AudioReader(stream, takesRaw: path == "-")
    if !isOne, form != .json { context.output(path) }
    var pieces: [TranscriptSegment] = []
    let statistics = try transcriber.transcribe(reader, options, isCancelled: { context.isCancelled }) { piece in
        pieces.append(piece)
        switch form {
        case .text: context.output((isOne ? "" : "  ") + piece.text)
        case .timestamps:
            let times = "[\(SubtitleText.clock(piece.start)) - \(SubtitleText.clock(piece.end))]"
            context.output("\(isOne ? "" : "  ")\(times) \(piece.text)")
        case .subtitles: context.output(SubtitleText.entry(pieces.count, piece))
        case .json: break
        }
    }
    let report = TranscriptReport(path: path, pieces: pieces, statistics: statistics, nanoseconds: monotonicNanoseconds() - start,
                                  warning: reader.warning)
    if let warning = reader.warning { context.errors("swiftlet: \(warning)") }
    if form == .json { context.output(report.json) } else { context.errors(report.line) }
}
