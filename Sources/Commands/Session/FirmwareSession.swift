import BoardLinux
import CConsole
import CLinux
import Configuration
import Console
import Device
import ModelRuntime
import Platform
import Tasks

/// One run of the firmware: consoles first, then the board's sensors, until it is asked to end.
final class FirmwareSession {
    private let device: Device
    private let context: Context
    private let isJSON: Bool
    private let streams: StandardStreams
    private var rawTerminal: Int32 = -1
    /// Done before the sensors are looked for, in a thread of its own, while the console is there already.
    private let preparation: ((Device) -> Void)?
    private var starter: Thread?
    private let tasks: TaskService
    private let publishing: Publishing?
    private let history: RunHistory

    /// - Parameter streams: as they were before the device opened anything.
    init(_ device: Device, _ context: Context, isJSON: Bool = false, streams: StandardStreams = StandardStreams(),
         preparation: ((Device) -> Void)? = nil) throws(Failure) {
        self.device = device
        self.context = context
        self.isJSON = isJSON
        self.streams = streams
        self.preparation = preparation
        context.folders.prefer(device.configuration.modelFolder)
        tasks = try TaskService(device, runtime: context.runtime, folders: context.folders)
        history = RunHistory(device, tasks)
        tasks.recordText = { RecordText.file($0) }
        var publishing: Publishing?
        if let broker = device.configuration.broker { publishing = try Publishing(device, tasks, broker) }
        self.publishing = publishing
        context.runtime.library.report { device.log.write(.info, $0) }
        context.runtime.library.promise(device.configuration.memoryBudgetBytes)
    }

    /// - Throws: what keeps the firmware from starting, where it does so before its consoles.
    func run() throws(Failure) -> Int32 {
        _ = console_catch_signals(device.wake)
        defer { if rawTerminal >= 0 { console_restore(rawTerminal) } }
        if preparation == nil {
            try tasks.check()
            try device.start()
        }
        let consoles: [Console]
        do throws(Failure) { consoles = try openConsoles() } catch {
            device.stop()
            throw error
        }
        for line in device.log.lines {
            for console in consoles { console.show(line) }
            publishing?.log(line)
        }
        device.log.listener = { [publishing] line in
            for console in consoles { console.show(line) }
            publishing?.log(line)
        }
        let contexts = consoles.map { consoleContext($0) }
        let server = ConsoleServer(device: device, consoles: consoles, execute: { console, line in
            runLine(line, context: contexts[console])
        }, takeEvent: { [device, publishing] in
            EventText.log($0, device)
            publishing?.take($0)
        }, everySecond: { [device, publishing, history] now in
            history.add(now: now)
            publishing?.everySecond(now)
            if device.isReady { device.supervisor?.look(now: now) }
            if InitProcess.isNeeded { InitProcess.reapChildren() }
        })
        if let preparation {
            starter = try Thread { [self] in
                preparation(device)
                do throws(Failure) {
                    try device.start()
                    try publishing?.start()
                    try tasks.check()
                    try tasks.start()
                } catch { device.log.write(.error, error.description) }
            }
        } else {
            do throws(Failure) {
                try publishing?.start()
                try tasks.start()
            } catch { device.log.write(.error, error.description) }
        }
        let status = server.run()
        starter?.join()
        tasks.stop()
        device.stop()
        publishing?.stop()
        server.finish()
        device.log.listener = nil
        return max(status, server.reportLostOutput())
    }

    private func consoleContext(_ console: Console) -> Context {
        let own = Context(runtime: context.runtime, output: { console.write($0) }, errors: { text in
            guard console.isJSON else { return console.write(text) }
            var object = JSONObject()
            object.set("error", text)
            console.write(object.line)
        })
        own.folders = context.folders
        own.device = device
        own.tasks = tasks
        own.publishing = publishing
        own.history = history
        own.console = console
        return own
    }

    private func openConsoles() throws(Failure) -> [Console] {
        let completion = Completion(commands: CommandNames.forCompletion,
                                    names: { [device, context] command in CommandNames.of(command, device, context) })
        let prompt = "\(device.configuration.name)> "
        var consoles: [Console] = []
        for port in device.configuration.ports ?? [DeviceConfiguration.Port()] {
            if port.path == "-" {
                if let console = try standardConsole(isJSON: isJSON || port.isJSON, prompt, completion) { consoles.append(console) }
                continue
            }
            consoles.append(portConsole(port, prompt, completion))
        }
        // `ports =` says that there is to be none, and a service manager stops it; otherwise nobody could.
        guard !consoles.isEmpty || device.configuration.ports?.isEmpty == true || getenv("NOTIFY_SOCKET") != nil else {
            throw Failure(.inputOutput,
                          "there is no console: standard input is the null device, and [console] in the configuration names no other port")
        }
        return consoles
    }

    /// The console on a serial line, which need not be there yet.
    @inline(never)
    private func portConsole(_ port: DeviceConfiguration.Port, _ prompt: String, _ completion: Completion) -> Console {
        let descriptor = console_open(port.path, Int32(port.baud))
        if descriptor < 0 {
            device.log.write(.info, Failure.system(.inputOutput, "console \(port.path) can't be opened yet").description)
        }
        let console = Console(name: port.path, input: descriptor, output: descriptor, isInteractive: true, isJSON: port.isJSON,
                              prompt: prompt, wake: device.wake, wording: port.isJSON ? .json : .text, completion: completion)
        console.serve(port)
        return console
    }

    /// The console on standard input and output; nil where nobody is there.
    private func standardConsole(isJSON: Bool, _ prompt: String, _ completion: Completion) throws(Failure) -> Console? {
        if streams.isNull { return nil }
        guard streams.hasInput, streams.hasOutput else {
            throw Failure(.inputOutput, "standard \(streams.hasInput ? "output" : "input") is closed: there is no console")
        }
        let input = console_reopen(0, 0)
        guard input >= 0 else { throw .system(.inputOutput, "cannot open standard input for the console") }
        let output = console_reopen(1, 1)
        guard output >= 0 else { throw .system(.inputOutput, "cannot open standard output for the console") }
        let isTerminal = streams.isTerminal && !isJSON
        if isTerminal, console_set_raw(0) == 0 { rawTerminal = 0 }
        return Console(name: "standard input", input: input, output: output, isInteractive: isTerminal, isJSON: isJSON,
                       prompt: prompt, wake: device.wake, wording: isJSON ? .json : .text, completion: completion)
    }
}

/// Standard input and output as the program got them: a closed one's number goes to the next file that is opened.
struct StandardStreams {
    let hasInput: Bool
    let hasOutput: Bool
    /// Started by a service manager, or so: nobody is there.
    let isNull: Bool
    let isTerminal: Bool

    init() {
        let kind = console_kind(0)
        hasInput = kind != 0
        hasOutput = console_kind(1) != 0
        isNull = kind == Int32(UInt8(ascii: "n"))
        isTerminal = kind == Int32(UInt8(ascii: "t")) && console_is_terminal(1) != 0
    }
}
