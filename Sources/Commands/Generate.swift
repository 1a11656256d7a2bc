import Console
import Engine
import Language
import ModelRuntime
import Platform

let generate = Command(
    name: "generate", usage: "TEXT [options]", summary: "Continues a text, or answers a question.",
    options: [OptionSpecification("--model", "MODEL", "the language model (default: smollm2-135m)"),
              OptionSpecification("--chat", "the text is a question to be answered"),
              OptionSpecification("--system", "TEXT", "with --chat: how the model is to behave"),
              OptionSpecification("--tokens", "N", "most tokens to make (default: 128)"),
              OptionSpecification("--temperature", "T", "0 takes the likeliest token always (default: 0.8)"),
              OptionSpecification("--top-k", "N", "among the N likeliest; 0: all (default: 40)"),
              OptionSpecification("--top-p", "P", "among the likeliest that reach P together (default: 0.95)"),
              OptionSpecification("--min-p", "P", "among those at least P times as likely as the likeliest (default: 0.05)"),
              OptionSpecification("--repeat-penalty", "X", "above 1: against repetition (default: 1)"),
              OptionSpecification("--seed", "N", "the same text again (default: another one every time)"),
              OptionSpecification("--stop", "TEXT", "ends where this would come; may be given several times"),
              OptionSpecification("--draft", "N", "guess up to N tokens from the text so far; changes the speed only (default: 0)"),
              OptionSpecification("--prompt-cache", "FILE", "keep the prompt's evaluation there and use it next time")]
        + SharedOptions.language + SharedOptions.loading + [SharedOptions.json],
    examples: ["swiftlet generate \"Once upon a time\"", "swiftlet generate --chat \"Why is the sky blue?\" --tokens 200",
               "swiftlet generate - --temperature 0 < essay.txt",
                   "swiftlet generate \"The capital of France is\" --budget 40M --context 256"]) { (context, arguments) throws(Failure) in
    guard arguments.positional.count == 1 else { throw Failure(.usage, "generate takes one text; put it in quotes") }
    let options = try generationOptions(arguments)
    var text = arguments.positional[0]
    if text == "-" {
        guard context.console == nil else { throw Failure(.usage, "a console has no standard input to read a text from") }
        text = String(decoding: try File.read("/dev/stdin", limit: 16 << 20), as: UTF8.self)
    }
    let start = monotonicNanoseconds()
    let name = arguments.text("--model") ?? "smollm2-135m"
    let lease = try context.languageModel(name, arguments)
    defer { lease.end() }
    let session = try LanguageSession(lease.model)
    let prompt = try session.tokens(text, isChat: arguments.has("--chat"), system: arguments.text("--system"))
    try usePromptCache(arguments.text("--prompt-cache"), prompt, session, context)

    let isJSON = arguments.has("--json")
    var writer = GeneratedText(context: context, isKept: isJSON)
    let loaded = monotonicNanoseconds()
    let counted = session.runner.counters
    let activity = GenerationActivity(name, session)
    context.runtime.show(activity)
    let statistics: GenerationStatistics
    do throws(Failure) {
        statistics = try session.generator.generate(prompt, options, isCancelled: { context.isCancelled }) { (bytes) in
            activity.countToken()
            return writer.take(bytes)
        }
    } catch {
        writer.finish()
        activity.end(failure: error.description)
        throw error
    }
    writer.finish()
    activity.end(tokens: statistics.tokens)
    let report = GenerationReport(statistics: statistics, session: session, loadNanoseconds: loaded - start, seed: options.sampler.seed,
                                  before: counted)
    if isJSON { context.output(report.json(text: writer.kept)) } else { for line in report.lines { context.errors(line) } }
}

private func generationOptions(_ arguments: Arguments) throws(Failure) -> GenerationOptions {
    var options = GenerationOptions()
    options.tokens = try arguments.integer("--tokens", in: 1...1_000_000) ?? 128
    if let value = try arguments.number("--temperature", in: 0...100) { options.sampler.temperature = value }
    if let value = try arguments.integer("--top-k", in: 0...1_000_000) { options.sampler.topK = value }
    if let value = try arguments.number("--top-p", in: 0...1) { options.sampler.topP = value }
    if let value = try arguments.number("--min-p", in: 0...1) { options.sampler.minP = value }
    if let value = try arguments.number("--repeat-penalty", in: 0.01...100) { options.sampler.repetitionPenalty = value }
    // Shown with the figures, so that a text can be had again.
    options.sampler.seed = (try arguments.integer("--seed", in: 0...Int.max)).map { UInt64($0) }
        ?? UInt64(monotonicNanoseconds() & 0xFFFF_FFFF)
    for text in arguments.texts("--stop") { options.stopStrings.append(Array(text.utf8)) }
    options.draftLength = try arguments.integer("--draft", in: 0...64) ?? 0
    return options
}

/// Takes the prompt's keys and values from a file, or leaves them there for the next time.
private func usePromptCache(_ path: String?, _ prompt: [Int32], _ session: LanguageSession, _ context: Context) throws(Failure) {
    guard let path else { return }
    guard prompt.count < session.runner.contextLength else {
        throw Failure(.usage, "the prompt's \(prompt.count) tokens don't fit a context of \(session.runner.contextLength)")
    }
    if File.exists(path) { try PromptCache.load(path, session) }
    if session.generator.evaluatedTokens.elementsEqual(prompt) { return }
    try session.generator.prepare(prompt)
    try PromptCache.save(path, session)
}

/// A text on its way to the reader: as it comes on standard output, line by line on a console, where other lines may
/// come in between.
private struct GeneratedText {
    private static let wrapColumns = 76
    let context: Context
    let isKept: Bool
    private(set) var kept = ""
    private var line: [UInt8] = []
    /// A file gets the model's bytes as they are; a terminal must not be steered by them.
    private var shown: ShownStream?

    init(context: Context, isKept: Bool) {
        self.context = context
        self.isKept = isKept
        if context.console == nil, Output.standard.isTerminal { shown = ShownStream() }
    }

    /// False once nobody reads any more.
    mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if isKept {
            kept += String(decoding: bytes, as: UTF8.self)
            return true
        }
        guard context.console != nil else {
            guard let safe = shown?.take(bytes) else { return Output.standard.write(UnsafeRawBufferPointer(bytes)) }
            return safe.withUnsafeBytes { Output.standard.write($0) }
        }
        for byte in bytes {
            if byte == 10 || (byte == 32 && line.count >= Self.wrapColumns) { endLine() } else { line.append(byte) }
        }
        return true
    }

    mutating func finish() {
        if isKept { return }
        if context.console != nil { return endLine() }
        _ = shown?.finish().withUnsafeBytes { Output.standard.write($0) }
        Output.standard.write("\n")
    }

    private mutating func endLine() {
        context.output(String(decoding: line, as: UTF8.self))
        line.removeAll(keepingCapacity: true)
    }
}
