import Configuration
import ModelRuntime
import Nest
import Platform

let energy = Command(
    name: "energy", usage: "MODEL [options]",
    summary: "Tells what a model's memory would take on a board with another kind of it, by layer: an estimate from published numbers.",
    options: [
        OptionSpecification("--memory", "NAME", "what the model lies in: ddr3, lpddr4 (default), lpddr5, stacked or mram"),
        OptionSpecification("--rate", "N", "runs, frames or tokens a second, for standby and battery (default 1)"),
        OptionSpecification("--capacity", "BYTES", "of the board's memory, for its standby (default 1G; mram: what the model needs)"),
        OptionSpecification("--cache", "BYTES", "what the processor keeps by itself (default 1Mi)"),
        OptionSpecification("--batch", "N", "the program with this batch size"),
        OptionSpecification("--per-layer", "every instruction's bytes and energy"),
        Battery.option,
        OptionSpecification("--board-watts", "N", "what the rest of the board takes, for the battery (default 0)"),
        SharedOptions.models, SharedOptions.json,
    ],
    examples: ["swiftlet energy efficientnet-lite0", "swiftlet energy smollm2 --memory mram --rate 10 --per-layer",
               "swiftlet energy yolox-nano --memory lpddr5 --rate 30 --battery 10Wh --board-watts 2.5"]) {
        (context, arguments) throws(Failure) in
    guard arguments.positional.count == 1 else { throw Failure(.usage, "energy needs one model") }
    let table = try EnergyTable(context, arguments)
    if arguments.has("--json") {
        context.output(table.object.line)
    } else {
        for line in table.lines { context.output(line) }
    }
}

/// What moving a model's bytes takes in one kind of memory, and in a chip that keeps the weights by itself.
struct EnergyTable {
    /// The second level of a Raspberry Pi 4's processor.
    static let usualCacheBytes: Int64 = 1 << 20

    private let nest: NestReader
    private let program: Program
    private let traffic: MemoryTraffic
    private let memory: MemoryTechnology
    private let name: String
    private let unit: String
    private let cacheBytes: Int64
    private let capacityBytes: Int64
    private let rate: Double
    private let battery: Double?
    private let boardWatts: Double
    private let showsLayers: Bool

    init(_ context: Context, _ arguments: Arguments) throws(Failure) {
        name = arguments.positional[0]
        nest = try NestReader.open(try context.folders(arguments).path(of: name))
        let batch = try arguments.integer("--batch", in: 1...1024)
        guard let program = nest.programs.first(where: { batch == nil || Int($0.batch) == batch }) else {
            throw Failure(.usage, "\(name) has no program with this batch size")
        }
        self.program = program
        let word = arguments.text("--memory") ?? "lpddr4"
        guard let memory = MemoryTechnology.named(word) else {
            var names: [String] = []
            for each in MemoryTechnology.all { names.append(each.name) }
            throw Failure(.usage, "--memory \(word): \(listed(names)) is expected")
        }
        self.memory = memory
        let isTokenwise = nest.metadata("task") == "generate"
        unit = isTokenwise ? "token" : "run"
        cacheBytes = Int64(try arguments.byteCount("--cache") ?? Int(Self.usualCacheBytes))
        traffic = MemoryTraffic(program, isTokenwise: isTokenwise, cacheBytes: cacheBytes)
        var weights: Int64 = 0
        for chunk in nest.chunks { weights += Int64(chunk.length) }
        capacityBytes = try arguments.byteCount("--capacity").map { Int64($0) }
            ?? (memory.isOnChip ? weights + program.arenaBytes : 1_000_000_000)
        rate = Double(try arguments.number("--rate", in: 0.001...10_000) ?? 1)
        battery = try Battery.joules(arguments)
        boardWatts = Double(try arguments.number("--board-watts", in: 0...1000) ?? 0)
        showsLayers = arguments.has("--per-layer")
    }

    private func joules(_ bytes: Int64, _ memory: MemoryTechnology) -> Double { Double(bytes) * memory.picojoulesPerByte * 1e-12 }

    /// Of a run's bytes, all in the chosen memory.
    private var movingJoules: Double { joules(traffic.totalBytes, memory) }
    private var standbyWatts: Double? {
        memory.standbyMilliwattsPerGigabyte.map { $0 * 1e-3 * Double(capacityBytes) / 1e9 }
    }
    private var watts: Double { movingJoules * rate + (standbyWatts ?? 0) }

    /// Weights in the chip's own memory, everything else where it is.
    private var keptJoules: Double? {
        guard !memory.isOnChip, let chip = MemoryTechnology.all.first(where: { $0.isOnChip }) else { return nil }
        return joules(traffic.weightBytes, chip) + joules(traffic.activationBytes, memory)
    }

