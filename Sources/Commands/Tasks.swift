import Device
import Platform
import Tasks

let listTasks = Command(
    name: "tasks", usage: "[options]",
    summary: "Shows the tasks of the configuration at work: rate, latency, misses, variant, newest answer.",
    options: [
        OptionSpecification("--seconds", "N", "show for so long (default: until a key is pressed; once in a script)"),
        OptionSpecification("--rate", "HZ", "displays a second (default 2)"),
        SharedOptions.json,
    ],
    examples: ["tasks", "tasks --seconds 10 --json"]) { (context, arguments) throws(Failure) in
    let service = try context.runningTasks()
    let json = arguments.has("--json")
    let seconds = try arguments.integer("--seconds", in: 1...86_400), rate = try arguments.integer("--rate", in: 1...10) ?? 2
    let show = { (context: Context) in
        if context.isInteractive, !json { context.console?.redraw(TaskText.block(service) + ["  any key ends"]) } else {
            for line in json ? TaskText.objects(service) : TaskText.block(service) { context.output(line) }
        }
    }
    // A script wants to know how it stands.
    if seconds == nil, !context.isInteractive || json { return show(context) }
    LiveDisplay(context, seconds: seconds, rateHertz: rate).run(show)
}

let startTask = Command(
    name: "start", usage: "TASK", summary: "Starts a task of the configuration, where it fits.", options: [],
    examples: ["start watch"]) { (context, arguments) throws(Failure) in
    try setTask(context, arguments, isOn: true)
}

let stopTask = Command(
    name: "stop", usage: "TASK", summary: "Stops a task: it takes no more frames until it is started.", options: [],
    examples: ["stop watch"]) { (context, arguments) throws(Failure) in
    try setTask(context, arguments, isOn: false)
}

private func setTask(_ context: Context, _ arguments: Arguments, isOn: Bool) throws(Failure) {
    guard arguments.positional.count == 1 else { throw Failure(.usage, "one task is expected; `tasks` lists them") }
    let name = arguments.positional[0]
    try context.runningTasks().set(name, isOn: isOn)
    context.output("task \(name) is \(isOn ? "started" : "stopped")")
}

extension Context {
    /// The tasks of the running firmware, once their models are loaded.
    func runningTasks() throws(Failure) -> TaskService {
        let device = try runningDevice()
        guard let tasks, !tasks.isEmpty else {
            throw Failure(.usage, "no task is configured; [camera NAME] and [task NAME] in the configuration add one")
        }
        guard !device.isFast else { throw Failure(.usage, "tasks are left alone in fast time") }
        while tasks.isLoading {
            guard pause(milliseconds: 20), !device.isEnding else { throw Failure(.resource, "the models are not loaded yet") }
        }
        return tasks
    }
}
