import Platform

/// A command as data: what `help` shows and what runs. The same commands serve as program arguments and as lines of a
/// console.
public struct Command {
    public var name: String
    /// What follows the name: "IMAGE… [options]".
    public var usage: String
    public var summary: String
    public var options: [OptionSpecification]
    public var examples: [String]
    public var run: (Context, Arguments) throws(Failure) -> Void

    public init(name: String, usage: String, summary: String, options: [OptionSpecification], examples: [String],
                run: @escaping (Context, Arguments) throws(Failure) -> Void) {
        self.name = name
        self.usage = usage
        self.summary = summary
        self.options = options
        self.examples = examples
        self.run = run
    }

    /// Everything `help NAME` shows.
    var helpText: String {
        var text = "\(summary)\n\nusage: swiftlet \(name)\(usage.isEmpty ? "" : " ")\(usage)\n"
        if !options.isEmpty {
            var widest = 0
            for option in options { widest = max(widest, head(option).unicodeScalars.count) }
            text += "\noptions:\n"
            for option in options { text += "  \(padRight(head(option), widest))  \(option.help)\n" }
        }
        if !examples.isEmpty {
            text += "\nexamples:\n"
            for example in examples { text += "  \(example)\n" }
        }
        return text
    }

    private func head(_ option: OptionSpecification) -> String { option.value.map { "\(option.name) \($0)" } ?? option.name }
}

/// The options that several commands share.
enum SharedOptions {
    static let json = OptionSpecification("--json", "one JSON object a result")
    static let models = OptionSpecification("--models", "DIR", "where model files are looked for first")
    static let loading = [
        OptionSpecification("--threads", "N", "threads of the pool (default: one a core)"),
        OptionSpecification("--budget", "BYTES",
                            "most memory for program and model together, such as 40M; weights that don't fit are streamed, "
                                + "a speech model's refused"),
        OptionSpecification("--kernels", "NAME", "kernel family (default: the fastest; see status)"),
        models,
    ]
    /// Which speech model hears, and what.
    static let speech = [
        OptionSpecification("--model", "MODEL", "the speech model (default: \(speechModel))"),
        OptionSpecification("--language", "LANGUAGE",
                            "auto: Chinese, or English where it is clearly that; mixed: Chinese with English words; or a code such as "
                                + "zh, en (default: auto)"),
        OptionSpecification("--script", "SCRIPT",
                            "of Chinese: simplified, traditional, or as the model writes it: model (default: simplified)"),
    ]
    static let speechModel = "whisper-base"
    /// How a language model is loaded.
    static let language = [
        OptionSpecification("--context", "N",
                            "positions to keep (default: what the model was made for, at most 2048, or what the budget allows)"),
        OptionSpecification("--activations", "BITS",
                            "8 or 16: 8 is faster, up to twice on small cores, and takes another token now and then (default: 16)"),
    ]
    static let frames = [
        OptionSpecification("--frames", "WxH:FORMAT", "the file holds frames: yuyv, uyvy, nv12, i420, rgb24, grey or mjpeg"),
        OptionSpecification("--colour", "STANDARD", "of YUV frames: bt601 (default), bt601-full or bt709"),
        OptionSpecification("--live", "drop the oldest waiting frame when frames come too fast"),
        OptionSpecification("--queue", "N", "frames that may wait (default 3)"),
    ]
}

extension OptionSpecification {
    init(_ name: String, _ help: String) { self.init(name, nil, help) }
}
