import Platform
import Pose

/// Events of the sensor threads in words.
enum EventText {
    static func describe(_ event: FirmwareEvent, _ device: Device) -> (LogLevel, String) {
        if event.kind == .edge {
            let name = device.watch?.inputs[Int(event.source)].name ?? "line \(event.source)"
            return (.info, "\(name) \(event.value == 1 ? "on" : "off") (edge \(event.sequence))")
        }
        let name = Int(event.source) < device.tracks.count ? device.tracks[Int(event.source)].source.name : "sensor \(event.source)"
        switch event.kind {
        case .gesture:
            var text = ""
            for gesture in Gesture.allCases where Gestures(rawValue: UInt8(truncatingIfNeeded: event.value)).contains(gesture) {
                text += (text.isEmpty ? "" : ", ") + gesture.name
            }
            return (.info, "\(name) \(text)")
        case .rest: return (.debug, "\(name) \(event.value == 1 ? "at rest" : "in motion")")
        case .disturbance: return (.debug, "\(name) magnetic field \(event.value == 1 ? "disturbed" : "undisturbed")")
        case .sensorState:
            let state = SensorState(rawValue: UInt8(truncatingIfNeeded: event.value)) ?? .searching
            let title = device.tracks[Int(event.source)].source.title
            switch state {
            case .running: return (.info, "\(name) running: \(title)")
            case .starting: return (.debug, "\(name) starting")
            case .testing: return (.info, "\(name) tests itself")
            case .recovering: return (.warning, "\(name) recovering")
            case .searching: return (.warning, "\(name): \(title)")
            }
        case .fault:
            let fault = SensorFault(rawValue: UInt8(truncatingIfNeeded: event.value)) ?? .otherBusError
            return (.warning, "\(name) \(fault.name): \(event.sequence)")
        case .late: return (.warning, "\(name) was late by \(event.value) µs")
        case .edge: return (.info, name)
        }
    }
}
