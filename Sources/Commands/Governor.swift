import Board
import BoardLinux
import Device
import Platform

let governor = Command(
    name: "governor", usage: "[NAME | speed MEGAHERTZ | restore] [options]",
    summary: "Shows or sets how the processors' frequency is chosen; what it was is put back at the end.",
    options: [OptionSpecification("--policy", "NAME", "only this one, such as policy0"), SharedOptions.json],
    examples: ["governor", "governor performance", "governor speed 1200", "governor restore"]) { (context, arguments) throws(Failure) in
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
    switch arguments.positional.first {
    case nil: break
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
    for policy in policies {
        if json {
            context.output(GovernorText.object(policy).line)
        } else {
            for line in GovernorText.lines(policy) { context.output(line) }
        }
    }
}

enum GovernorText {
    static func lines(_ policy: any FrequencyPolicy) -> [String] {
        var processors = ""
        for number in policy.processors { processors += (processors.isEmpty ? "" : ", ") + "\(number)" }
        var lines = [
            "\(policy.name) (processors \(processors)): \((try? policy.governor()) ?? "unknown"), "
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

    static func object(_ policy: any FrequencyPolicy) -> JSONObject {
        var object = JSONObject()
        object.set("policy", policy.name)
        if let governor = try? policy.governor() { object.set("governor", governor) }
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
