import CLinux
import Platform

/// How the next token is chosen. What is off costs nothing.
public struct SamplerSettings: Sendable {
    /// 0: always the likeliest token.
    public var temperature: Float = 0.8
    /// Only the so many likeliest; 0: all.
    public var topK: Int = 40
    /// Only the likeliest that together reach this probability; 1: all.
    public var topP: Float = 0.95
    /// Only tokens at least this probable compared with the likeliest; 0: all.
    public var minP: Float = 0.05
    /// Logits of tokens seen lately are divided by this where positive, multiplied where negative (Keskar et al. 2019);
    /// 1: no penalty.
    public var repetitionPenalty: Float = 1
    /// How many of the last tokens count as seen lately.
    public var repetitionWindow: Int = 64
    public var seed: UInt64 = 0

    public init() {}

    /// Always the likeliest token: a temperature of 0, the rest as by default.
    public static var greedy: SamplerSettings {
        var settings = SamplerSettings()
        settings.temperature = 0
        return settings
    }

    /// Whether the likeliest token is always taken, so that chance and the cuts have no part.
    public var isGreedy: Bool { temperature == 0 || topK == 1 }
}

/// Chooses tokens from logits: repetition penalty, temperature, then the cuts of top-k, top-p and min-p, in this
/// order, over the probabilities that the steps before left. Equal logits go by the lower token number, so results
/// are the same everywhere. Allocates at start only.
public final class Sampler {
    public let settings: SamplerSettings
    private let vocabulary: Int
    private var random: RandomSource
    /// A heap of tokens, the least likely (of top-k) or the likeliest (without top-k) first.
    private let heap: UnsafeMutablePointer<Int32>
    /// Probabilities of the candidates, likeliest first, not yet divided by their sum.
    private let candidates: UnsafeMutablePointer<Int32>
    private let weights: UnsafeMutablePointer<Float>
    private let room: Int
    private let seen: UnsafeMutablePointer<UInt64>

    /// Allocates for a vocabulary of so many tokens. Fails with `usage` for settings out of range, `badFormat` for no tokens.
    public init(_ settings: SamplerSettings, vocabulary: Int) throws(Failure) {
        guard vocabulary > 0 else { throw Failure(.badFormat, "a vocabulary without tokens") }
        guard settings.temperature >= 0, settings.temperature.isFinite, settings.topP > 0, settings.topP <= 1, settings.minP >= 0,
              settings.minP <= 1,
              settings.repetitionPenalty > 0, settings.repetitionPenalty.isFinite, settings.topK >= 0, settings.repetitionWindow >= 0
        else {
            throw Failure(.usage,
                "sampling: temperature from 0, top-k from 0, top-p above 0 to 1, min-p 0 to 1 and a repetition penalty above 0 are "
                    + "expected")
        }
        self.settings = settings
        self.vocabulary = vocabulary
        random = RandomSource(seed: settings.seed)
        room = settings.isGreedy ? 1 : settings.topK == 0 ? vocabulary : min(settings.topK, vocabulary)
        heap = .allocate(capacity: room)
        candidates = .allocate(capacity: room)
        weights = .allocate(capacity: room)
        seen = .allocate(capacity: (vocabulary + 63) / 64)
        seen.initialize(repeating: 0, count: (vocabulary + 63) / 64)
    }

    deinit {
        heap.deallocate()
        candidates.deallocate()
        weights.deallocate()
        seen.deallocate()
    }

    /// The next token after `recent` (oldest first), from logits that this changes where a penalty is set. NaN counts
    /// as impossible.
    public func next(_ logits: UnsafeMutablePointer<Float>, after recent: UnsafeBufferPointer<Int32>) -> Int32 {
        penalize(logits, recent)
        if settings.isGreedy { return likeliest(logits) }
        let count = settings.topK == 0 ? gatherAll(logits) : gatherTop(logits)
        guard count > 0 else { return likeliest(logits) }
        var sum: Float = 0
        for i in 0..<count { sum += weights[i] }
        var target = Float(random.unit()) * sum
        for i in 0..<count {
            target -= weights[i]
            if target < 0 { return candidates[i] }
        }
        return candidates[count - 1]
    }

    private func penalize(_ logits: UnsafeMutablePointer<Float>, _ recent: UnsafeBufferPointer<Int32>) {
        guard settings.repetitionPenalty != 1 else { return }
        let first = max(0, recent.count - settings.repetitionWindow)
        // Once a token, however often it was seen.
        for i in first..<recent.count where !mark(recent[i]) {
            let token = Int(recent[i])
            logits[token] = logits[token] > 0 ? logits[token] / settings.repetitionPenalty : logits[token] * settings.repetitionPenalty
        }
        for i in first..<recent.count { seen[Int(recent[i]) >> 6] = 0 }
    }

