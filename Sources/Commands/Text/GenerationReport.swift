import Engine
import Language
import Platform

/// The figures of a generation.
struct GenerationReport {
    let statistics: GenerationStatistics
    let session: LanguageSession
    let loadNanoseconds: Int64
    let seed: UInt64
    /// The conveyor's counters before.
    let before: ConveyorCounters

    private var memory: ModelMemory { session.runner.model.memory }
    private var streamedBytes: Int { session.runner.counters.streamedBytes - before.streamedBytes }
    private var stalls: Int { session.runner.counters.stalls - before.stalls }
    private var newPromptTokens: Int { statistics.promptTokens - statistics.reusedTokens }

    /// The first token comes out of the prompt's last pass; the others each took one, or a part of one.
    private var decodeNanoseconds: Int64 { statistics.nanoseconds - statistics.firstTokenNanoseconds }
    private func rate(_ tokens: Int, _ nanoseconds: Int64) -> Double { nanoseconds > 0 ? Double(tokens) * 1e9 / Double(nanoseconds) : 0 }
    private var decodeRate: Double { rate(max(0, statistics.tokens - 1), decodeNanoseconds) }
    private var promptRate: Double { rate(newPromptTokens, statistics.firstTokenNanoseconds) }

    private var end: String {
        switch statistics.end {
        case .endToken: "the model ended it"
        case .stopString: "a stop text came"
        case .length: "as long as asked for"
        case .cancelled: "cancelled"
        }
    }

    var lines: [String] {
        var lines = ["\(statistics.tokens) tokens, \(fixed(decodeRate, decimals: 1)) a second (\(end)); prompt \(statistics.promptTokens) "
                     + "tokens, "
            + "\(fixed(promptRate, decimals: 1)) a second; first token after "
                + "\(milliseconds(loadNanoseconds + statistics.firstTokenNanoseconds, decimals: 0)); seed \(seed)"]
        var second = "memory: cache \(megabytes(memory.cacheBytes)), weights \(megabytes(memory.residentWeightBytes))"
        if memory.streamedWeightBytes > 0 {
            second += " resident and \(megabytes(memory.windowBytes)) window, \(megabytes(streamedBytes / max(1, statistics.tokens))) "
                + "streamed a token, \(stalls) stalls"
        }
        second += ", process \(megabytes(ProcessMemory.resident)), at most \(megabytes(ProcessMemory.peak)); context "
            + "\(session.runner.contextLength)"
        lines.append(second)
        if statistics.reusedTokens > 0 { lines.append("\(statistics.reusedTokens) tokens of the prompt were known already") }
        if statistics.draftedTokens > 0 {
            lines.append("drafts: \(statistics.acceptedTokens) of \(statistics.draftedTokens) tokens were right")
        }
        if statistics.slides > 0 {
            lines.append("the text was longer than the context of \(session.runner.contextLength): its older part was forgotten "
                         + "\(statistics.slides) times")
        }
        return lines
    }

    func json(text: String) -> String {
        var bytes = JSONObject()
        bytes.set("cache", memory.cacheBytes)
        bytes.set("arena", memory.arenaBytes)
        bytes.set("residentWeights", memory.residentWeightBytes)
        bytes.set("window", memory.windowBytes)
        bytes.set("streamed", streamedBytes)
        bytes.set("process", ProcessMemory.resident)
        bytes.set("processPeak", ProcessMemory.peak)
        var object = JSONObject()
        object.set("text", text)
        object.set("end", end)
        object.set("tokens", statistics.tokens)
        object.set("tokensPerSecond", decodeRate, decimals: 2)
        object.set("promptTokens", statistics.promptTokens)
        object.set("promptTokensReused", statistics.reusedTokens)
        object.set("promptTokensPerSecond", promptRate, decimals: 2)
        object.set("loadMilliseconds", Double(loadNanoseconds) / 1e6, decimals: 2)
        object.set("firstTokenMilliseconds", Double(statistics.firstTokenNanoseconds) / 1e6, decimals: 2)
        object.set("milliseconds", Double(statistics.nanoseconds) / 1e6, decimals: 2)
        object.set("drafted", statistics.draftedTokens)
        object.set("accepted", statistics.acceptedTokens)
        object.set("slides", statistics.slides)
        object.set("stalls", stalls)
        object.set("context", session.runner.contextLength)
        object.set("seed", Int64(truncatingIfNeeded: seed))
        object.set("bytes", bytes)
        return object.line
    }
}