    var lines: [String] {
        var lines = [
            "\(name): an estimate from published numbers, of memory alone (what computing takes is not in it)",
            "  memory    \(memory.title), \(fixed(memory.picojoulesPerByte, decimals: 1)) pJ a byte (\(memory.source))",
        ]
        if traffic.fitsCache {
            lines.append("  moves     nothing: model and arena fit the cache of \(megabytes(cacheBytes))")
        } else {
            lines.append("  moves     \(megabytes(traffic.weightBytes)) of weights and \(megabytes(traffic.activationBytes)) of "
                         + "activations a \(unit) (what layers hand on within the cache of \(megabytes(cacheBytes)) stays there)")
        }
        lines.append("  energy    \(PowerText.joules(movingJoules)) a \(unit): weights "
                     + "\(PowerText.joules(joules(traffic.weightBytes, memory))), activations "
                     + "\(PowerText.joules(joules(traffic.activationBytes, memory)))")
        if let standbyWatts {
            lines.append("  standby   \(PowerText.watts(standbyWatts)) for \(megabytes(capacityBytes)); with "
                         + "\(fixed(rate, decimals: 2)) a second \(PowerText.watts(watts)) in all")
        } else {
            lines.append("  standby   not in the publications here; \(fixed(rate, decimals: 2)) a second move \(PowerText.watts(watts))")
        }
        if let kept = keptJoules, movingJoules > 0 {
            lines.append("  on chip   weights that never leave it (MRAM): \(PowerText.joules(kept)) a \(unit), "
                         + "\(fixed((1 - kept / movingJoules) * 100, decimals: 0)) % less; they pay where weights are most of what "
                         + "moves, \(payingLayers) of \(program.instructions.count) instructions\(showsLayers ? " (*)" : "")")
        }
        if let battery {
            let all = watts + boardWatts
            lines.append("  battery   \(Battery.duration(battery, watts: all)) at \(PowerText.watts(all)), "
                         + "\(boardWatts > 0 ? "the board's \(PowerText.watts(boardWatts)) in it" : "memory alone: see --board-watts")")
        }
        if showsLayers { lines += layerLines }
        return lines
    }

    /// Instructions whose weights are most of what they move.
    private var payingLayers: Int {
        var count = 0
        for layer in traffic.layers where pays(layer) { count += 1 }
        return count
    }

    private func pays(_ layer: MemoryTraffic.Layer) -> Bool { layer.weightBytes > layer.activationBytes }

    private var layerLines: [String] {
        var lines = ["    #      weights  activations           energy  operation"]
        for (index, layer) in traffic.layers.enumerated() {
            let instruction = program.instructions[index]
            lines.append("\(padLeft("\(index)", 5))\(pays(layer) ? "*" : " ") \(padLeft(megabytes(layer.weightBytes), 11)) "
                         + "\(padLeft(megabytes(layer.activationBytes), 12)) "
                         + "\(padLeft(PowerText.joules(joules(layer.weightBytes + layer.activationBytes, memory)), 16))  "
                         + "\(padRight(instruction.opcode.title, 20)) \(shortName(nest.string(instruction.name)))")
        }
        return lines
    }

    var object: JSONObject {
        var object = JSONObject()
        object.set("model", name)
        object.set("memory", memory.name)
        object.set("picojoulesPerByte", memory.picojoulesPerByte, decimals: 2)
        object.set("source", memory.source)
        object.set("estimate", true)
        object.set("unit", unit)
        object.set("weightBytes", traffic.weightBytes)
        object.set("activationBytes", traffic.activationBytes)
        object.set("joules", movingJoules, decimals: 9)
        object.set("standbyWatts", standbyWatts ?? .nan, decimals: 6)
        object.set("watts", watts, decimals: 6)
        if let keptJoules { object.set("onChipJoules", keptJoules, decimals: 9) }
        if let battery { object.set("batterySeconds", watts + boardWatts > 0 ? battery / (watts + boardWatts) : .infinity, decimals: 0) }
        guard showsLayers else { return object }
        var layers: [JSONObject] = []
        for (index, layer) in traffic.layers.enumerated() {
            var entry = JSONObject()
            entry.set("operation", program.instructions[index].opcode.title)
            entry.set("name", nest.string(program.instructions[index].name))
            entry.set("weightBytes", layer.weightBytes)
            entry.set("activationBytes", layer.activationBytes)
            entry.set("joules", joules(layer.weightBytes + layer.activationBytes, memory), decimals: 9)
            layers.append(entry)
        }
        object.set("layers", layers)
        return object
    }
}
