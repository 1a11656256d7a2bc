import Configuration
import Engine
import ModelRuntime
import Nest
import Platform
import Vision

/// One model of a task, loaded, tried out and measured.
final class TaskVariant {
    let name: String
    let lease: ModelLease
    let model: TaskModel
    /// Of each of the task's rules, the classes that its label means.
    let ruleClasses: [[Int]]
    let cost: VariantCost

    /// Loads a model, which nobody else uses, and has it measured.
    /// - Throws: as `Library.lease` and `PictureModel`, and `.usage` where it hasn't a rule's label.
    init(_ path: String, _ task: DeviceConfiguration.Task, library: Library, user: ModelUser,
         measure: (TaskModel) throws(Failure) -> VariantCost) throws(Failure) {
        var request = ModelRequest(path: path)
        request.isPrivate = true
        let lease = try library.lease(request, for: user, waits: false)
        let model = try TaskModel(lease.model)
        var ruleClasses: [[Int]] = []
        for rule in task.rules { ruleClasses.append(try Self.classes(of: rule, labels: model.labels, model: lease.name)) }
        cost = try measure(model)
        name = lease.name
        self.lease = lease
        self.model = model
        self.ruleClasses = ruleClasses
        lease.model.isUrgent = true
    }

    /// Looks at the file alone: is there such a model, of a kind that a task can use, and has it the rules' labels?
    /// - Parameter source: what the task's input is.
    static func check(_ path: String, _ task: DeviceConfiguration.Task, _ source: TaskSource) throws(Failure) {
        let nest = try NestReader.open(path), name = modelName(path)
        let kind = nest.metadata("task") ?? ""
        guard kind != "generate", kind != "transcribe" else {
            throw Failure(.unsupported, "\(name) is a model to \(kind); one that classifies or detects is expected")
        }
        switch source {
        case .motion:
            guard WindowFormat.isThere(nest) else {
                throw Failure(.unsupported, "\(name) takes no windows of a motion sensor; window.columns in its metadata would say so")
            }
        case _ where WindowFormat.isThere(nest):
            throw Failure(.unsupported, "\(name) takes windows of a motion sensor; input = the name of an [imu] is expected")
        case .microphone: try checkSound(nest, name)
        case .camera:
            guard !SoundFormat.isThere(nest) else { throw Failure(.unsupported, "\(name) takes sound; input = microphone is expected") }
        }
        for rule in task.rules { _ = try classes(of: rule, labels: labelLines(nest.metadata("labels")), model: name) }
    }

    private static func checkSound(_ nest: NestReader, _ name: String) throws(Failure) {
        guard SoundFormat.isThere(nest), let program = nest.programs.first else {
            throw Failure(.unsupported, "\(name) takes no sound: neither samples nor what sound.features in its metadata says")
        }
        _ = try SoundFormat(nest, program)
    }

    private static func classes(of rule: Rule, labels: [String], model: String) throws(Failure) -> [Int] {
        let found = Vision.classes(called: rule.label, among: labels)
        guard found.isEmpty else { return found }
        throw Failure(.usage, "\(rule.place): \(model) has no label \(rule.label); `info \(model) --labels` lists them")
    }
}
