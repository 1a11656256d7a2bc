import BoardLinux
import Platform

let budget = Command(
    name: "budget", usage: "[BYTES|none] [options]", summary: "Shows where memory goes, or sets what firmware and models together may take.",
    options: [SharedOptions.json], examples: ["budget", "budget 64M", "budget none"]) { (context, arguments) throws(Failure) in
    let device = try context.runningDevice()
    if let text = arguments.positional.first {
        let bytes = parsedByteCount(text)
        guard text == "none" || bytes != nil else { throw Failure(.usage, "budget \(text): a number of bytes such as 64M, or none, is expected") }
        if let bytes, bytes < ProcessMemory.resident {
            throw Failure(.budget, "the firmware takes \(megabytes(ProcessMemory.resident)) already: a budget of \(megabytes(bytes)) can't be kept")
        }
        device.lock.lock()
        device.memoryBudgetBytes = bytes
        device.lock.unlock()
    }
    device.lock.lock()
    let whole = device.memoryBudgetBytes
    device.lock.unlock()
    let resident = ProcessMemory.resident, own = ProcessMemory.anonymous, group = ControlGroupMemory.read()
    if arguments.has("--json") {
        var object = JSONObject()
        object.set("residentBytes", resident)
        object.set("anonymousBytes", own)
        object.set("peakBytes", ProcessMemory.peak)
        if let whole { object.set("budgetBytes", whole) }
        if let current = group?.currentBytes { object.set("groupBytes", current) }
        if let limit = group?.limitBytes { object.set("groupLimitBytes", limit) }
        if let group { object.set("timesAtGroupLimit", group.timesAtLimit) }
        if let pressure = device.board.memoryPressure() { object.set("memoryPressure", Double(pressure), decimals: 4) }
        context.output(object.line)
        return
    }
    context.output("budget     \(whole.map { megabytes($0) } ?? "none")\(whole.map { "; \(megabytes(max(0, $0 - resident))) left for models" } ?? "")")
    context.output("resident   \(megabytes(resident)): \(megabytes(own)) of its own, \(megabytes(max(0, resident - own))) of files (program, weights); at most \(megabytes(ProcessMemory.peak)) so far")
    if let group, let current = group.currentBytes {
        context.output("group      \(megabytes(current)) of \(group.limitBytes.map { megabytes($0) } ?? "no limit"); at its limit \(group.timesAtLimit) times, \(group.killed) killed")
    }
    if let pressure = device.board.memoryPressure() { context.output("pressure   \(fixed(pressure * 100, decimals: 1)) % of the last ten seconds were spent waiting for memory") }
}
