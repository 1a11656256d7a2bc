import Device
import ModelRuntime
import Platform
import Pose

let pose = Command(
    name: "pose", usage: "[LOG] [options]",
        summary: "Attitude, bias, rest, disturbance and gestures: of a recorded log, or live on the console.",
    options: [
        OptionSpecification("--rate", "HZ", "samples a second of a log without times"),
        OptionSpecification("--6d", "leave the magnetometer out"),
        OptionSpecification("--network", "MODEL",
                            "fuse with an attitude network: its vertical with a weight of 0.2 (riann, of `make models`)"),
        OptionSpecification("--offline", "forwards and backwards over the whole log: better, not live"),
        OptionSpecification("--predict", "MS", "also say the attitude so far ahead (1 to 100), and how well that came true"),
        OptionSpecification("--reference", "COLUMNS", "true attitude's columns w,x,y,z[,moving] or their prefix: print errors"),
        OptionSpecification("--plot", "SVG", "draw angles, errors, bias and flags over time"),
        OptionSpecification("--every", "N", "print every Nth sample; 0 for none (default: 1; 0 with --reference or --plot)"),
        OptionSpecification("--seconds", "N", "live: for so long (default: until a key is pressed; 2 in a script)"),
        SharedOptions.json, SharedOptions.models,
    ],
    examples: ["swiftlet pose walk.csv > attitude.csv", "swiftlet pose walk.csv --network riann > attitude.csv",
               "swiftlet pose trial.npy --rate 285.7 --reference ref --plot trial.svg",
               "swiftlet pose walk.csv --predict 20 --every 0", "pose"]) { (context, arguments) throws(Failure) in
    if context.device != nil, arguments.positional.isEmpty || arguments.positional.count == 1 && !File.exists(arguments.positional[0]) {
        try showLivePose(context, arguments)
        return
    }
    guard arguments.positional.count == 1 else { throw Failure(.usage, "pose needs one log: a CSV or NPY file, or a recording") }
    let path = arguments.positional[0]
    var options = PoseReplayOptions()
    options.is6D = arguments.has("--6d")
    options.isOffline = arguments.has("--offline")
    if let text = arguments.text("--rate") {
        guard let rate = number(text), rate >= 1, rate <= 100_000 else {
            throw Failure(.usage, "--rate \(text): samples a second, from 1 to 100000, are expected")
        }
        options.rateHertz = Float(rate)
    }
    if let text = arguments.text("--predict") {
        guard let milliseconds = number(text), milliseconds >= 1, milliseconds <= 100 else {
            throw Failure(.usage, "--predict \(text): milliseconds from 1 to 100 are expected")
        }
        options.predictionSeconds = Float(milliseconds / 1000)
    }
    if let text = arguments.text("--reference") {
        options.reference = text.utf8.split(separator: 44).map { String(decoding: Array($0), as: UTF8.self) }
    }
    let isQuiet = arguments.has("--reference") || arguments.has("--plot")
    let every = try arguments.integer("--every", in: 0...1_000_000_000) ?? (isQuiet ? 0 : 1)
    let json = arguments.has("--json")

    let networkName = arguments.text("--network")
    var network: EngineNetwork?, lease: ModelLease?
    defer { lease?.end() }
    if let networkName {
        var request = try context.request(networkName, arguments)
        // One sample's work is too little to share.
        request.threads = 1
        let used = try context.runtime.library.lease(request, for: context.modelUser)
        lease = used
        network = try EngineNetwork(used.model)
    }
    var replay = try PoseReplay(path: path, options: options, network: network)
    var plot = arguments.has("--plot") ? PosePlot(title: plotTitle(path, replay, options, network: networkName),
                                                  hasReference: replay.hasReference) : nil
    if every > 0, !json { context.output(PoseText.header(predicts: options.predictionSeconds != nil)) }
    var held: Gestures = []
    while !context.isCancelled, let record = try replay.next() {
        held.formUnion(record.gestures)
        if every > 0, (replay.samples - 1) % every == 0 {
            context.output(json ? PoseText.object(record, gestures: held).line : PoseText.row(record, gestures: held))
            held = []
        }
        plot?.add(time: record.timeSeconds, attitude: record.attitude, totalError: record.error?.total ?? .nan,
                  inclinationError: record.error?.inclination ?? .nan, bias: record.bias, isResting: record.isResting,
                      isDisturbed: record.isDisturbed)
    }
    if let note = replay.note { context.errors(ShownText.line("swiftlet: \(note)")) }
    if let warning = replay.warning { context.errors(ShownText.line("swiftlet: \(path): warning: \(warning)")) }
    guard replay.samples > 0 else { throw Failure(.badFormat, "\(path) has a header but no samples") }
    if let plot, let file = arguments.text("--plot") { try File.writeAtomically(file, Array(plot.svg.utf8)) }
    summarise(path, replay, options, network: networkName, rows: every > 0, json: json, context: context)
}

