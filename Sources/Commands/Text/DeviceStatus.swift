import Board
import BoardLinux
import Device
import ModelRuntime
import Platform
import Pose

/// What `status` tells of the running firmware.
struct DeviceStatus {
    private let device: Device
    private let generation: GenerationActivity?
    private let upSeconds: Int64
    private let resident = ProcessMemory.resident, peak = ProcessMemory.peak
    private let group = ControlGroupMemory.read()
    private let pressure: Float?
    private let temperatures: [(zone: String, celsius: Float)]
    private let budget: Int?

    init(_ device: Device, _ runtime: Runtime) {
        self.device = device
        generation = runtime.newestGeneration
        budget = runtime.library.budgetBytes
        upSeconds = (monotonicNanoseconds() - device.startNanoseconds) / 1_000_000_000
        pressure = device.board.memoryPressure()
        temperatures = device.board.temperatures()
    }

    /// "2 d 3 h", "4 min 12 s".
    static func duration(_ seconds: Int64) -> String {
        if seconds >= 86_400 { return "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h" }
        if seconds >= 3600 { return "\(seconds / 3600) h \(seconds % 3600 / 60) min" }
        if seconds >= 60 { return "\(seconds / 60) min \(seconds % 60) s" }
        return "\(seconds) s"
    }

    var lines: [String] {
        var lines = ["up         \(Self.duration(upSeconds)) on \(device.board.name)"]
        var memory = "budget     \(megabytes(resident)) resident, at most \(megabytes(peak)) so far"
        if let budget { memory += ", of \(megabytes(budget))" + (resident > budget ? ": EXCEEDED" : "") }
        if let group, let current = group.currentBytes {
            memory += "; group \(megabytes(current))"
            if let limit = group.limitBytes { memory += " of \(megabytes(limit))" }
        }
        if let pressure { memory += "; pressure \(fixed(pressure * 100, decimals: 1)) %" }
        lines.append(memory)
        if let generation { lines.append(generation.line) }
        for policy in device.policies {
            let isOurs = device.frequency?.isEngaged == true
            lines.append("frequency  \(policy.name): \(isOurs ? FrequencyHands.name + ", through " : "")"
                         + "\((try? policy.governor()) ?? "unknown governor"), "
                         + "\((try? policy.currentKilohertz()).map { megahertz($0) } ?? "unknown")")
        }
        if !temperatures.isEmpty {
            var text = "heat       "
            for (index, zone) in temperatures.enumerated() {
                text += (index == 0 ? "" : ", ") + "\(zone.zone) \(fixed(zone.celsius, decimals: 1)) °C"
            }
            lines.append(text)
        }
        if let seconds = device.supervisor?.watchdogSeconds {
            lines.append("watchdog   resets after \(seconds) s without a turn of every sensor thread")
        }
        for track in device.tracks {
            let health = track.health.read(), reading = track.reading.read()
            lines.append("sensor     \(track.source.name): \(track.source.title)")
            lines.append("           \(health.state.name), \(SensorText.rates(health)), \(SensorText.faults(health.counters))")
            if reading.samples > 0 { lines.append("           \(LivePoseText.angles(reading)), \(LivePoseText.flags(reading))") }
        }
        for meter in device.meters {
            lines.append("power      \(PowerText.line(meter))")
            lines.append("           \(meter.source.title)")
        }
        if let microphone = device.microphone {
            lines.append("microphone \(microphone.title)")
            lines.append("           \(MicrophoneText.line(microphone.reading.read()))")
            let listening = microphone.listening.read()
            if listening.isListening { lines.append("           \(ListeningText.line(listening))") }
        }
        if let watch = device.watch {
            var text = "lines      "
            for (index, input) in watch.inputs.enumerated() {
                text += (index == 0 ? "" : ", ")
                    + "\(input.name) \(input.level.map { $0 ? "on" : "off" } ?? "unknown") (\(input.edges) edges)"
            }
            lines.append(text)
        }
        return lines
    }

    func add(to object: inout JSONObject) throws(Failure) {
        object.set("board", device.board.name)
        object.set("upSeconds", upSeconds)
        object.set("residentBytes", resident)
        object.set("peakBytes", peak)
        if let budget { object.set("budgetBytes", budget) }
        if let current = group?.currentBytes { object.set("groupBytes", current) }
        if let limit = group?.limitBytes { object.set("groupLimitBytes", limit) }
        if let pressure { object.set("memoryPressure", Double(pressure), decimals: 4) }
        if let generation { object.set("language", generation.object) }
        var policies: [JSONObject] = []
        for policy in device.policies { policies.append(GovernorText.object(policy, isOurs: device.frequency?.isEngaged == true)) }
        object.set("frequencies", policies)
        var zones: [JSONObject] = []
        for zone in temperatures {
            var entry = JSONObject()
            entry.set("zone", zone.zone)
            entry.set("celsius", Double(zone.celsius), decimals: 1)
            zones.append(entry)
        }
        object.set("temperatures", zones)
        var sensors: [JSONObject] = []
        for track in device.tracks { sensors.append(SensorText.object(track)) }
        object.set("sensors", sensors)
        var meters: [JSONObject] = []
        for meter in device.meters { meters.append(PowerText.object(meter)) }
        object.set("meters", meters)
        if let microphone = device.microphone { object.set("microphone", MicrophoneText.object(microphone)) }
        var lines: [JSONObject] = []
        for input in device.watch?.inputs ?? [] { lines.append(LineText.object(input)) }
        object.set("inputs", lines)
    }
}

func megahertz(_ kilohertz: Int) -> String { "\(fixed(Double(kilohertz) / 1000, decimals: 0)) MHz" }