    /// Marks a token; true where it was marked before.
    private func mark(_ token: Int32) -> Bool {
        let bit: UInt64 = 1 << UInt64(token & 63), word = Int(token) >> 6
        defer { seen[word] |= bit }
        return seen[word] & bit != 0
    }

    private func likeliest(_ logits: UnsafeMutablePointer<Float>) -> Int32 {
        var best = 0
        var value = -Float.infinity
        for token in 0..<vocabulary where logits[token] > value {
            value = logits[token]
            best = token
        }
        return Int32(best)
    }

    /// Whether `a` comes before `b` in the order of likelihood.
    @inline(__always)
    private func precedes(_ a: Int32, _ b: Int32, _ logits: UnsafeMutablePointer<Float>) -> Bool {
        let x = logits[Int(a)], y = logits[Int(b)]
        return x > y || (x == y && a < b)
    }

    // MARK: top-k: a heap of the k best with the worst of them on top

    private func gatherTop(_ logits: UnsafeMutablePointer<Float>) -> Int {
        var used = 0
        for token in 0..<Int32(vocabulary) where !logits[Int(token)].isNaN {
            if used < room {
                heap[used] = token
                used += 1
                if used == room {
                    for i in stride(from: used / 2 - 1, through: 0, by: -1) { sink(i, used) { !self.precedes($0, $1, logits) } }
                }
            } else if logits[Int(token)] > logits[Int(heap[0])] {
                heap[0] = token
                sink(0, used) { !self.precedes($0, $1, logits) }
            }
        }
        if used < room { for i in stride(from: used / 2 - 1, through: 0, by: -1) { sink(i, used) { !self.precedes($0, $1, logits) } } }
        // Worst first off the heap: filled from the back.
        for place in stride(from: used - 1, through: 0, by: -1) {
            candidates[place] = heap[0]
            heap[0] = heap[place]
            sink(0, place) { !self.precedes($0, $1, logits) }
        }
        return cut(used, logits)
    }

    // MARK: everything: a heap with the likeliest on top, taken from until the cuts end it

    private func gatherAll(_ logits: UnsafeMutablePointer<Float>) -> Int {
        var used = 0
        for token in 0..<Int32(vocabulary) where !logits[Int(token)].isNaN {
            heap[used] = token
            used += 1
        }
        guard used > 0 else { return 0 }
        for i in stride(from: used / 2 - 1, through: 0, by: -1) { sink(i, used) { self.precedes($0, $1, logits) } }
        let largest = logits[Int(heap[0])]
        guard largest.isFinite else { return 0 }
        var total: Float = 0
        for i in 0..<used { total += weight(logits[Int(heap[i])], largest) }
        var taken = 0
        var left = used
        var reached: Float = 0
        while left > 0 {
            let token = heap[0], weight = weight(logits[Int(token)], largest)
            if weight < settings.minP && taken > 0 { break }
            candidates[taken] = token
            weights[taken] = weight
            taken += 1
            reached += weight
            if reached >= settings.topP * total { break }
            left -= 1
            heap[0] = heap[left]
            sink(0, left) { self.precedes($0, $1, logits) }
        }
        return taken
    }

    @inline(__always)
    private func weight(_ logit: Float, _ largest: Float) -> Float { expf((logit - largest) / settings.temperature) }

    /// The candidates, likeliest first, cut by top-p and min-p.
    private func cut(_ count: Int, _ logits: UnsafeMutablePointer<Float>) -> Int {
        guard count > 0, logits[Int(candidates[0])].isFinite else { return 0 }
        let largest = logits[Int(candidates[0])]
        var sum: Float = 0
        for i in 0..<count {
            weights[i] = weight(logits[Int(candidates[i])], largest)
            sum += weights[i]
        }
        var reached: Float = 0
        for i in 0..<count {
            if i > 0, weights[i] < settings.minP { return i }
            reached += weights[i]
            if reached >= settings.topP * sum { return i + 1 }
        }
        return count
    }

    /// Restores the heap's order below `start`; `above(a, b)`: a may stand above b.
    @inline(__always)
    private func sink(_ start: Int, _ count: Int, _ above: (Int32, Int32) -> Bool) {
        var parent = start
        while true {
            var child = 2 * parent + 1
            if child >= count { return }
            if child + 1 < count, above(heap[child + 1], heap[child]) { child += 1 }
            if above(heap[parent], heap[child]) { return }
            let held = heap[parent]
            heap[parent] = heap[child]
            heap[child] = held
            parent = child
        }
    }
}
