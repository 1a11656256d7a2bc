import Platform

/// What a listening came to. Of the latencies the newest are kept, so that hours of it take no more memory.
public struct ListeningStatistics: Sendable {
    public private(set) var utterances = 0
    /// Utterances in which there was no speech after all.
    public internal(set) var withoutText = 0
    /// Nanoseconds, of the newest utterances, in no order.
    public private(set) var afterSpeech: [Int64] = [], afterDecision: [Int64] = []

    private static let kept = 512

    mutating func add(_ utterance: ListenedUtterance) {
        if utterances < Self.kept {
            afterSpeech.append(utterance.afterSpeechNanoseconds)
            afterDecision.append(utterance.afterDecisionNanoseconds)
        } else {
            afterSpeech[utterances % Self.kept] = utterance.afterSpeechNanoseconds
            afterDecision[utterances % Self.kept] = utterance.afterDecisionNanoseconds
        }
        utterances += 1
    }

    /// The value that so many percent of them don't exceed; 0 where there are none.
    public static func percentile(_ percent: Int, of values: [Int64]) -> Int64 {
        guard !values.isEmpty else { return 0 }
        var ordered = values
        ordered.order { $0 < $1 }
        return ordered[min(values.count - 1, (values.count * percent + 99) / 100 - 1)]
    }
}
