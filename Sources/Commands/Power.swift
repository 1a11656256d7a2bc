import Board
import BoardLinux
import Configuration
import Device
import Platform
import Sensors

let power = Command(
    name: "power", usage: "[METER] [options]",
    summary: "Shows volts, amperes, watts and joules, from power monitors, the system's sensors and counters, or an estimate.",
    options: [
        OptionSpecification("--seconds", "N", "show for so long (default: until a key is pressed; 2 in a script)"),
        OptionSpecification("--rate", "HZ", "lines a second (default 2)"),
        OptionSpecification("--reset", "joules are counted from now on"),
        Battery.option,
        OptionSpecification("--power-model", "FILE", "an estimate with the [power-model] of this file, where nothing measures"),
        SharedOptions.json,
    ],
    examples: ["power", "power --seconds 10 --json", "power board --reset", "swiftlet power --battery 10Wh"]) {
        (context, arguments) throws(Failure) in
    let display = LiveDisplay(context, seconds: try arguments.integer("--seconds", in: 1...86_400),
                              rateHertz: try arguments.integer("--rate", in: 1...20) ?? 2)
    let screen = try PowerScreen(context, arguments)
    if arguments.has("--reset") { return try screen.reset() }
    if context.device == nil { Signals.install() }
    try screen.prepare()
    let json = arguments.has("--json")
    display.run { context in
        if json {
            for object in screen.objects() { context.output(object.line) }
        } else if context.isInteractive {
            context.console?.redraw(screen.lines() + ["  any key ends"])
        } else {
            for line in screen.lines() { context.output(line) }
        }
    }
}

/// Everything that tells of power here.
private final class PowerScreen {
    private let context: Context
    private var meters: [MeterTrack] = []
    private let system: SystemPower?
    private let modelled: ModelledPower?
    private let battery: Double?

    init(_ context: Context, _ arguments: Arguments) throws(Failure) {
        self.context = context
        battery = try Battery.joules(arguments)
        let device = try context.device == nil ? nil : context.runningDevice()
        meters = device?.meters ?? []
        if let name = arguments.positional.first {
            guard let device else { throw Failure(.usage, "power monitors are the firmware's: `power \(name)` is for its console") }
            meters = [try device.meter(named: name)]
            (system, modelled) = (nil, nil)
            return
        }
        let board = device?.board ?? HardwareBoard()
        system = SystemPower(board)
        let model = try arguments.text("--power-model").map { (path) throws(Failure) in try EnergySource.model(path) }
            ?? device?.configuration.powerModel
        modelled = model.map { ModelledPower($0, board.frequencyPolicies()) }
    }

    func reset() throws(Failure) {
        guard !meters.isEmpty else { throw Failure(.usage, "no power monitor is configured; [meter NAME] in the configuration adds one") }
        for meter in meters { meter.source.requests.push(.resetEnergy) }
    }

    /// The first look, which counters and the model need before they can tell anything.
    /// - Throws: `.usage` where nothing measures or estimates.
    func prepare() throws(Failure) {
        system?.look()
        guard meters.isEmpty, system?.rows.isEmpty ?? true, modelled == nil else {
            _ = modelled?.watts()
            _ = context.pause(milliseconds: 300)
            return
        }
        throw Failure(.usage, EnergySource.nothing)
    }

    func lines() -> [String] {
        var lines: [String] = []
        for meter in meters {
            lines.append(PowerText.line(meter))
            lines.append("  source: \(meter.source.title)")
        }
        system?.look()
        for row in system?.rows ?? [] { lines.append(PowerText.line(row)) }
        let estimate = modelled?.watts()
        if let modelled {
            lines.append("\(estimate.map { PowerText.watts($0) } ?? "not known yet"): \(modelled.title) (\(modelled.model.source))")
        }
        if let battery, let (watts, source) = best(estimate) {
            lines.append("the battery lasts \(Battery.duration(battery, watts: watts)) at \(PowerText.watts(watts)) (\(source))")
        }
        return lines
    }

    func objects() -> [JSONObject] {
        var objects: [JSONObject] = []
        for meter in meters { objects.append(PowerText.object(meter)) }
        system?.look()
        for row in system?.rows ?? [] { objects.append(PowerText.object(row)) }
        let estimate = modelled?.watts()
        if let modelled {
            var object = JSONObject()
            object.set("source", modelled.title)
            object.set("watts", estimate ?? .nan, decimals: 4)
            object.set("error", Double(modelled.model.error), decimals: 3)
            objects.append(object)
        }
        if let battery, let (watts, source) = best(estimate) {
            var object = JSONObject()
            object.set("batterySeconds", watts > 0 ? battery / watts : .infinity, decimals: 0)
            object.set("watts", watts, decimals: 4)
            object.set("source", source)
            objects.append(object)
        }
        return objects
    }

    /// What the board takes now, by whoever knows best.
    private func best(_ estimate: Double?) -> (watts: Double, source: String)? {
        for meter in meters {
            let reading = meter.reading.read().power
            if reading.samples > 0 { return (Double(reading.watts), meter.source.name) }
        }
        var sum: Double?, names: [String] = []
        for row in system?.best ?? [] {
            guard let watts = row.watts else { continue }
            sum = (sum ?? 0) + watts
            names.append(row.source.name)
        }
        if let sum { return (sum, names.joinedByCommas) }
        return estimate.map { ($0, "estimate") }
    }
}
