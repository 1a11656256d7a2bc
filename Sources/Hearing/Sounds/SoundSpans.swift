/// A stretch of sound in which a class was heard.
public struct SoundSpan: Sendable, Equatable {
    /// Number of the class.
    public var index: Int
    /// Its first sample and the one behind its last.
    public var start: Int64, end: Int64
    /// The highest of its windows, 0 to 1.
    public var score: Float

    public init(index: Int, start: Int64, end: Int64, score: Float) {
        self.index = index
        self.start = start
        self.end = end
        self.score = score
    }
}

/// Joins what a model says of windows: a class that is among a window's best, and likely enough, goes on for as long as it is in one
/// window after the other. Allocates nothing after its start.
public final class SoundSpans {
    private let most: Int
    private let threshold: Float
    /// By class: what was heard of it, while it goes on, and whether the newest window has it.
    private var open: [SoundSpan?]
    private var isHeard: [Bool]

    /// - Parameters:
    ///   - classes: how many scores a window has.
    ///   - most: classes that one window may have.
    ///   - threshold: a score below it is none.
    public init(classes: Int, most: Int, threshold: Float) {
        self.most = most
        self.threshold = threshold
        open = [SoundSpan?](repeating: nil, count: classes)
        isHeard = [Bool](repeating: false, count: classes)
    }

    /// Takes the scores of the next window, one a class, and tells what is over with it, the earliest first.
    public func take(_ scores: UnsafeBufferPointer<Float>, start: Int64, end: Int64, _ tell: (SoundSpan) -> Void) {
        choose(scores)
        tellEnded(tell)
        for index in isHeard.indices where isHeard[index] {
            var span = open[index] ?? SoundSpan(index: index, start: start, end: end, score: scores[index])
            span.end = end
            span.score = max(span.score, scores[index])
            open[index] = span
        }
    }

    /// The sound is over.
    public func finish(_ tell: (SoundSpan) -> Void) {
        for index in isHeard.indices { isHeard[index] = false }
        tellEnded(tell)
    }

    private func choose(_ scores: UnsafeBufferPointer<Float>) {
        for index in isHeard.indices { isHeard[index] = false }
        for _ in 0..<min(most, isHeard.count) {
            var best: Int?
            for index in isHeard.indices where !isHeard[index] && scores[index] >= threshold {
                if best.map({ scores[index] > scores[$0] }) ?? true { best = index }
            }
            guard let best else { return }
            isHeard[best] = true
        }
    }

    private func tellEnded(_ tell: (SoundSpan) -> Void) {
        while true {
            var first: Int?
            for index in open.indices where !isHeard[index] {
                guard let span = open[index] else { continue }
                if first.map({ span.start < open[$0]?.start ?? .max }) ?? true { first = index }
            }
            guard let first, let span = open[first] else { return }
            open[first] = nil
            tell(span)
        }
    }
}
