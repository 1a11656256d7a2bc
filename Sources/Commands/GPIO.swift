import Board
import BoardLinux
import Device
import Platform

let gpio = Command(
    name: "gpio", usage: "[NAME [on|off]] [options]", summary: "Shows the lines, or sets an output.",
    options: [SharedOptions.json], examples: ["gpio", "gpio door", "gpio indicator on",
                                              "gpio gpiochip0/17"]) { (context, arguments) throws(Failure) in
    let json = arguments.has("--json")
    guard context.device != nil else {
        listAllLines(context, json: json)
        return
    }
    let device = try context.runningDevice()
    // `gpio set lamp on` says the same as `gpio lamp on`.
    let words = arguments.positional.first == "set" ? Array(arguments.positional.dropFirst()) : arguments.positional
    func show(_ object: JSONObject, _ text: String) { context.output(json ? object.line : text) }
    func outputs() -> [Device.Output] {
        device.lock.lock()
        defer { device.lock.unlock() }
        return device.outputs
    }
    guard let name = words.first else {
        for input in device.watch?.inputs ?? [] { show(LineText.object(input), LineText.line(input)) }
        for output in outputs() { show(LineText.object(output), LineText.line(output)) }
        if device.watch == nil, outputs().isEmpty, !json {
            context.output("no line is configured; [input NAME] and [output NAME] in the configuration add some")
        }
        return
    }
    guard words.count > 1 else {
        for input in device.watch?.inputs ?? [] where input.name == name { return show(LineText.object(input), LineText.line(input)) }
        for output in outputs() where output.name == name { return show(LineText.object(output), LineText.line(output)) }
        // A line that the configuration doesn't name: looked at once, for checking the wiring.
        let line = try device.board.openInput(LineRequest(line: name))
        let level = try line.level()
        var object = JSONObject()
        object.set("line", name)
        object.set("on", level)
        show(object, "\(name): \(level ? "on" : "off")")
        return
    }
    let word = words[1]
    guard word == "on" || word == "off", words.count == 2 else { throw Failure(.usage, "gpio \(name) \(word): on or off is expected") }
    for input in device.watch?.inputs ?? [] where input.name == name { throw Failure(.usage, "\(name) is an input") }
    try openOutput(name, device)
    try device.setOutput(name, isOn: word == "on")
    for output in outputs() where output.name == name { show(LineText.object(output), LineText.line(output)) }
}

/// Opens a line that the configuration doesn't name, where it isn't open yet.
private func openOutput(_ name: String, _ device: Device) throws(Failure) {
    device.lock.lock()
    defer { device.lock.unlock() }
    if device.outputs.contains(where: { $0.name == name }) { return }
    device.outputs.append(Device.Output(name: name, line: try device.board.openOutput(LineRequest(line: name)), isOn: false))
}

/// Lines as text.
enum LineText {
    static func line(_ input: LineWatch.Input) -> String {
        let lost = input.line.lostEdges
        return "input   \(padRight(input.name, 12)) \(input.level.map { $0 ? "on " : "off" } ?? "unknown"), \(input.edges) "
            + "edges\(lost > 0 ? ", \(lost) lost" : "")"
    }

    static func line(_ output: Device.Output) -> String { "output  \(padRight(output.name, 12)) \(output.isOn ? "on" : "off")" }

    static func object(_ input: LineWatch.Input) -> JSONObject {
        var object = JSONObject()
        object.set("input", input.name)
        if let level = input.level { object.set("on", level) }
        object.set("edges", Int64(input.edges))
        object.set("lost", Int64(input.line.lostEdges))
        return object
    }

    static func object(_ output: Device.Output) -> JSONObject {
        var object = JSONObject()
        object.set("output", output.name)
        object.set("on", output.isOn)
        return object
    }
}

/// All lines that the kernel has, for finding out what to write in the configuration.
private func listAllLines(_ context: Context, json: Bool) {
    let lines = LineListing.all()
    for (line, chip, information) in lines {
        if json {
            var object = JSONObject()
            object.set("line", line)
            object.set("chip", chip)
            object.set("name", information.name)
            object.set("output", information.isOutput)
            object.set("used", information.isUsed)
            object.set("consumer", information.consumer)
            context.output(object.line)
        } else {
            context.output("\(padRight(line, 16)) \(padRight(information.name, 20)) "
                           + (information.isOutput ? "output" : "input ")
                           + "\(information.isUsed ? "  used by " + information.consumer : "")")
        }
    }
    if lines.isEmpty, !json { context.output("this machine has no GPIO lines") }
}