private func number(_ text: String) -> Double? {
    guard let value = Array(text.utf8).withUnsafeBytes({ DecimalParser.parse($0) }), value.isFinite else { return nil }
    return value
}

private func plotTitle(_ path: String, _ replay: PoseReplay, _ options: PoseReplayOptions, network: String?) -> String {
    let bytes = Array(path.utf8)
    let start = bytes.lastIndex(of: 47).map { $0 + 1 } ?? 0
    return String(decoding: bytes[start...], as: UTF8.self) + (replay.usesMagnetometer ? ", 9D" : ", 6D")
        + (options.isOffline ? ", offline" : "")
        + (network.map { ", with \($0)" } ?? "")
}

/// What the whole log came to. After rows of CSV as comments, so that the output stays one table.
private func summarise(_ path: String, _ replay: PoseReplay, _ options: PoseReplayOptions, network: String?, rows: Bool, json: Bool,
                       context: Context) {
    let plain = replay.errors.summary(aligned: false), aligned = replay.errors.summary(aligned: true)
    let prediction = replay.predictionErrors.summary(aligned: false)
    let counters = replay.counters
    if json {
        var object = JSONObject()
        object.set("log", path)
        object.set("samples", replay.samples)
        object.set("mode", replay.usesMagnetometer ? "9D" : "6D")
        if let network { object.set("network", network) }
        if replay.hasReference {
            object.set("rmse_deg", errorObject(plain))
            object.set("rmse_aligned_deg", errorObject(aligned))
            object.set("compared", plain.samples)
        }
        if options.predictionSeconds != nil { object.set("prediction_rmse_deg", prediction.total, decimals: 4) }
        object.set("bad_samples", Int64(counters.badSamples))
        object.set("bad_times", Int64(counters.badIntervals))
        object.set("gaps", Int64(counters.gaps))
        object.set("clock_set_back", Int64(replay.clockJumps.back))
        object.set("clock_set_forward", Int64(replay.clockJumps.forward))
        object.set("saturated", Int64(counters.saturations))
        context.output(object.line)
        return
    }
    let mark = rows ? "# " : ""
    context.output("\(mark)\(path): \(replay.samples) samples, "
                   + "\(replay.usesMagnetometer ? "9D" : "6D")\(network.map { ", with \($0)" } ?? "")")
    if replay.hasReference {
        context.output("\(mark)error against reference, RMS over \(plain.samples) samples in motion:  total "
                       + "\(fixed(plain.total, decimals: 3))°  heading \(fixed(plain.heading, decimals: 3))°  inclination "
                           + "\(fixed(plain.inclination, decimals: 3))°")
        context.output("\(mark)with the best constant heading offset:  total \(fixed(aligned.total, decimals: 3))°  heading "
                       + "\(fixed(aligned.heading, decimals: 3))°")
    }
    if let ahead = options.predictionSeconds {
        context.output("\(mark)prediction \(fixed(ahead * 1000, decimals: 0)) ms ahead, in motion: RMS "
                       + "\(fixed(prediction.total, decimals: 3))° over \(prediction.samples) samples")
    }
    if counters != PoseCounters() {
        context.output("\(mark)left out: \(counters.badSamples) bad readings, \(counters.badIntervals) repeated or reversed times; "
                       + "\(counters.gaps) gaps, \(counters.saturations) saturated")
    }
    let jumps = replay.clockJumps
    if jumps.back > 0 { context.output("\(mark)clock set back: \(jumps.back)") }
    if jumps.forward > 0 { context.output("\(mark)clock set forward, or pauses that no motion can be followed through: \(jumps.forward)") }
}

private func errorObject(_ summary: AttitudeError.Summary) -> JSONObject {
    var object = JSONObject()
    object.set("total", summary.total, decimals: 4)
    object.set("heading", summary.heading, decimals: 4)
    object.set("inclination", summary.inclination, decimals: 4)
    return object
}
