import Board
import BoardLinux
import Device
import Platform
import Tasks

let governor = Command(
    name: "governor", usage: "[NAME | deadlines | speed MEGAHERTZ | restore] [options]",
    summary: "Shows or sets how the processors' frequency is chosen, by the kernel or by the tasks' deadlines; what it was is put "
        + "back at the end.",
    options: [OptionSpecification("--policy", "NAME", "only this one, such as policy0"), SharedOptions.json],
    examples: ["governor", "governor deadlines", "governor performance", "governor speed 1200", "governor restore"]) {
    (context, arguments) throws(Failure) in
    let json = arguments.has("--json")
    guard let device = context.device else {
        // Without the firmware a change would end with this command; undoing one that a killed firmware left does not.
        guard arguments.positional.first == "restore" else {
            throw Failure(.usage, "this is a command of the console; without it only `governor restore`")
        }
        for line in try FrequencyRestore.restoreFromFile() { context.output(line) }
        return
    }
    _ = try context.runningDevice()
    var policies = device.policies
    if let name = arguments.text("--policy") {
        policies = policies.filter { $0.name == name }
        guard !policies.isEmpty else {
            throw Failure(.usage, "--policy \(name): there is \(device.policies.map { $0.name }.joinedByCommas)")
        }
    }
    guard !policies.isEmpty else { throw Failure(.unsupported, "this kernel has no cpufreq: nothing chooses the frequency") }
    device.lock.lock()
    defer { device.lock.unlock() }
    let wanted = arguments.positional.first
    if wanted == FrequencyHands.name {
        guard arguments.positional.count == 1, arguments.text("--policy") == nil else {
            throw Failure(.usage, "governor \(FrequencyHands.name) takes all policies; nothing more is expected")
        }
        try engage(device, context)
    } else if wanted != nil, let frequency = device.frequency, frequency.isEngaged {
        frequency.release()
        for policy in device.policies { policy.restore() }
    }
    switch wanted {
    case nil, FrequencyHands.name: break
    case "restore": for policy in policies { policy.restore() }
    case "speed":
        guard arguments.positional.count == 2, let number = Int(arguments.positional[1]), number > 0, number < 100_000 else {
            throw Failure(.usage, "governor speed: megahertz are expected, such as 1200")
        }
        for policy in policies {
            try policy.setGovernor("userspace")
            try policy.setSpeed(kilohertz: number * 1000)
        }
    case let name?:
        for policy in policies { try policy.setGovernor(name) }
    }
    let isOurs = device.frequency?.isEngaged == true
    for policy in policies {
        if json {
            context.output(GovernorText.object(policy, isOurs: isOurs).line)
        } else {
            for line in GovernorText.lines(policy, isOurs: isOurs) { context.output(line) }
        }
    }
}

private func engage(_ device: Device, _ context: Context) throws(Failure) {
    guard let tasks = context.tasks, !tasks.isEmpty, !device.isFast else {
        throw Failure(.usage, "governor \(FrequencyHands.name): there are no tasks at work, and nothing has a deadline")
    }
    guard let frequency = device.frequency else { throw Failure(.unsupported, "no policy has a table of frequencies") }
    try frequency.engage()
}

enum GovernorText {
    /// - Parameter isOurs: the firmware chooses by deadlines.
    static func lines(_ policy: any FrequencyPolicy, isOurs: Bool) -> [String] {
        var processors = ""
        for number in policy.processors { processors += (processors.isEmpty ? "" : ", ") + "\(number)" }
        var lines = [
            "\(policy.name) (processors \(processors)): \(isOurs ? FrequencyHands.name + ", through " : "")"
                + "\((try? policy.governor()) ?? "unknown"), "
                + "\((try? policy.currentKilohertz()).map { megahertz($0) } ?? "unknown")",
            "  governors   \(policy.governors.joinedByCommas)",
        ]
        var frequencies = ""
        for kilohertz in policy.frequenciesKilohertz { frequencies += (frequencies.isEmpty ? "" : ", ") + megahertz(kilohertz) }
        if !frequencies.isEmpty { lines.append("  frequencies \(frequencies)") }
        var total: Int64 = 0
        let times = policy.timeInState()
        for entry in times { total += entry.milliseconds }
        if total > 0 {
            var text = ""
            for entry in times {
                text += (text.isEmpty ? "" : ", ")
                    + "\(megahertz(entry.kilohertz)) \(fixed(Double(entry.milliseconds) * 100 / Double(total), decimals: 1)) %"
            }
            lines.append("  time        \(text)")
        }
        return lines
    }

    static func object(_ policy: any FrequencyPolicy, isOurs: Bool) -> JSONObject {
        var object = JSONObject()
        object.set("policy", policy.name)
        if let governor = try? policy.governor() { object.set("governor", governor) }
        if isOurs { object.set("chosenBy", FrequencyHands.name) }
        if let kilohertz = try? policy.currentKilohertz() { object.set("kilohertz", kilohertz) }
        object.set("governors", policy.governors)
        var states: [JSONObject] = []
        for entry in policy.timeInState() {
            var state = JSONObject()
            state.set("kilohertz", entry.kilohertz)
            state.set("milliseconds", Int64(truncatingIfNeeded: entry.milliseconds))
            states.append(state)
        }
        object.set("timeInState", states)
        return object
    }
}
