import Board
import Configuration
import Console
import Device
import ModelRuntime

/// Names that a command's argument may be, for completion.
enum CommandNames {
    /// Every command, as a console's completion knows it.
    static var forCompletion: [Completion.Command] {
        commandTable.map { command in
            Completion.Command(name: command.name, options: command.options.map { $0.name }, takesFiles: command.name != "help")
        }
    }

    static func of(_ command: String, _ device: Device, _ context: Context) -> [String] {
        switch command {
        case "help": return commandTable.map { $0.name }
        case "load", "info", "bench": return context.folders.found.map { modelName($0) }
        case "unload": return context.runtime.library.rows.filter { $0.isKept }.map { $0.name }
        default: break
        }
        guard device.isReady else { return [] }
        var names: [String] = []
        switch command {
        case "imu", "pose", "sensors":
            for track in device.tracks { names.append(track.source.name) }
            if command == "imu" { names += ["record", "test"] }
        case "calibrate": names = ["gyroscope", "accelerometer", "magnetometer", "show", "clear"]
        case "log": for level in LogLevel.allCases { names.append(level.name) }
        case "gpio":
            for input in device.watch?.inputs ?? [] { names.append(input.name) }
            for output in device.configuration.outputs { names.append(output.name) }
            names += ["on", "off"]
        case "press": for input in device.watch?.inputs ?? [] { names.append(input.name) }
        case "governor": names = (device.policies.first?.governors ?? []) + ["speed", "restore"]
        case "start", "stop": for task in device.configuration.tasks { names.append(task.name) }
        case "budget": names = ["none"]
        default: break
        }
        return names
    }
}
