import Engine
import ModelRuntime
import Nest
import Platform

let bench = Command(
    name: "bench", usage: "MODEL [options]", summary: "Measures a model: time, memory, and where they go.",
    options: [OptionSpecification("--runs", "N", "runs measured (default 50)"),
              OptionSpecification("--per-layer", "time of every instruction"),
              OptionSpecification("--energy", "joules of a run, by a power monitor, the system's sensors or counters, or an estimate"),
              OptionSpecification("--batch", "N", "the program with this batch size")] + EnergySource.options
                  + SharedOptions.loading + [SharedOptions.json],
    examples: ["swiftlet bench efficientnet-lite0 --threads 1", "swiftlet bench yolox-nano --per-layer --runs 20"]) {
        (context, arguments) throws(Failure) in
    guard arguments.positional.count == 1 else { throw Failure(.usage, "bench needs one model") }
    let runs = try arguments.integer("--runs", in: 1...1_000_000) ?? 50
    let batch = try arguments.integer("--batch", in: 1...1024)
    var request = try context.request(arguments.positional[0], arguments)
    request.batch = batch
    // Loading is measured too.
    request.isPrivate = true
    let energy = arguments.has("--energy") ? try EnergySource(context, arguments) : nil
    let before = ProcessMemory.resident
    let loadStart = monotonicNanoseconds()
    let lease = try context.runtime.library.lease(request, for: context.modelUser)
    defer { lease.end() }
    let loadNanoseconds = monotonicNanoseconds() - loadStart
    var measured = BenchResult(model: lease.model, runs: runs)
    try measured.measure(perLayer: arguments.has("--per-layer"), isCancelled: { context.isCancelled })
    if let energy { try measured.measure(energy, isCancelled: { context.isCancelled }) }
    if context.isCancelled { return }
    measured.loadNanoseconds = loadNanoseconds
    measured.grownBytes = max(0, ProcessMemory.resident - before)
    measured.kernels = lease.kernels
    measured.threads = lease.threads
    if arguments.has("--json") {
        context.output(measured.json(arguments.positional[0]).line)
    } else {
        for line in measured.lines(arguments.positional[0]) { context.output(line) }
    }
}

/// Times of a model's runs and of its instructions.
struct BenchResult {
    private let model: Model
    private let runs: Int
    var kernels = ""
    var threads = 1
    var loadNanoseconds: Int64 = 0
    /// How much larger the process became by loading and running.
    var grownBytes = 0
    private var firstNanoseconds: Int64 = 0
    private var times: [Int64] = []
    /// Sum over all runs, by instruction; empty unless asked for.
    private var layerTimes: [Int64] = []
    /// Of more runs, and how many; nil: not asked for.
    private var energy: (result: EnergySource.Result, runs: Int)?
    /// What each input holds before every run.
    private let noise: [[UInt8]]

    init(model: Model, runs: Int) {
        self.model = model
        self.runs = runs
        noise = (0..<model.inputCount).map { Self.noise(bytes: model.input($0).count, isFloat: model.inputRecord($0).type == .float32) }
    }

    mutating func measure(perLayer: Bool, isCancelled: () -> Bool) throws(Failure) {
        fillInputs()
        let start = monotonicNanoseconds()
        try model.run()
        firstNanoseconds = monotonicNanoseconds() - start
        times.reserveCapacity(runs)
        for _ in 0..<runs where !isCancelled() {
            fillInputs()
            let start = monotonicNanoseconds()
            try model.run()
            times.append(monotonicNanoseconds() - start)
        }
        times.order(by: <)
        guard perLayer else { return }
        // Apart from the runs above, so that reading the clock doesn't count in them.
        var sums = [Int64](repeating: 0, count: model.program.instructions.count)
        for _ in 0..<runs where !isCancelled() {
            fillInputs()
            var last = monotonicNanoseconds()
            try model.run { index in
                let now = monotonicNanoseconds()
                sums[index] += now - last
                last = now
            }
        }
        layerTimes = sums
    }

    /// Runs for two seconds and more, so that a power monitor has some twenty values of them.
    mutating func measure(_ source: EnergySource, isCancelled: () -> Bool) throws(Failure) {
        let traffic = MemoryTraffic(model.program, isTokenwise: false, cacheBytes: EnergyTable.usualCacheBytes)
        var count = 0
        let end = monotonicNanoseconds() + 2_000_000_000
        source.begin()
        while count < runs || monotonicNanoseconds() < end {
            guard !isCancelled() else { return }
            fillInputs()
            try model.run()
            count += 1
            source.look()
        }
        energy = (try source.end(bytes: Double(traffic.totalBytes) * Double(count)), count)
    }

