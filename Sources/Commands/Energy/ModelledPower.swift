import Board
import Configuration
import Platform

/// What the model of a board says that it takes now: by what its processors did since the last look, and their frequency.
final class ModelledPower {
    let model: PowerModel
    private let policies: [any FrequencyPolicy]
    private var last: ProcessorTimes?

    init(_ model: PowerModel, _ policies: [any FrequencyPolicy]) {
        self.model = model
        self.policies = policies
    }

    /// Of the first policy, or the model's highest where the kernel doesn't tell.
    var megahertz: Float {
        for policy in policies {
            if let kilohertz = try? policy.currentKilohertz(), kilohertz > 0 { return Float(kilohertz) / 1000 }
        }
        return model.points.last?.megahertz ?? 0
    }

    /// Nil at the first look, and where the kernel doesn't count.
    func watts() -> Double? {
        guard let now = ProcessorTimes.read() else { return nil }
        defer { last = now }
        guard let last, now.total > last.total else { return nil }
        let share = Double(now.busy - last.busy) / Double(now.total - last.total)
        return model.joules(seconds: 1, coreSeconds: min(max(share, 0), 1) * Double(now.processors), megahertz: megahertz, bytes: 0)
    }

    /// "estimate by the model Raspberry Pi 4, ±30 %".
    var title: String { "estimate by the model \(model.name), ±\(fixed(model.error * 100, decimals: 0)) %" }
}

/// What all processors did since the start, in the kernel's ticks (/proc/stat).
private struct ProcessorTimes {
    var busy: Int64 = 0, total: Int64 = 0
    var processors = 0

    static func read() -> ProcessorTimes? {
        guard let text = File.text("/proc/stat", limit: 1 << 20) else { return nil }
        var times = ProcessorTimes()
        for line in split(text, at: "\n") where line.utf8.starts(with: "cpu".utf8) {
            let words = splitWords(line)
            guard words.count >= 6, words[0] == "cpu" else {
                times.processors += 1
                continue
            }
            for (index, word) in words.dropFirst().prefix(8).enumerated() {
                guard let ticks = decimalInteger(word), ticks >= 0 else { return nil }
                times.total &+= ticks
                // The fourth and fifth are idle and waiting for storage.
                if index != 3, index != 4 { times.busy &+= ticks }
            }
        }
        return times.total > 0 ? times : nil
    }
}
