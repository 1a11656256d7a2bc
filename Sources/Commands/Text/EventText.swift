import Configuration
import Device
import Platform
import Pose

/// Events of the sensor threads in words.
enum EventText {
    /// Puts it in the log, where that wants to know.
    static func log(_ event: FirmwareEvent, _ device: Device) {
        let level = level(event)
        if level.rawValue <= device.log.level.rawValue {
            device.log.write(level, describe(event, device), eventTime: event.timestampNanoseconds)
        }
    }

    static func level(_ event: FirmwareEvent) -> LogLevel {
        switch event.kind {
        case .edge, .gesture: return .info
        case .rest, .disturbance: return .debug
        case .fault, .meterFault, .late, .overrun: return .warning
        case .microphoneState: return MicrophoneText.state(event) == .running ? .info : .warning
        case .sensorState, .meterState:
            switch SensorState(rawValue: UInt8(truncatingIfNeeded: event.value)) ?? .searching {
            case .running, .testing: return .info
            case .starting: return .debug
            case .recovering, .searching: return .warning
            }
        }
    }

    static func describe(_ event: FirmwareEvent, _ device: Device) -> String {
        let source = Int(event.source)
        if event.kind == .edge {
            let name = device.watch.map { source < $0.inputs.count ? $0.inputs[source].name : "" } ?? "line \(source)"
            return "\(name) \(event.value == 1 ? "on" : "off") (edge \(event.sequence))"
        }
        if event.kind == .overrun { return "microphone lost samples: \(event.sequence)" }
        if event.kind == .microphoneState {
            let state = MicrophoneText.state(event)
            return "microphone \(state.name)" + (state == .silent ? "" : ": \(device.microphone?.title ?? "")")
        }
        if event.kind == .meterState || event.kind == .meterFault { return PowerText.event(event, device) }
        guard source < device.tracks.count else { return "sensor \(source)" }
        let sensor = device.tracks[source].source, name = sensor.name
        switch event.kind {
        case .gesture:
            var text = name
            for gesture in Gesture.allCases where Gestures(rawValue: UInt8(truncatingIfNeeded: event.value)).contains(gesture) {
                text += " " + gesture.name
            }
            return text
        case .rest: return "\(name) \(event.value == 1 ? "at rest" : "in motion")"
        case .disturbance: return "\(name) magnetic field \(event.value == 1 ? "disturbed" : "undisturbed")"
        case .sensorState:
            let state = SensorState(rawValue: UInt8(truncatingIfNeeded: event.value)) ?? .searching
            return state == .running || state == .searching ? "\(name) \(state.name): \(sensor.title)" : "\(name) \(state.name)"
        case .fault:
            let fault = SensorFault(rawValue: UInt8(truncatingIfNeeded: event.value)) ?? .otherBusError
            return "\(name) \(fault.name): \(event.sequence)"
        case .late: return "\(name) was late by \(event.value) µs"
        case .edge, .microphoneState, .overrun, .meterState, .meterFault: return name
        }
    }
}
