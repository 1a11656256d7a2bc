/// Names that a command's argument may be, for completion.
enum CommandNames {
    static func of(_ command: String, _ device: Device) -> [String] {
        var names: [String] = []
        switch command {
        case "imu", "pose", "sensors", "calibrate": for track in device.tracks { names.append(track.source.name) }
        case "log": for level in LogLevel.allCases { names.append(level.name) }
        default: break
        }
        return names
    }
}
