import Foundation

/// What a row of logits says: the most likely token, and how likely others are.
struct Prediction {
    let best: Int
    private let logits: UnsafePointer<Float>, count: Int

    /// - Parameter logits: `count` of them, unchanged as long as this is used.
    init(_ logits: UnsafePointer<Float>, _ count: Int) {
        var best = 0
        for i in 1..<count where logits[i] > logits[best] { best = i }
        self.best = best
        self.logits = logits
        self.count = count
    }

    /// The logarithm of a token's probability.
    func logarithm(of token: Int) -> Double {
        var total = 0.0
        for i in 0..<count { total += exp(Double(logits[i] - logits[best])) }
        return Double(logits[token] - logits[best]) - log(total)
    }
}
