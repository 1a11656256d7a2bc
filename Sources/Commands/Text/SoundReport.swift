import Hearing
import Platform

/// What was heard in a file.
struct SoundReport {
    /// Windows of the model.
    var windows = 0
    private let path: String
    private let rateHertz: Int
    /// For JSON; text tells each at once, and a pipe may have no end.
    private var sounds: [(span: SoundSpan, label: String)] = []
    private var hasSounds = false
    private let isJSON: Bool
    private var samples: Int64 = 0
    private var warning: String?
    private var nanoseconds: Int64 = 0

    init(path: String, rateHertz: Int, isJSON: Bool) {
        self.path = path
        self.isJSON = isJSON
        self.rateHertz = rateHertz
    }

    mutating func add(_ span: SoundSpan, _ label: String) {
        hasSounds = true
        if isJSON { sounds.append((span, label)) }
    }

    /// - Parameter nanoseconds: from opening the file to its end.
    mutating func end(samples: Int64, warning: String?, nanoseconds: Int64) {
        self.samples = samples
        self.warning = warning
        self.nanoseconds = nanoseconds
    }

    /// "  0.00 -   2.40 s  0.93  Speech"
    func line(_ span: SoundSpan, _ label: String) -> String {
        "\(padLeft(fixed(seconds(span.start), decimals: 2), 6)) - \(padLeft(fixed(seconds(span.end), decimals: 2), 6)) s  "
            + "\(fixed(span.score, decimals: 2))  \(label)"
    }

    func summary(_ threshold: Float) -> String {
        "\(path): \(fixed(seconds(samples), decimals: 1)) s of sound, \(windows) windows in \(milliseconds(nanoseconds, decimals: 1)); "
            + "\(fixed(realTimeFactor, decimals: 4)) of real time"
            + (!hasSounds ? "; nothing had a score of \(fixed(threshold, decimals: 2))" : "")
    }

    /// Sounds in the order of their beginnings.
    var json: String {
        var order = Array(sounds.indices)
        order.order { sounds[$0].span.start != sounds[$1].span.start ? sounds[$0].span.start < sounds[$1].span.start : $0 < $1 }
        var object = JSONObject(), times = JSONObject()
        times.set("all", Double(nanoseconds) / 1e6, decimals: 3)
        object.set("file", path)
        object.set("sounds", order.map { self.object(sounds[$0].span, sounds[$0].label) })
        object.set("audioSeconds", seconds(samples), decimals: 3)
        object.set("windows", windows)
        object.set("milliseconds", times)
        object.set("realTimeFactor", realTimeFactor, decimals: 4)
        if let warning { object.set("warning", warning) }
        return object.line
    }

    private func object(_ span: SoundSpan, _ label: String) -> JSONObject {
        var object = JSONObject()
        object.set("from", seconds(span.start), decimals: 3)
        object.set("to", seconds(span.end), decimals: 3)
        object.set("label", label)
        object.set("index", span.index)
        object.set("score", Double(span.score), decimals: 5)
        return object
    }

    private func seconds(_ samples: Int64) -> Double { Double(samples) / Double(rateHertz) }
    private var realTimeFactor: Double { samples > 0 ? Double(nanoseconds) / 1e9 / seconds(samples) : 0 }
}
