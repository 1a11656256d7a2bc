import Hearing
import ModelRuntime
import Platform
import Tasks

let hear = Command(
    name: "hear", usage: "FILE… --model MODEL [options]", summary: "Names the sounds in sound files, or in a pipe (-).",
    options: [OptionSpecification("--model", "MODEL", "a sound classifier, such as YAMNet or one of the factory's"),
              OptionSpecification("--top", "K", "sounds at a time (default: 3 where a model can hear several at once, otherwise 1)"),
              OptionSpecification("--threshold", "S", "a score below it, 0 to 1, is no sound (default: 0.3)"),
              OptionSpecification("--windows", "an answer for each of the model's windows, instead of one for each sound")]
        + SharedOptions.loading + [SharedOptions.json],
    examples: ["swiftlet hear yard.wav --model yamnet", "swiftlet hear *.wav --model alarms.nest --threshold 0.6 --json",
               "arecord -t raw -f S16_LE -r 16000 -c 1 | swiftlet hear - --model yamnet --windows"]) {
                   (context, arguments) throws(Failure) in
    guard !arguments.positional.isEmpty else { throw Failure(.usage, "hear needs a sound file") }
    guard let name = arguments.text("--model") else { throw Failure(.usage, "hear needs --model: a classifier of sounds") }
    if arguments.positional.contains("-"), context.console != nil { throw Failure(.usage, "a console has no standard input to listen to") }
    let top = try arguments.integer("--top", in: 1...1000), threshold = try arguments.fraction("--threshold") ?? 0.3
    let lease = try context.model(name, arguments)
    defer { lease.end() }
    let model = try SoundModel(lease.model)
    let hearing = SoundHearing(model, most: top ?? (model.format.isIndependent ? 3 : 1), threshold: threshold, context,
                               hasWindows: arguments.has("--windows"), isJSON: arguments.has("--json"))
    for path in arguments.positional where !context.isCancelled {
        do throws(Failure) {
            try hearing.hear(path, isOne: arguments.positional.count == 1)
        } catch {
            context.report(error)
        }
    }
}

/// A model that hears files, one after the other.
private final class SoundHearing {
    private let model: SoundModel
    private let most: Int
    private let threshold: Float
    private let context: Context
    private let hasWindows: Bool
    private let isJSON: Bool

    init(_ model: SoundModel, most: Int, threshold: Float, _ context: Context, hasWindows: Bool, isJSON: Bool) {
        self.model = model
        self.most = most
        self.threshold = threshold
        self.context = context
        self.hasWindows = hasWindows
        self.isJSON = isJSON
    }

    func hear(_ path: String, isOne: Bool) throws(Failure) {
        let begin = monotonicNanoseconds(), rate = model.format.rateHertz
        let stream = try FileStream(path: path, isCancelled: { [context] in context.isCancelled })
        let reader = try AudioReader(stream, takesRaw: path == "-", rate: rate)
        if !isOne, !isJSON { context.output(path) }
        var report = SoundReport(path: path, rateHertz: rate, isJSON: isJSON)
        let spans = SoundSpans(classes: model.scores.count, most: most, threshold: threshold)
        let windows = SoundWindows(window: model.format.window, hop: model.format.hop)
        let block = UnsafeMutableBufferPointer<Float>.allocate(capacity: 4096)
        defer { block.deallocate() }
        let tell = { (span: SoundSpan) in
            report.add(span, self.model.label(span.index))
            if !self.isJSON { self.context.output((isOne ? "" : "  ") + report.line(span, self.model.label(span.index))) }
        }
        while !context.isCancelled {
            let count = try reader.read(into: block)
            if count == 0 { break }
            var taken = 0
            while taken < count {
                taken += windows.take(UnsafeBufferPointer(rebasing: block[taken..<count]))
                guard windows.isFull else { continue }
                try answer(windows, spans, tell)
                report.windows += 1
                windows.advance()
            }
        }
        if windows.finish(isCentred: model.format.isCentred) {
            try answer(windows, spans, tell)
            report.windows += 1
        }
        spans.finish(tell)
        report.end(samples: windows.count, warning: reader.warning, nanoseconds: monotonicNanoseconds() - begin)
        if let warning = reader.warning { context.errors("swiftlet: \(warning)") }
        if isJSON { context.output(report.json) } else { context.errors(report.summary(threshold)) }
    }

    private func answer(_ windows: SoundWindows, _ spans: SoundSpans, _ tell: (SoundSpan) -> Void) throws(Failure) {
        model.load(windows.values)
        _ = try model.run(observe: {})
        // What fills the last window is no sound of the file.
        spans.take(UnsafeBufferPointer(model.scores), start: windows.start,
                   end: min(windows.start + Int64(windows.window), windows.count), tell)
        if hasWindows { spans.finish(tell) }
    }
}
