import Device
import Hearing
import Platform

/// What was heard, as text.
enum ListeningText {
    /// For `status`.
    static func line(_ reading: ListeningReading) -> String {
        var text = reading.isSpeaking ? "listening, somebody speaks" : "listening"
        text += ", utterances \(reading.utterances)"
        if reading.utterances > 0 {
            text += ", the last text \(milliseconds(reading.afterSpeechNanoseconds, decimals: 0)) after the speech, "
                + "\(milliseconds(reading.afterDecisionNanoseconds, decimals: 0)) after its end was known"
        }
        return text
    }

    static func object(_ reading: ListeningReading) -> JSONObject {
        var object = JSONObject()
        object.set("speaking", reading.isSpeaking)
        object.set("utterances", Int64(reading.utterances))
        if reading.utterances > 0 {
            object.set("millisecondsAfterSpeech", Double(reading.afterSpeechNanoseconds) / 1e6, decimals: 1)
            object.set("millisecondsAfterDecision", Double(reading.afterDecisionNanoseconds) / 1e6, decimals: 1)
        }
        return object
    }

    static func object(_ partial: PartialText) -> JSONObject {
        var object = JSONObject()
        object.set("partial", partial.text)
        object.set("language", partial.language)
        object.set("start", partial.start, decimals: 2)
        object.set("end", partial.end, decimals: 2)
        return object
    }

    /// A wake word was heard.
    static func woken(_ word: String, at seconds: Double) -> JSONObject {
        var object = JSONObject()
        object.set("woken", word)
        object.set("at", seconds, decimals: 2)
        return object
    }

    static func object(_ utterance: ListenedUtterance) -> JSONObject {
        var times = JSONObject()
        times.set("afterSpeech", Double(utterance.afterSpeechNanoseconds) / 1e6, decimals: 1)
        times.set("afterDecision", Double(utterance.afterDecisionNanoseconds) / 1e6, decimals: 1)
        times.set("encoder", Double(utterance.encoderNanoseconds) / 1e6, decimals: 1)
        times.set("decoder", Double(utterance.decoderNanoseconds) / 1e6, decimals: 1)
        var object = JSONObject()
        object.set("text", utterance.text)
        object.set("language", utterance.language)
        object.set("start", utterance.start, decimals: 2)
        object.set("end", utterance.end, decimals: 2)
        object.set("cut", utterance.isCut)
        object.set("meanLogProbability", Double(utterance.meanLogProbability), decimals: 3)
        object.set("noSpeechProbability", Double(utterance.noSpeechProbability), decimals: 3)
        object.set("passes", utterance.passes)
        object.set("milliseconds", times)
        return object
    }

    /// The end of a text that is still growing, for one row of a terminal.
    static func row(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var start = 0
        while UTF8Text.width(bytes[start...]) > 72 {
            start += 1
            while start < bytes.count, bytes[start] & 0xC0 == 0x80 { start += 1 }
        }
        return (start > 0 ? "…" : "") + String(decoding: bytes[start...], as: UTF8.self)
    }
}

/// What a listening came to.
struct ListeningReport {
    let seconds: Double
    let statistics: ListeningStatistics
    let overruns: UInt32
    let gone: UInt32
    let lost: UInt32
    /// Of all threads of the process while it listened.
    let processorNanoseconds: Int64

    private static func two(_ values: [Int64]) -> String {
        "50 % \(milliseconds(ListeningStatistics.percentile(50, of: values), decimals: 0)), "
            + "90 % \(milliseconds(ListeningStatistics.percentile(90, of: values), decimals: 0))"
    }

    var line: String {
        var text = "\(fixed(seconds, decimals: 1)) s of sound, utterances \(statistics.utterances)"
        if statistics.withoutText > 0 { text += " and \(statistics.withoutText) without speech" }
        if statistics.utterances > 0 {
            text += "; text after the speech: \(Self.two(statistics.afterSpeech)); after its end was known: "
                + Self.two(statistics.afterDecision)
        }
        if overruns > 0 { text += "; overruns \(overruns)" }
        if gone > 0 { text += "; the microphone was gone \(gone) times" }
        if lost > 0 { text += "; \(lost) samples lost: the model was too slow" }
        return text
    }

    var json: String {
        var times = JSONObject()
        for (name, values) in [("afterSpeech", statistics.afterSpeech), ("afterDecision", statistics.afterDecision)] {
            for percent in [50, 90] {
                times.set("\(name)\(percent)", Double(ListeningStatistics.percentile(percent, of: values)) / 1e6, decimals: 1)
            }
        }
        times.set("processor", Double(processorNanoseconds) / 1e6, decimals: 1)
        var summary = JSONObject()
        summary.set("audioSeconds", seconds, decimals: 3)
        summary.set("utterances", statistics.utterances)
        summary.set("utterancesWithoutText", statistics.withoutText)
        summary.set("overruns", Int64(overruns))
        summary.set("gone", Int64(gone))
        summary.set("lost", Int64(lost))
        summary.set("milliseconds", times)
        var object = JSONObject()
        object.set("summary", summary)
        return object.line
    }
}
