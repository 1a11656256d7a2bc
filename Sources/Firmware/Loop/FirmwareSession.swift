import BoardLinux
import CConsole
import CLinux
import Engine
import Platform

/// One run of the firmware: consoles first, then the board's sensors, until it is asked to end.
final class FirmwareSession {
    private let device: Device
    private let context: Context
    private let isJSON: Bool
    private var rawTerminal: Int32 = -1
    /// Done before the sensors are looked for, in a thread of its own, while the console is there already.
    private let preparation: ((Device) -> Void)?
    private var starter: Thread?
    private var startFailure: Failure?

    init(_ device: Device, _ context: Context, isJSON: Bool = false, preparation: ((Device) -> Void)? = nil) {
        self.device = device
        self.context = context
        self.isJSON = isJSON
        self.preparation = preparation
        if let folder = device.configuration.modelFolder { context.modelFolders.insert(folder, at: 0) }
    }

    /// - Throws: what keeps the firmware from starting, where it does so before its consoles.
    func run() throws(Failure) -> Int32 {
        _ = console_catch_signals(device.wake)
        defer { if rawTerminal >= 0 { console_restore(rawTerminal) } }
        if preparation == nil { try device.start() }
        let consoles: [Console]
        do throws(Failure) { consoles = try openConsoles() } catch {
            device.stop()
            throw error
        }
        for line in device.log.lines {
            for console in consoles { console.show(line) }
        }
        device.log.listener = { line in
            for console in consoles { console.show(line) }
        }
        var contexts: [Context] = []
        for console in consoles { contexts.append(consoleContext(console)) }
        let server = ConsoleServer(device: device, consoles: consoles, contexts: contexts, everySecond: { [device] now in
            if device.isReady { device.supervisor?.look(now: now) }
            if InitProcess.isNeeded { InitProcess.reapChildren() }
        })
        if let preparation {
            starter = try Thread { [self] in
                preparation(device)
                do throws(Failure) { try device.start() } catch { device.log.write(.error, error.description) }
            }
        }
        let status = server.run()
        starter?.join()
        device.stop()
        server.finish()
        device.log.listener = nil
        return max(status, server.reportLostOutput())
    }

    private func consoleContext(_ console: Console) -> Context {
        let own = Context(output: { console.write($0) }, errors: { text in
            guard console.isJSON else { return console.write(text) }
            var object = JSONObject()
            object.set("error", text)
            console.write(object.line)
        })
        own.modelFolders = context.modelFolders
        own.device = device
        own.console = console
        return own
    }

    /// - Throws: where standard input is to be a console and can't be: nobody would ever end the firmware.
    private func openConsoles() throws(Failure) -> [Console] {
        let completion = Completion(names: { [device] command in CommandNames.of(command, device) })
        let prompt = "\(device.configuration.name)> "
        var consoles: [Console] = []
        for port in device.configuration.ports ?? [DeviceConfiguration.Port()] {
            if port.path == "-" {
                let kind = console_kind(0)
                // Started by a service manager: nobody is there.
                if kind == Int32(UInt8(ascii: "n")) || kind == 0 && preparation != nil { continue }
                guard kind != 0 else { throw Failure(.inputOutput, "standard input is closed: there is no console") }
                let isTerminal = kind == Int32(UInt8(ascii: "t")) && console_is_terminal(1) != 0 && !isJSON && !port.isJSON
                if isTerminal, console_set_raw(0) == 0 { rawTerminal = 0 }
                let input = console_reopen(0, 0), output = console_reopen(1, 1)
                guard input >= 0, output >= 0 else { throw .system(.resource, "cannot open the console") }
                consoles.append(Console(name: "standard input", input: input, output: output, isInteractive: isTerminal,
                                        isJSON: isJSON || port.isJSON, port: nil, prompt: prompt, wake: device.wake, completion: completion))
                continue
            }
            let descriptor = console_open(port.path, Int32(port.baud))
            if descriptor < 0 { device.log.write(.info, Failure.system(.inputOutput, "console \(port.path) can't be opened yet").description) }
            consoles.append(Console(name: port.path, input: descriptor, output: descriptor, isInteractive: true, isJSON: port.isJSON, port: port,
                                    prompt: prompt, wake: device.wake, completion: completion))
        }
        return consoles
    }
}
