
/// Names that a command's argument may be, for completion.
enum CommandNames {
    static func of(_ command: String, _ device: Device) -> [String] {
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
        case "budget": names = ["none"]
        default: break
        }
        return names
    }
}
