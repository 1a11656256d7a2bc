import Board
import Platform

let press = Command(
    name: "press", usage: "NAME [options]", summary: "A hand on the simulated board: presses a button, opens a door and closes it again.",
    options: [
        OptionSpecification("--for", "MS", "how long (default 200)"),
        OptionSpecification("--hold", "stays so, until --release"),
        OptionSpecification("--release", "lets go"),
        SharedOptions.json,
    ],
    examples: ["press button", "press door --for 3000", "press door --hold",
               "press door --release"]) { (context, arguments) throws(Failure) in
    let device = try context.runningDevice()
    guard let board = device.board.rehearsal else {
        throw Failure(.usage, "this board is real: only a simulated one has hands; press it yourself")
    }
    guard arguments.positional.count == 1, let name = arguments.positional.first else {
        throw Failure(.usage, "the name of one input is expected")
    }
    // A line that the configuration doesn't name is worked as it is wired.
    let request = device.configuration.inputs.first { $0.name == name }?.request ?? LineRequest(line: name)
    let holds = arguments.has("--hold"), releases = arguments.has("--release")
    let duration = try arguments.integer("--for", in: 1...3_600_000)
    guard (holds ? 1 : 0) + (releases ? 1 : 0) + (duration == nil ? 0 : 1) < 2 else {
        throw Failure(.usage, "one of --for, --hold and --release")
    }
    var text = "\(name) pressed", object = JSONObject()
    object.set("pressed", name)
    if holds || releases {
        try board.hold(request, isActive: holds)
        object.set("held", holds)
        text = releases ? "\(name) released" : text
    } else {
        let milliseconds = duration ?? 200
        try board.press(request, nanoseconds: Int64(milliseconds) * 1_000_000)
        object.set("milliseconds", milliseconds)
        text += " for \(milliseconds) ms"
    }
    context.output(arguments.has("--json") ? object.line : text)
}
