import Board
import Device
import Platform

/// A microphone as text.
enum MicrophoneText {
    static func state(_ event: FirmwareEvent) -> MicrophoneState {
        MicrophoneState(rawValue: UInt8(truncatingIfNeeded: event.value)) ?? .searching
    }

    /// "16000 Hz, 2 channels of S32_LE".
    static func format(_ format: MicrophoneFormat) -> String {
        "\(format.rateHertz) Hz, \(format.channels == 1 ? "one channel" : "\(format.channels) channels") of \(format.encoding.name)"
    }

    /// "-42.1 dBFS".
    static func decibels(_ level: Float) -> String { "\(fixed(level, decimals: 1)) dBFS" }

    static func line(_ reading: MicrophoneReading) -> String {
        var text = reading.state.name
        if let format = reading.format { text += ", \(Self.format(format))" }
        if reading.state == .running { text += ", level \(decibels(reading.level)), peak \(decibels(reading.peak))" }
        text += ", overruns \(reading.overruns)"
        if reading.losses > 0 { text += ", gone \(reading.losses) times" }
        return text
    }

    /// For a display that is drawn again and again.
    static func block(_ microphone: MicrophoneLoop, _ reading: MicrophoneReading) -> [String] {
        // A character for two decibels, from -80.
        let filled = Int(max(0, min(40, (reading.level + 80) / 2))), top = Int(max(0, min(40, (reading.peak + 80) / 2)))
        return [
            microphone.title, "  \(line(reading))",
            "  [" + repeated("#", filled) + repeated("-", max(0, top - filled)) + repeated(" ", 40 - max(top, filled)) + "]",
            "  any key ends",
        ]
    }

    static func object(_ microphone: MicrophoneLoop) -> JSONObject {
        let reading = microphone.reading.read()
        var object = JSONObject()
        object.set("title", microphone.title)
        object.set("state", reading.state.name)
        if let format = reading.format {
            object.set("rateHertz", format.rateHertz)
            object.set("channels", format.channels)
            object.set("encoding", format.encoding.name)
        }
        object.set("samples", Int64(truncatingIfNeeded: reading.samples))
        object.set("levelDecibels", Double(reading.level), decimals: 1)
        object.set("peakDecibels", Double(reading.peak), decimals: 1)
        object.set("overruns", Int64(reading.overruns))
        object.set("gone", Int64(reading.losses))
        let listening = microphone.listening.read()
        if listening.isListening { object.set("listening", ListeningText.object(listening)) }
        return object
    }

    static func object(_ listing: MicrophoneListing) -> JSONObject {
        var object = JSONObject()
        object.set("device", listing.identifier)
        object.set("name", listing.name)
        object.set("busy", listing.isBusy)
        return object
    }
}
