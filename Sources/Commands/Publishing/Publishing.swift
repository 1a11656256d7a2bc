import Configuration
import Device
import MQTT
import Platform
import Tasks

/// Tells a broker what happens: rules that fire, outputs, inputs, states of sensors and tasks, warnings. Nobody who tells it
/// something waits for the broker.
final class Publishing {
    let topics: PublishedTopics
    let device: Device
    private let tasks: TaskService
    private let broker: DeviceConfiguration.Broker
    private var client: Client!
    private let lock = Lock()
    /// Which rules of each task hold; guarded by the lock.
    private var holding: [[Bool]]
    // Of the server's thread.
    private var inputs: InputLevels
    private var nextStates: Int64 = 0

    /// Opens no connection yet. Fails where the password can't be read, and with `resource`.
    init(_ device: Device, _ tasks: TaskService, _ broker: DeviceConfiguration.Broker) throws(Failure) {
        self.device = device
        self.tasks = tasks
        self.broker = broker
        topics = PublishedTopics(broker)
        holding = device.configuration.tasks.map { [Bool](repeating: false, count: $0.rules.count) }
        inputs = InputLevels(count: device.configuration.inputs.count)
        var settings = ClientSettings(host: broker.host, port: broker.port, clientIdentifier: topics.name, willTopic: topics.availability,
                                      willPayload: "offline")
        settings.user = broker.user
        if let file = broker.passwordFile { settings.password = try Self.password(file) }
        settings.keepAliveSeconds = broker.keepAliveSeconds
        settings.queueCapacity = broker.queue
        let farewell = [PacketWriter.publish(topic: topics.availability, payload: "offline", isRetained: true)]
        let address = settings.address
        client = try Client(settings, greeting: { [unowned(unsafe) self] in greeting }, farewell: farewell,
                            report: { [device] isConnected, reason in
            device.log.write(isConnected ? .info : .warning,
                             isConnected ? "mqtt: connected to \(address)" : "mqtt: \(address): \(reason); what happens waits")
        })
    }

    /// The first line of a file.
    private static func password(_ path: String) throws(Failure) -> [UInt8] {
        let bytes = try File.read(path, limit: 4096)
        let line = bytes.prefix { $0 != 10 && $0 != 13 }
        guard !line.isEmpty else { throw Failure(.badFormat, "\(path): the first line is empty; a password is expected") }
        return Array(line)
    }

    var announcesToHomeAssistant: Bool { broker.announcesToHomeAssistant }

    /// What a console opened by a line's own name, which is no level of a topic, stays on the device.
    func isConfigured(output name: String) -> Bool { device.configuration.outputs.contains { $0.name == name } }

    /// The rules of each task, and whether they hold.
    var heldRules: [(task: String, rules: [Bool])] {
        lock.lock()
        defer { lock.unlock() }
        var all: [(task: String, rules: [Bool])] = []
        for (index, task) in device.configuration.tasks.enumerated() { all.append((task.name, holding[index])) }
        return all
    }

    /// How a sensor does, as it is published.
    static func payload(ofState state: String) -> String {
        var object = JSONObject()
        object.set("state", state)
        return object.line
    }

    var address: String { client.settings.address }
    var status: ClientStatus { client.status }

    /// Once the device has started. Fails with `resource`.
    func start() throws(Failure) {
        device.outputListener = { [unowned(unsafe) self] name, isOn in
            guard isConfigured(output: name) else { return }
            client.publish(topics.output(name), PublishedTopics.word(isOn), isRetained: true)
        }
        tasks.ruleListener = { [unowned(unsafe) self] in take($0) }
        try client.start()
    }

    /// Sends what waits, for a short while, and says goodbye.
    func stop() {
        device.outputListener = nil
        client.stop()
    }

    /// A line of the log; any thread.
    func log(_ line: LogLine) {
        guard line.level.rawValue <= LogLevel.warning.rawValue else { return }
        client.publish(topics.log, line.json.line, isRetained: false)
    }

    // MARK: the tasks' control thread

    private func take(_ change: RuleChange) {
        let task = device.configuration.tasks[change.task], rule = task.rules[change.rule]
        lock.lock()
        holding[change.task][change.rule] = change.holds
        lock.unlock()
        var object = JSONObject()
        object.set("task", task.name)
        object.set("rule", change.rule + 1)
        object.set("class", rule.label)
        object.set("score", Double(change.score), decimals: 4)
        object.set("holds", change.holds)
        let age = monotonicNanoseconds() - change.frameNanoseconds
        object.set("unixSeconds", Double(wallNanoseconds() - age) * 1e-9, decimals: 3)
        client.publish(topics.event(task: task.name), object.line, isRetained: false)
        client.publish(topics.rule(change.rule + 1, task: task.name), PublishedTopics.word(change.holds), isRetained: true)
    }

    // MARK: the server's thread

    /// What a sensor's thread told.
    func take(_ event: FirmwareEvent) {
        let source = Int(event.source)
        switch event.kind {
        case .edge:
            guard let watch = device.watch, source < watch.inputs.count,
                  inputs.takes(event.value == 1, of: source, now: monotonicNanoseconds()) else { return }
            client.publish(topics.input(watch.inputs[source].name), PublishedTopics.word(event.value == 1), isRetained: true)
        case .sensorState, .meterState, .microphoneState:
            let state = event.kind == .microphoneState ? MicrophoneText.state(event).name
                : (SensorState(rawValue: UInt8(truncatingIfNeeded: event.value)) ?? .searching).name
            let topic = topicOfSensor(event)
            if !topic.isEmpty { client.publish(topic, Self.payload(ofState: state), isRetained: true) }
        default: break
        }
    }

    /// Inputs that changed faster than they are told, and at longer intervals how tasks and power monitors do: that is news only
    /// while somebody hears it, and waits for nobody.
    func everySecond(_ now: Int64) {
        guard device.isReady else { return }
        for (index, input) in (device.watch?.inputs ?? []).enumerated() {
            guard let level = input.level, inputs.takes(level, of: index, now: now) else { continue }
            client.publish(topics.input(input.name), PublishedTopics.word(level), isRetained: true)
        }
        guard now >= nextStates, client.status.isConnected else { return }
        nextStates = now + Int64(broker.intervalSeconds) * 1_000_000_000
        for row in tasks.rows { client.publish(topics.state(task: row.name), TaskText.object(row).line, isRetained: false) }
        for meter in device.meters {
            client.publish(topics.power(meter: meter.source.name), PowerText.object(meter).line, isRetained: false)
        }
    }

    private func topicOfSensor(_ event: FirmwareEvent) -> String {
        let source = Int(event.source)
        if event.kind == .microphoneState { return topics.microphone }
        if event.kind == .meterState { return source < device.meters.count ? topics.state(meter: device.meters[source].source.name) : "" }
        return source < device.tracks.count ? topics.state(imu: device.tracks[source].source.name) : ""
    }
}
