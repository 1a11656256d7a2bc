import Board
import Configuration
import Console
import Device
import Hearing
import ModelRuntime
import Platform

let listen = Command(
    name: "listen", usage: "[options]", summary: "Writes down what is said at the microphone, an utterance a line, as it is said.",
    options: SharedOptions.speech + [
        OptionSpecification("--device", "NAME", "the microphone, such as Device or Device,0 (default: the firmware's, or the first)"),
        OptionSpecification("--rate", "HZ", "samples a second to ask for (default 16000)"),
        OptionSpecification("--wav", "FILE", "a sound file instead of a microphone; - for a pipe"),
        OptionSpecification("--pace", "PACE", "of a file: real-time, or none: as fast as it goes (default: none)"),
        OptionSpecification("--button", "LINE",
                            "push-to-talk: an utterance lasts while this input is on (default: the configuration's; none: by voice)"),
        OptionSpecification("--wake-word", "MODEL",
                            "only what is said behind this word (default: the configuration's; none: everything)"),
        OptionSpecification("--seconds", "N", "for so long (default: until a key or Ctrl-C; 10 in a script)"),
        OptionSpecification("--utterances", "N", "until so many were heard"),
        OptionSpecification("--partials", "with --json: an object for each text of an utterance that still goes on"),
    ] + SharedOptions.loading + [SharedOptions.json],
    examples: ["swiftlet listen", "swiftlet listen --language zh --json --partials", "listen --button button --utterances 1",
               "swiftlet listen --wav meeting.wav", "swiftlet listen --wake-word alexa.nest",
               "arecord -t raw -f S16_LE -r 16000 -c 1 | swiftlet listen --wav -"]) { (context, arguments) throws(Failure) in
    if let stray = arguments.positional.first { throw Failure(.usage, "\(stray): a sound file is named with --wav") }
    let request = try ListenRequest(context, arguments)
    if context.device == nil { Signals.install() }
    var microphone: Listening?
    var source: ListeningSource?
    defer {
        source?.end()
        microphone?.end()
    }
    var options = request.options
    // What is wrong with the sound is said before a model is loaded; a microphone is claimed after it, so that nothing is stale.
    if let path = request.path {
        source = try ListeningSource(context, path: path, pace: request.pace)
    } else {
        let opened = try Listening(context, arguments)
        microphone = opened
        if let button = request.button { options.isPressed = try PushButton.named(button, context, opened.board) }
    }
    let lease = try context.model(arguments.text("--model") ?? SharedOptions.speechModel, arguments)
    defer { lease.end() }
    let word = try request.wakeWord.map { (name) throws(Failure) in try context.wakeModel(name, arguments) }
    defer { word?.end() }
    if let word { options.wake = try WakeModel.detector(word.model) }
    let session = try SpeechSession(lease.model)
    let heard: ListeningSource
    if let source { heard = source } else if let microphone {
        heard = try ListeningSource(context, microphone)
        source = heard
    } else {
        return
    }
    let listener = try session.listener(heard.sound, options)
    try ListeningRun(context, request, heard, listener).run()
}

/// What a command line asks of `listen`.
struct ListenRequest {
    var options = ListeningOptions()
    let path: String?
    let pace: FileSound.Pace?
    /// An input's name; nil: by voice.
    let button: String?
    /// A wake word's model; nil: everything is heard.
    let wakeWord: String?
    let seconds: Int?
    let utterances: Int?
    let isJSON: Bool
    let tellsPartials: Bool

    init(_ context: Context, _ arguments: Arguments) throws(Failure) {
        options.transcription = try TranscriptionOptions(arguments)
        isJSON = arguments.has("--json")
        path = arguments.text("--wav")
        switch arguments.text("--pace") {
        case nil: pace = nil
        case "real-time"?: pace = .realTime
        case "none"?: pace = FileSound.Pace.none
        case let other?: throw Failure(.usage, "--pace \(other): real-time or none is expected")
        }
        if path == nil, pace != nil { throw Failure(.usage, "--pace is for --wav") }
        for name in ["--device", "--rate", "--button"] where path != nil && arguments.has(name) {
            throw Failure(.usage, "one of --wav and \(name)")
        }
        let wanted = arguments.text("--button") ?? context.device?.configuration.microphone?.button
        button = wanted == "none" ? nil : wanted
        let configured = path == nil && button == nil ? context.device?.configuration.microphone?.wakeWord : nil
        let word = arguments.text("--wake-word") ?? configured
        wakeWord = word == "none" ? nil : word
        guard button == nil || wakeWord == nil else { throw Failure(.usage, "one of --button and --wake-word") }
        utterances = try arguments.integer("--utterances", in: 1...1_000_000)
        seconds = try arguments.integer("--seconds", in: 1...86_400) ?? (context.isScript && utterances == nil && path == nil ? 10 : nil)
        let isTerminal = context.console.map { $0.isInteractive } ?? Output.standard.isTerminal
        guard isJSON || !arguments.has("--partials") else {
            throw Failure(.usage, "--partials is for --json; on a terminal texts are shown as they come")
        }
        tellsPartials = isJSON ? arguments.has("--partials") : isTerminal
        options.tellsPartials = tellsPartials
    }
}

/// A button for push-to-talk.
enum PushButton {
    /// Whether it is held down: an input of the running firmware by its name, otherwise a line of this machine.
    /// Fails where there is no such line.
    static func named(_ name: String, _ context: Context, _ board: Board) throws(Failure) -> () -> Bool {
        guard context.device != nil else {
            let line = try board.openInput(LineRequest(line: name))
            return { (try? line.level()) ?? false }
        }
        let inputs = try context.runningDevice().watch?.inputs ?? []
        guard let input = inputs.first(where: { $0.name == name }) else {
            throw Failure(.usage, "no input \(name); `gpio` lists them")
        }
        return { input.level ?? false }
    }
}
