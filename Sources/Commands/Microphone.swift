import Board
import Console
import Device
import Hearing
import Platform

let microphone = Command(
    name: "microphone", usage: "[options]",
    summary: "Shows how loud it is at the microphone, records it, hears who speaks, or lists what captures sound.",
    options: [
        OptionSpecification("--list", "the devices that capture sound"),
        OptionSpecification("--device", "NAME", "such as Device or Device,0 (default: the firmware's, or the first)"),
        OptionSpecification("--rate", "HZ", "samples a second to ask for (default 16000)"),
        OptionSpecification("--wav", "FILE", "record: 16 bits, one channel, the device's rate"),
        OptionSpecification("--utterances", "when somebody speaks, by loudness and pitch"),
        OptionSpecification("--seconds", "N", "for so long (default: until a key or Ctrl-C; 2 in a script)"),
        SharedOptions.json,
    ],
    examples: ["swiftlet microphone --list", "microphone --seconds 5",
               "swiftlet microphone --wav note.wav --seconds 10"]) { (context, arguments) throws(Failure) in
    if let stray = arguments.positional.first { throw Failure(.usage, "\(stray): the device is named with --device") }
    if arguments.has("--list") { return try listMicrophones(context, isJSON: arguments.has("--json")) }
    let seconds = try arguments.integer("--seconds", in: 1...86_400)
    if context.device == nil { Signals.install() }
    let listening = try Listening(context, arguments)
    defer { listening.end() }
    if let path = arguments.text("--wav") {
        guard !arguments.has("--utterances") else { throw Failure(.usage, "one of --wav and --utterances") }
        try recordSound(context, listening, path: path, seconds: seconds, isJSON: arguments.has("--json"))
    } else if arguments.has("--utterances") {
        try showUtterances(context, listening, seconds: seconds, isJSON: arguments.has("--json"))
    } else {
        showLevel(context, listening.microphone, seconds: seconds, isJSON: arguments.has("--json"))
    }
}

private func listMicrophones(_ context: Context, isJSON: Bool) throws(Failure) {
    let listings = try Listening.board(context).microphones()
    for listing in listings {
        context.output(isJSON ? MicrophoneText.object(listing).line
                       : "\(padRight(listing.identifier, 16)) \(listing.name)\(listing.isBusy ? " (in use)" : "")")
    }
    if listings.isEmpty, !isJSON { context.output("no sound card that captures is there, or /dev/snd may not be read") }
}

/// The level, ten times a second where somebody looks, twice where not.
private func showLevel(_ context: Context, _ microphone: MicrophoneLoop, seconds: Int?, isJSON: Bool) {
    let display = LiveDisplay(context, seconds: seconds, rateHertz: context.isInteractive ? 10 : 2)
    var isFirst = true
    display.run { context in
        // The first tenth of a second is heard before it is shown.
        if isFirst { _ = context.pause(milliseconds: 250) }
        isFirst = false
        let reading = microphone.reading.read()
        if isJSON {
            context.output(MicrophoneText.object(microphone).line)
        } else if context.isInteractive {
            context.console?.redraw(MicrophoneText.block(microphone, reading))
        } else {
            context.output("\(microphone.title): \(MicrophoneText.line(reading))")
        }
    }
}

/// Records until the time is over, a key, Ctrl-C, or the end of the firmware: the file appears whole.
private func recordSound(_ context: Context, _ listening: Listening, path: String, seconds: Int?, isJSON: Bool) throws(Failure) {
    let microphone = listening.microphone
    try listening.claim()
    let format = try listening.format(context)
    let before = microphone.reading.read(), droppedBefore = microphone.samples.dropped
    var recording = WaveRecording(rateHertz: format.rateHertz)
    let limit = min(seconds.map { $0 * format.rateHertz } ?? .max, WaveRecording.largestSamples)
    let end = endOfRecording(context, seconds: seconds)
    if !isJSON { context.output("recording to \(path)\(context.isInteractive ? "; any key ends" : "")") }
    let block = UnsafeMutableBufferPointer<Float>.allocate(capacity: 8192)
    defer { block.deallocate() }
    try File.writeAtomically(path) { (write) throws(Failure) in
        while !context.isCancelled, context.device?.isEnding != true, recording.samples < limit, monotonicNanoseconds() < end {
            if context.isInteractive, let console = context.console {
                if console.key(withinMilliseconds: 50) != nil { break }
            } else {
                _ = context.pause(milliseconds: 50)
            }
            while recording.samples < limit {
                let room = min(block.count, limit - recording.samples)
                let count = microphone.samples.pop(UnsafeMutableBufferPointer(rebasing: block[..<room]))
                guard count > 0 else { break }
                try recording.add(UnsafeBufferPointer(rebasing: block[..<count]), write)
            }
            if microphone.reading.read().format != format {
                throw Failure(.inputOutput, "\(microphone.title) came back with another format; nothing is recorded")
            }
        }
        try recording.writeHeader(write)
    }
    report(context, recording, microphone, before, path: path, lost: microphone.samples.dropped &- droppedBefore, isJSON: isJSON)
}

/// When a recording ends whatever it has: five seconds late where the microphone was gone for a while. Without a time of its own
/// a script on a console gets two seconds; a command line goes on until Ctrl-C.
private func endOfRecording(_ context: Context, seconds: Int?) -> Int64 {
    if let seconds { return monotonicNanoseconds() + Int64(seconds + 5) * 1_000_000_000 }
    return context.isScript ? monotonicNanoseconds() + 2_000_000_000 : .max
}

private func report(_ context: Context, _ recording: WaveRecording, _ microphone: MicrophoneLoop, _ before: MicrophoneReading,
                    path: String, lost: UInt32, isJSON: Bool) {
    let after = microphone.reading.read(), rate = after.format?.rateHertz ?? 1
    let seconds = Double(recording.samples) / Double(max(1, rate))
    let overruns = after.overruns &- before.overruns, losses = after.losses &- before.losses
    if isJSON {
        var object = JSONObject()
        object.set("file", path)
        object.set("seconds", seconds, decimals: 3)
        object.set("samples", recording.samples)
        object.set("rateHertz", rate)
        object.set("overruns", Int64(overruns))
        object.set("gone", Int64(losses))
        object.set("lost", Int64(lost))
        context.output(object.line)
        return
    }
    var text = "\(fixed(seconds, decimals: 2)) s at \(rate) Hz, \(megabytes(recording.bytes)) in \(path)"
    if overruns > 0 { text += "; overruns \(overruns)" }
    if losses > 0 { text += "; the microphone was gone \(losses) times" }
    if lost > 0 { text += "; \(lost) samples lost: storage was too slow" }
    context.output(text)
}
