import Board
import Device
import Platform
import Sensors

/// Power monitors and other sources of power as text.
enum PowerText {
    /// How long values may stay the same, bit for bit, before it is said.
    private static let suspiciousNanoseconds: Int64 = 60_000_000_000

    /// "1.234 W", "12.3 mW".
    static func watts(_ value: Double) -> String {
        value.magnitude < 0.1 ? "\(fixed(value * 1000, decimals: 2)) mW" : "\(fixed(value, decimals: 3)) W"
    }

    /// "2.345 J", "1.234 mJ", "12.3 µJ", "1.500 kJ".
    static func joules(_ value: Double) -> String {
        if value.magnitude >= 10_000 { return "\(fixed(value / 1000, decimals: 3)) kJ" }
        if value.magnitude >= 0.1 || value == 0 { return "\(fixed(value, decimals: 3)) J" }
        if value.magnitude >= 1e-4 { return "\(fixed(value * 1e3, decimals: 3)) mJ" }
        return "\(fixed(value * 1e6, decimals: 3)) µJ"
    }

    static func event(_ event: FirmwareEvent, _ device: Device) -> String {
        let index = Int(event.source)
        guard index < device.meters.count else { return "power monitor \(index)" }
        let source = device.meters[index].source
        if event.kind == .meterFault {
            let fault = SensorFault(rawValue: UInt8(truncatingIfNeeded: event.value)) ?? .otherBusError
            return "\(source.name) \(fault.name): \(event.sequence)"
        }
        let state = SensorState(rawValue: UInt8(truncatingIfNeeded: event.value)) ?? .searching
        return state == .running || state == .searching ? "\(source.name) \(state.name): \(source.title)" : "\(source.name) \(state.name)"
    }

    /// "board: 5.030 V, 0.431 A, 2.168 W, 123.4 J in 57 s".
    static func line(_ meter: MeterTrack) -> String {
        let reading = meter.reading.read(), health = meter.health.read()
        guard reading.power.samples > 0 else { return "\(meter.source.name): \(health.state.name)" }
        return "\(meter.source.name): " + values(reading, meter.source.configuration)
            + (health.state == .running ? "" : ", \(health.state.name)") + doubts(meter, reading)
    }

    private static func values(_ reading: MeterReading, _ configuration: PowerMeterConfiguration) -> String {
        let power = reading.power
        var text = ""
        let isSeveral = configuration.channelMask.nonzeroBitCount > 1
        for channel in 0..<PowerMeterConfiguration.maximumChannels where configuration.channelMask & (1 << UInt8(channel)) != 0 {
            if isSeveral { text += "channel \(channel + 1) " }
            text += "\(fixed(power.volts[channel], decimals: 3)) V, \(fixed(power.amperes[channel], decimals: 4)) A, "
        }
        if isSeveral { text += "together " }
        text += "\(watts(Double(power.watts))), \(joules(reading.joulesSinceReset)) in \(seconds(reading)) s"
        return text
    }

    /// Since counting began, as far as something was measured.
    private static func seconds(_ reading: MeterReading) -> String {
        let since = reading.resetNanoseconds == 0 ? reading.power.measuredNanoseconds
            : max(0, reading.power.timestampNanoseconds - reading.resetNanoseconds)
        return fixed(Double(since) * 1e-9, decimals: 1)
    }

    /// What makes its word doubtful.
    private static func doubts(_ meter: MeterTrack, _ reading: MeterReading) -> String {
        let power = reading.power
        var text = ""
        if power.isSaturated { text += "; AT THE END OF ITS RANGE: the current may be higher" }
        if power.watts < 0 { text += "; negative: the shunt is the other way round, or power flows back" }
        if power.timestampNanoseconds - power.unchangedSince > suspiciousNanoseconds {
            text += "; the same to the last bit for \((power.timestampNanoseconds - power.unchangedSince) / 1_000_000_000) s: is it stuck?"
        }
        if power.missedNanoseconds > 0 { text += "; \(fixed(Double(power.missedNanoseconds) * 1e-9, decimals: 1)) s not measured" }
        let faults = meter.health.read().counters
        if SensorText.faults(faults) != "no faults" { text += "; \(SensorText.faults(faults))" }
        return text
    }

    static func object(_ meter: MeterTrack) -> JSONObject {
        let reading = meter.reading.read(), power = reading.power, health = meter.health.read()
        var object = JSONObject()
        object.set("meter", meter.source.name)
        object.set("source", meter.source.title)
        object.set("state", health.state.name)
        object.set("samples", Int64(truncatingIfNeeded: power.samples))
        if power.samples > 0 {
            object.set("time_s", Double(power.timestampNanoseconds) * 1e-9, decimals: 6)
            var channels: [JSONObject] = []
            let mask = meter.source.configuration.channelMask
            for channel in 0..<PowerMeterConfiguration.maximumChannels where mask & (1 << UInt8(channel)) != 0 {
                var entry = JSONObject()
                entry.set("channel", channel + 1)
                entry.set("volts", Double(power.volts[channel]), decimals: 4)
                entry.set("amperes", Double(power.amperes[channel]), decimals: 6)
                channels.append(entry)
            }
            object.set("channels", channels)
            object.set("watts", Double(power.watts), decimals: 6)
            object.set("joules", power.joules, decimals: 6)
            object.set("joulesSinceReset", reading.joulesSinceReset, decimals: 6)
            object.set("measuredSeconds", Double(power.measuredNanoseconds) * 1e-9, decimals: 3)
            object.set("missedSeconds", Double(power.missedNanoseconds) * 1e-9, decimals: 3)
            object.set("saturated", power.isSaturated)
            object.set("unchangedSeconds", Double(power.timestampNanoseconds - power.unchangedSince) * 1e-9, decimals: 1)
        }
        var faults = JSONObject()
        SensorFault.forEach { fault in faults.set(fault.key, Int64(fault.count(in: health.counters))) }
        object.set("faults", faults)
        return object
    }
}
