import Configuration
import Engine
import ModelRuntime
import Platform
import Tasks
import Vision

let choose = Command(
    name: "choose", usage: "MODEL… | FAMILY --deadline TIME [options]",
    summary: "Measures models for a task on this machine: which fits a deadline, what each takes, and why not.",
    options: [
        OptionSpecification("--deadline", "TIME", "from a frame until its answer: 30ms, 0.5s"),
        OptionSpecification("--rate", "HZ", "frames a second (default: one after the other, each within the deadline)"),
        SharedOptions.models, SharedOptions.json,
    ],
    examples: ["swiftlet choose efficientnet-lite0 --deadline 30ms", "swiftlet choose best.nest smaller.nest --deadline 100ms --rate 5"]) {
        (context, arguments) throws(Failure) in
    guard let text = arguments.text("--deadline"), let deadline = parsedDuration(text), deadline > 0 else {
        throw Failure(.usage, "--deadline is needed: a time such as 30ms or 0.5s")
    }
    let rate = try arguments.number("--rate", in: 0.1...1000)
    guard !arguments.positional.isEmpty else { throw Failure(.usage, "choose needs a model, or the beginning of several models' names") }
    let period = rate.map { Int64(1e9 / Double($0)) } ?? deadline
    var choices: [ModelChoice] = []
    let paths = try variants(arguments, context)
    for path in paths where !context.isCancelled {
        do throws(Failure) {
            choices.append(try measure(path, context, period: period, deadline: deadline))
        } catch {
            context.report(error)
        }
    }
    // A family has no order of its own, and nests don't say how right they are: what takes longest comes first.
    if arguments.positional.count == 1 { choices.order { $0.time.median > $1.time.median } }
    let best = choices.firstIndex { $0.fits }
    for (index, choice) in choices.enumerated() {
        context.output(arguments.has("--json") ? choice.object(isChosen: index == best).line : choice.line(isChosen: index == best))
    }
    if best == nil, !arguments.has("--json") { context.output("none fits") }
}

/// The models of the command line; one name that is no model's stands for all whose names begin with it.
private func variants(_ arguments: Arguments, _ context: Context) throws(Failure) -> [String] {
    let folders = context.folders(arguments)
    guard arguments.positional.count == 1 else {
        var paths: [String] = []
        for name in arguments.positional { paths.append(try folders.path(of: name)) }
        return paths
    }
    let name = arguments.positional[0]
    if name.utf8.contains(UInt8(ascii: "/")) { return [name] }
    let family = folders.found.filter { modelName($0).utf8.starts(with: name.utf8) }
    return family.isEmpty ? [try folders.path(of: name)] : family
}

private func measure(_ path: String, _ context: Context, period: Int64, deadline: Int64) throws(Failure) -> ModelChoice {
    var request = ModelRequest(path: path)
    request.isPrivate = true
    let lease = try context.runtime.library.lease(request, for: context.modelUser, waits: false)
    defer { lease.end() }
    let picture = try PictureModel(lease.model), time = try PassTime(.picture(picture))
    let demand = TaskDemand(cost: time.median, period: period, deadline: deadline)
    return ModelChoice(name: lease.name, width: picture.input.width, height: picture.input.height, bytes: lease.model.memory.totalBytes,
                       time: time, demand: demand)
}

/// A model that was measured for a task.
private struct ModelChoice {
    var name: String
    var width: Int
    var height: Int
    var bytes: Int
    var time: PassTime
    var demand: TaskDemand

    var fits: Bool { Feasibility.holds([demand], reserve: ServiceLevels.reserve) }

    /// How many times as fast the processor would have to be.
    private var lack: Double {
        Double(demand.cost) / (Double(min(demand.deadline, demand.period)) * (1 - ServiceLevels.reserve))
    }

    private func verdict(_ isChosen: Bool) -> String {
        if isChosen { return "chosen" }
        return fits ? "fits" : "too slow: needs a processor \(fixed(lack, decimals: 1)) times as fast"
    }

    func line(isChosen: Bool) -> String {
        "\(padRight(name, 28)) \(padLeft("\(width)x\(height)", 9)) \(padLeft(megabytes(bytes), 9)) "
            + "\(padLeft(milliseconds(time.median, decimals: 2), 11)) \(padLeft(fixed(demand.use * 100, decimals: 0), 5)) %  "
            + verdict(isChosen)
    }

    func object(isChosen: Bool) -> JSONObject {
        var object = JSONObject()
        object.set("model", name)
        object.set("width", width)
        object.set("height", height)
        object.set("bytes", bytes)
        object.set("milliseconds", Double(time.median) / 1e6, decimals: 3)
        object.set("longestInstructionMilliseconds", Double(time.longestInstruction) / 1e6, decimals: 3)
        object.set("use", demand.use, decimals: 4)
        object.set("fits", fits)
        object.set("chosen", isChosen)
        return object
    }
}
