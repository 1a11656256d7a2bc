import Board
import Platform

/// What tasks and cameras need of each other and of the rest of a configuration.
struct TaskChecks {
    let configuration: DeviceConfiguration
    /// Sections with their lines.
    let lines: [(section: String, line: Int)]
    /// The file's.
    let name: String

    /// - Throws: `.badFormat`, "NAME:LINE: what is wrong and what is expected".
    func run() throws(Failure) {
        for camera in configuration.cameras where !camera.repeats && !camera.request.device.utf8.contains(UInt8(ascii: "/")) {
            throw Failure(.badFormat, "\(at("camera " + camera.name)): repeat is for files and folders; "
                + "device = \(camera.request.device) is a camera")
        }
        for task in configuration.tasks {
            try checkInput(task)
            for rule in task.rules { try check(rule) }
            try checkContradictions(task)
        }
    }

    private func at(_ section: String) -> String {
        for entry in lines where entry.section == section { return "\(name):\(entry.line)" }
        return name
    }

    private func checkInput(_ task: DeviceConfiguration.Task) throws(Failure) {
        let title = "\(task.place): [task \(task.name)]"
        guard !task.input.isEmpty else {
            throw Failure(.badFormat, "\(title) has no input; input = CAMERA, SENSOR or microphone is expected")
        }
        guard !task.models.isEmpty else { throw Failure(.badFormat, "\(title) has no models; models = MODEL is expected") }
        if let camera = configuration.cameras.first(where: { $0.name == task.input }) {
            guard task.rateHertz <= camera.request.rateHertz else {
                throw Failure(.badFormat, "\(title): rate = \(fixed(task.rateHertz, decimals: 1)) is more than the camera's "
                    + fixed(camera.request.rateHertz, decimals: 1))
            }
        } else if configuration.hears(task) {
            guard configuration.microphone != nil else {
                throw Failure(.badFormat, "\(title): input = microphone: there is no section [microphone]")
            }
        } else if !configuration.sensors.contains(where: { $0.name == task.input }) {
            throw Failure(.badFormat, "\(title): input = \(task.input): the name of a [camera] or an [imu], or microphone is expected"
                + there(configuration.cameras.map { $0.name } + configuration.sensors.map { $0.name }))
        }
        switch task.condition {
        case .always, .started: break
        case .input(let input):
            guard configuration.inputs.contains(where: { $0.name == input }) else {
                throw Failure(.badFormat, "\(title): when = \(input): always, started, the name of an [input], or task and the name of one "
                    + "is expected" + there(configuration.inputs.map { $0.name }))
            }
        case .task(let other):
            try checkTask(other, title + ": when = task \(other)")
            guard other != task.name else { throw Failure(.badFormat, "\(title): when = task \(other): a task can't wait for itself") }
        }
    }

    private func checkTask(_ other: String, _ title: String) throws(Failure) {
        guard configuration.tasks.contains(where: { $0.name == other }) else {
            throw Failure(.badFormat, "\(title): the name of a [task] is expected" + there(configuration.tasks.map { $0.name }))
        }
    }

    private func check(_ rule: Rule) throws(Failure) {
        for action in rule.actions {
            switch action {
            case .log: break
            case .record:
                guard configuration.records != nil else {
                    throw Failure(.badFormat, "\(rule.place): record: there is no [records]; [records] with folder = PATH is expected")
                }
            case .start(let task): try checkTask(task, "\(rule.place): start \(task)")
            case .stop(let task): try checkTask(task, "\(rule.place): stop \(task)")
            case .output(let output, _, _):
                guard configuration.outputs.contains(where: { $0.name == output }) else {
                    throw Failure(.badFormat, "\(rule.place): output \(output): the name of an [output] is expected"
                        + there(configuration.outputs.map { $0.name }))
                }
            }
        }
    }

    /// Rules that fire at the same moment must not want opposite things.
    private func checkContradictions(_ task: DeviceConfiguration.Task) throws(Failure) {
        for (index, rule) in task.rules.enumerated() {
            for (place, action) in rule.actions.enumerated() {
                for other in rule.actions[..<place] where contradict(action, other) {
                    throw Failure(.badFormat, "\(rule.place): \(text(action)) contradicts \(text(other)) in the same rule")
                }
            }
            for earlier in task.rules[..<index] where earlier.label == rule.label && earlier.threshold == rule.threshold
                && earlier.holdNanoseconds == rule.holdNanoseconds {
                for action in rule.actions {
                    for other in earlier.actions where contradict(action, other) {
                        throw Failure(.badFormat, "\(rule.place): \(text(action)) contradicts \(text(other)) of \(earlier.place), "
                            + "which has the same condition")
                    }
                }
            }
        }
    }

    private func contradict(_ a: RuleAction, _ b: RuleAction) -> Bool {
        switch (a, b) {
        case (.output(let one, let isOn, _), .output(let other, let otherIsOn, _)): one == other && isOn != otherIsOn
        case (.start(let one), .stop(let other)), (.stop(let one), .start(let other)): one == other
        default: false
        }
    }

    private func text(_ action: RuleAction) -> String {
        switch action {
        case .log: "log"
        case .record: "record"
        case .output(let name, let isOn, _): "output \(name) \(isOn ? "on" : "off")"
        case .start(let name): "start \(name)"
        case .stop(let name): "stop \(name)"
        }
    }

    private func there(_ names: [String]) -> String { names.isEmpty ? "; there is none" : "; there is \(names.joinedByCommas)" }
}
