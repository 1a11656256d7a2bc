import Board
import Platform

extension ConfigurationKey {
    /// Applies to the camera begun last.
    private static func camera(_ key: String, _ expected: String,
                               _ apply: @escaping (inout DeviceConfiguration.Camera, String) -> Bool) -> ConfigurationKey {
        ConfigurationKey("camera", key, expected) { configuration, value in
            apply(&configuration.cameras[configuration.cameras.count - 1], value)
        }
    }

    static let cameras = [
        camera("device", "a camera such as video0, simulated, or the path of a folder of pictures or a file of frames") { camera, value in
            camera.request.device = value
            return !value.isEmpty
        },
        camera("frames", "a size and an encoding such as 640x480:yuyv (yuyv, uyvy, nv12, i420, rgb24, grey or mjpeg)") { camera, value in
            let parts = split(value, at: ":")
            guard parts.count == 2, let encoding = CameraEncoding(name: parts[1]) else { return false }
            let sides = split(parts[0], at: "x")
            guard sides.count == 2, let width = Int(sides[0]), let height = Int(sides[1]), (16...8192).contains(width),
                  (16...8192).contains(height), encoding == .mjpeg || encoding == .grey || (width % 2 == 0 && height % 2 == 0) else {
                return false
            }
            camera.request.width = width
            camera.request.height = height
            camera.request.encoding = encoding
            return true
        },
        camera("rate", "frames a second, from 0.1 to 1000") { number($1, 0.1...1000, &$0.request.rateHertz) },
        camera("repeat", "yes or no") { camera, value in
            camera.repeats = value == "yes"
            return value == "yes" || value == "no"
        },
    ]

    /// Applies to the task begun last.
    private static func task(_ key: String, _ expected: String,
                             _ apply: @escaping (inout DeviceConfiguration.Task, String) -> Bool) -> ConfigurationKey {
        ConfigurationKey("task", key, expected) { configuration, value in
            apply(&configuration.tasks[configuration.tasks.count - 1], value)
        }
    }

    static let tasks = [
        task("input", "the name of a [camera] or an [imu], or microphone") { task, value in
            task.input = value
            return isName(value)
        },
        task("models", "names of models, best first, 8 at most, with commas between") { task, value in
            task.models = RuleText.parts(value)
            return task.models.count <= 8 && !task.models.contains("")
        },
        task("deadline", "a time from 1 ms to 1 min, such as 33 ms or 0.5 s") { task, value in
            guard let time = RuleText.duration(splitWords(value)), time >= 1_000_000, time <= 60_000_000_000 else { return false }
            task.deadlineNanoseconds = time
            return true
        },
        task("rate", "frames or windows a second, from 0.1 to 1000") { number($1, 0.1...1000, &$0.rateHertz) },
        task("priority", "a whole number from 0 (gives way first) to 9") { task, value in
            guard let number = Int(value), (0...9).contains(number) else { return false }
            task.priority = number
            return true
        },
        task("when", "always, started, the name of an [input], or task and the name of one") { task, value in
            let words = splitWords(value)
            if words.count == 2, words[0] == "task", isName(words[1]) {
                task.condition = .task(words[1])
                return true
            }
            guard words.count == 1, isName(words[0]) else { return false }
            task.condition = words[0] == "always" ? .always : words[0] == "started" ? .started : .input(words[0])
            return true
        },
        task("on LABEL > SCORE for TIME", "") { _, _ in false },
    ]
}
