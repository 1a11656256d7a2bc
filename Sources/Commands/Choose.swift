import Configuration
import Engine
import ModelRuntime
import Platform
import Tasks
import Vision

let choose = Command(
    name: "choose", usage: "MODEL… | FAMILY --deadline TIME [options]",
    summary: "Measures models for a task on this machine: the best that fits a deadline and a power, what each takes, and why not.",
    options: [
        OptionSpecification("--deadline", "TIME", "from a frame until its answer: 30ms, 0.5s"),
        OptionSpecification("--rate", "HZ", "frames or windows a second (default: one after the other, each within the deadline)"),
        OptionSpecification("--power", "WATT", "at most, while it works at that rate, by what measures power or an estimate"),
    ] + EnergySource.options + [SharedOptions.models, SharedOptions.json],
    examples: ["swiftlet choose efficientnet-lite0 --deadline 30ms", "swiftlet choose best.nest smaller.nest --deadline 100ms --rate 5",
               "swiftlet choose activity --deadline 200ms --rate 5 --power 1.5"]) {
        (context, arguments) throws(Failure) in
    guard let text = arguments.text("--deadline"), let deadline = parsedDuration(text), deadline > 0 else {
        throw Failure(.usage, "--deadline is needed: a time such as 30ms or 0.5s")
    }
    let rate = try arguments.number("--rate", in: 0.1...1000)
    let watts = try arguments.number("--power", in: 0.001...1000)
    guard !arguments.positional.isEmpty else { throw Failure(.usage, "choose needs a model, or the beginning of several models' names") }
    let period = rate.map { Int64(1e9 / Double($0)) }
    let energy = watts == nil ? nil : try EnergySource(context, arguments)
    var choices: [ModelChoice] = []
    let paths = try variants(arguments, context)
    for path in paths where !context.isCancelled {
        do throws(Failure) {
            var choice = try measure(path, context, period: period, deadline: deadline, energy)
            choice.wattsLimit = watts.map { Double($0) }
            choices.append(choice)
        } catch {
            context.report(error)
        }
    }
    if arguments.positional.count == 1 { sort(&choices) }
    let best = choices.firstIndex { $0.fits }
    for (index, choice) in choices.enumerated() {
        context.output(arguments.has("--json") ? choice.object(isChosen: index == best).line : choice.line(isChosen: index == best))
    }
    if best == nil, !arguments.has("--json") { context.output("none fits") }
}

/// The best of a family first: by how right they are where all of their nests say it. Otherwise what takes longest comes first.
private func sort(_ choices: inout [ModelChoice]) {
    if choices.allSatisfy({ $0.accuracy != nil }) {
        choices.order { ($0.accuracy ?? 0, $1.time.median) > ($1.accuracy ?? 0, $0.time.median) }
    } else {
        choices.order { $0.time.median > $1.time.median }
    }
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

/// - Parameter period: nanoseconds between two passes; nil: one after the other.
private func measure(_ path: String, _ context: Context, period: Int64?, deadline: Int64,
                     _ energy: EnergySource?) throws(Failure) -> ModelChoice {
    var request = ModelRequest(path: path)
    request.isPrivate = true
    let lease = try context.runtime.library.lease(request, for: context.modelUser, waits: false)
    defer { lease.end() }
    let model = try TaskModel(lease.model), time = try PassTime(model, period: period ?? 0)
    let demand = TaskDemand(cost: time.median, period: period ?? deadline, deadline: deadline)
    var choice = ModelChoice(name: lease.name, input: model.inputTitle, bytes: lease.model.memory.totalBytes, time: time, demand: demand)
    if case .picture(let picture) = model { choice.size = (picture.input.width, picture.input.height) }
    choice.accuracy = lease.model.metadata("measured.accuracy").flatMap { decimal($0) }.map { Double($0) }
    if let energy { choice.power = try work(model, energy, period: period ?? 0, context) }
    return choice
}

/// Two seconds of passes at the task's pace, and ten of them at least: so that a power monitor has some twenty values.
private func work(_ model: TaskModel, _ energy: EnergySource, period: Int64, _ context: Context) throws(Failure)
    -> (result: EnergySource.Result, runs: Int) {
    let traffic = MemoryTraffic(model.model.program, isTokenwise: false, cacheBytes: EnergyTable.usualCacheBytes)
    energy.begin()
    let start = monotonicNanoseconds()
    var runs = 0
    while (runs < 10 || monotonicNanoseconds() - start < 2_000_000_000) && !context.isCancelled {
        _ = try model.run(observe: {})
        runs += 1
        // A long rest is cut: a counter that runs over is looked at in time.
        while monotonicNanoseconds() < start + period * Int64(runs), context.pause(milliseconds: 10) { energy.look() }
        energy.look()
    }
    return (try energy.end(bytes: Double(traffic.totalBytes) * Double(runs)), runs)
}
