import Hearing
import Platform

/// What a transcription found and took.
struct TranscriptReport {
    let path: String
    let pieces: [TranscriptSegment]
    let statistics: TranscriptionStatistics
    /// From opening the file to its end.
    let nanoseconds: Int64
    let warning: String?

    /// Time taken as a share of the sound's; 0 where there was none.
    private var realTimeFactor: Double {
        statistics.audioSeconds > 0 ? Double(nanoseconds) / 1e9 / statistics.audioSeconds : 0
    }

    var line: String {
        "\(path): \(fixed(statistics.audioSeconds, decimals: 1)) s of sound, features "
            + "\(milliseconds(statistics.featureNanoseconds, decimals: 0)), "
            + "encoder \(milliseconds(statistics.encoderNanoseconds, decimals: 0)), "
            + "decoder \(milliseconds(statistics.decoderNanoseconds, decimals: 0)) for \(statistics.tokens) tokens; "
            + "\(fixed(realTimeFactor, decimals: 3)) of real time" + (pieces.isEmpty ? "; no speech was heard" : "")
    }

    var json: String {
        var times = JSONObject()
        times.set("features", Double(statistics.featureNanoseconds) / 1e6, decimals: 3)
        times.set("encoder", Double(statistics.encoderNanoseconds) / 1e6, decimals: 3)
        times.set("decoder", Double(statistics.decoderNanoseconds) / 1e6, decimals: 3)
        times.set("all", Double(nanoseconds) / 1e6, decimals: 3)
        var object = JSONObject()
        object.set("file", path)
        object.set("text", TranscriptSegment.joined(pieces))
        object.set("language", pieces.first?.language ?? "")
        object.set("segments", pieces.map { Self.object($0) })
        object.set("audioSeconds", statistics.audioSeconds, decimals: 3)
        object.set("milliseconds", times)
        object.set("realTimeFactor", realTimeFactor, decimals: 4)
        object.set("tokens", statistics.tokens)
        object.set("windows", statistics.windows)
        object.set("windowsWithoutText", statistics.emptyWindows)
        if let warning { object.set("warning", warning) }
        return object.line
    }

    private static func object(_ piece: TranscriptSegment) -> JSONObject {
        var object = JSONObject()
        object.set("start", piece.start, decimals: 2)
        object.set("end", piece.end, decimals: 2)
        object.set("text", piece.text)
        object.set("language", piece.language)
        object.set("meanLogProbability", Double(piece.meanLogProbability), decimals: 3)
        object.set("noSpeechProbability", Double(piece.noSpeechProbability), decimals: 3)
        return object
    }
}