    /// The same noise before every run, for a run may overwrite its inputs; zeros would flatter kernels and the memory.
    private func fillInputs() {
        for index in 0..<model.inputCount { model.input(index).copyBytes(from: noise[index]) }
    }

    private static func noise(bytes count: Int, isFloat: Bool) -> [UInt8] {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        guard isFloat else { return (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { bytes in
            for element in 0..<count / 4 {
                bytes.storeBytes(of: Float(Int32(truncatingIfNeeded: next()) % 1000) / 1000, toByteOffset: element * 4, as: Float.self)
            }
        }
        return bytes
    }

    private func quantile(_ fraction: Double) -> Int64 { times[min(times.count - 1, Int(Double(times.count) * fraction))] }

    func lines(_ name: String) -> [String] {
        let memory = model.memory
        var lines = [
            "\(name): kernels \(kernels), \(threads) thread\(threads == 1 ? "" : "s"), \(runs) runs",
            "  time      min \(milliseconds(times[0])), median \(milliseconds(quantile(0.5))), p95 \(milliseconds(quantile(0.95)))",
            "  start     load \(milliseconds(loadNanoseconds)), first run \(milliseconds(firstNanoseconds))",
            "  memory    arena \(megabytes(memory.arenaBytes)), scratch \(megabytes(memory.scratchBytes)), weights "
                + "\(megabytes(memory.residentWeightBytes)) resident"
                + (memory.streamedWeightBytes > 0
                   ? ", \(megabytes(memory.streamedWeightBytes)) streamed through \(megabytes(memory.windowBytes))" : ""),
            "            weights in physical memory \(megabytes(model.residentWeightBytes)), process grew by \(megabytes(grownBytes))",
        ]
        if let energy { lines.append("  energy    \(energy.result.line(runs: energy.runs))") }
        if layerTimes.isEmpty { return lines }
        var total: Int64 = 0
        for time in layerTimes { total += time }
        lines.append("    #  microseconds      %  operation")
        for (index, instruction) in model.program.instructions.enumerated() {
            let mean = Double(layerTimes[index]) / 1e3 / Double(runs)
            let share = total > 0 ? Double(layerTimes[index]) * 100 / Double(total) : 0
            lines.append("\(padLeft("\(index)", 5))  \(padLeft(fixed(mean, decimals: 1), 12))  \(padLeft(fixed(share, decimals: 1), 5))  "
                + "\(padRight(instruction.opcode.title, 20)) \(shape(instruction.outputs.0))  "
                    + "\(shortName(model.name(ofInstruction: index)))")
        }
        lines.append("       \(padLeft(fixed(Double(total) / 1e3 / Double(runs), decimals: 1), 10))  100.0  all")
        return lines
    }

    private func shape(_ tensor: Int32) -> String {
        guard tensor != noTensor else { return "" }
        let record = model.program.tensors[Int(tensor)]
        return padRight("\(record.batch)x\(record.height)x\(record.width)x\(record.channels)", 16)
    }

    func json(_ name: String) -> JSONObject {
        var object = JSONObject()
        object.set("model", name)
        object.set("kernels", kernels)
        object.set("threads", threads)
        object.set("runs", runs)
        var time = JSONObject()
        time.set("min", Double(times[0]) / 1e6, decimals: 4)
        time.set("median", Double(quantile(0.5)) / 1e6, decimals: 4)
        time.set("p95", Double(quantile(0.95)) / 1e6, decimals: 4)
        time.set("load", Double(loadNanoseconds) / 1e6, decimals: 4)
        time.set("first", Double(firstNanoseconds) / 1e6, decimals: 4)
        object.set("milliseconds", time)
        let memory = model.memory
        var bytes = JSONObject()
        bytes.set("arena", memory.arenaBytes)
        bytes.set("scratch", memory.scratchBytes)
        bytes.set("residentWeights", memory.residentWeightBytes)
        bytes.set("streamedWeights", memory.streamedWeightBytes)
        bytes.set("window", memory.windowBytes)
        bytes.set("physicalWeights", model.residentWeightBytes)
        bytes.set("processGrowth", grownBytes)
        bytes.set("processPeak", ProcessMemory.peak)
        object.set("bytes", bytes)
        if let energy { object.set("energy", energy.result.object(runs: energy.runs)) }
        if layerTimes.isEmpty { return object }
        var layers: [JSONObject] = []
        for (index, instruction) in model.program.instructions.enumerated() {
            var layer = JSONObject()
            layer.set("operation", instruction.opcode.title)
            layer.set("name", model.name(ofInstruction: index))
            layer.set("microseconds", Double(layerTimes[index]) / 1e3 / Double(runs), decimals: 2)
            layers.append(layer)
        }
        object.set("layers", layers)
        return object
    }
}
