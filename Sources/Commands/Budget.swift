import Board
import BoardLinux
import Device
import ModelRuntime
import Platform

let budget = Command(
    name: "budget", usage: "[BYTES|none] [options]",
        summary: "Shows where memory goes, or sets what firmware and models together may take.",
    options: [SharedOptions.json], examples: ["budget", "budget 64M", "budget none"]) { (context, arguments) throws(Failure) in
    let device = try context.runningDevice(), library = context.runtime.library
    if let text = arguments.positional.first {
        let bytes = parsedByteCount(text)
        guard text == "none" || bytes != nil else {
            throw Failure(.usage, "budget \(text): a number of bytes such as 64M, or none, is expected")
        }
        for name in try library.setBudget(bytes) { device.log.write(.info, "\(name) is given back: the budget is smaller") }
    }
    let whole = library.budgetBytes, rows = library.rows, taken = library.takenBytes
    let resident = ProcessMemory.resident, own = ProcessMemory.anonymous, group = ControlGroupMemory.read()
    if arguments.has("--json") {
        var object = JSONObject()
        object.set("residentBytes", resident)
        object.set("anonymousBytes", own)
        object.set("peakBytes", ProcessMemory.peak)
        object.set("takenBytes", taken)
        if let whole { object.set("budgetBytes", whole) }
        if let current = group?.currentBytes { object.set("groupBytes", current) }
        if let limit = group?.limitBytes { object.set("groupLimitBytes", limit) }
        if let group { object.set("timesAtGroupLimit", group.timesAtLimit) }
        if let pressure = device.board.memoryPressure() { object.set("memoryPressure", Double(pressure), decimals: 4) }
        if let reading = context.tasks?.recordReading { object.set("recordBytes", reading.memoryBytes) }
        object.set("models", rows.map { $0.json })
        context.output(object.line)
        return
    }
    let left = whole.map { "; \(megabytes(max(0, $0 - taken))) left for models" } ?? ""
    context.output("budget     \(whole.map { megabytes($0) } ?? "none")\(left)")
    context.output("resident   \(megabytes(resident)): \(megabytes(own)) of its own, \(megabytes(max(0, resident - own))) of files "
                   + "(program, weights); at most \(megabytes(ProcessMemory.peak)) so far")
    if let reading = context.tasks?.recordReading {
        context.output("records    \(megabytes(reading.memoryBytes)) hold what was before an event")
    }
    for row in rows { context.output(row.line) }
    if let group, let current = group.currentBytes {
        context.output("group      \(megabytes(current)) of \(group.limitBytes.map { megabytes($0) } ?? "no limit"); at its limit "
                       + "\(group.timesAtLimit) times, \(group.killed) killed")
    }
    if let pressure = device.board.memoryPressure() {
        context.output("pressure   \(fixed(pressure * 100, decimals: 1)) % of the last ten seconds were spent waiting for memory")
    }
}
