import CLinux

/// One answer of a classifier.
public struct Classification: Sendable, Equatable {
    public var index: Int
    /// 0...1.
    public var probability: Float

    public init(index: Int, probability: Float) {
        self.index = index
        self.probability = probability
    }
}

/// The `count` most likely classes of one output vector, best first; equal ones in the order of their indices. The
/// ranking needs no softmax; it is applied to the winners alone, and only where the outputs aren't probabilities yet.
public func topClasses(_ scores: TensorView, count: Int) -> [Classification] {
    var best: [Classification] = []
    var highest = -Float.infinity, lowest = Float.infinity, sum: Float = 0
    for index in 0..<scores.count {
        let score = scores[index]
        guard score.isFinite else { continue }
        highest = max(highest, score)
        lowest = min(lowest, score)
        sum += score
        if best.count == count, let last = best.last, score <= last.probability { continue }
        var place = best.count
        while place > 0, best[place - 1].probability < score { place -= 1 }
        best.insert(Classification(index: index, probability: score), at: place)
        if best.count > count { best.removeLast() }
    }
    if areProbabilities(scores.element, lowest: lowest, highest: highest, sum: sum) { return best }
    var total: Float = 0
    for index in 0..<scores.count where scores[index].isFinite { total += expf(scores[index] - highest) }
    for place in 0..<best.count { best[place].probability = expf(best[place].probability - highest) / total }
    return best
}

/// Every class's probability, as `topClasses` gives it; 0 where the network's output isn't finite. Allocates nothing.
public func probabilities(_ scores: TensorView, into target: UnsafeMutableBufferPointer<Float>) {
    var highest = -Float.infinity, lowest = Float.infinity, sum: Float = 0, total: Float = 0
    let count = min(scores.count, target.count)
    for index in 0..<count {
        let score = scores[index]
        target[index] = score
        guard score.isFinite else { continue }
        highest = max(highest, score)
        lowest = min(lowest, score)
        sum += score
    }
    let areDone = areProbabilities(scores.element, lowest: lowest, highest: highest, sum: sum)
    for index in 0..<count {
        if !target[index].isFinite { target[index] = 0 } else if !areDone {
            target[index] = expf(target[index] - highest)
            total += target[index]
        }
    }
    if areDone || total <= 0 { return }
    for index in 0..<count { target[index] /= total }
}

/// Whether a softmax was the network's last layer. Quantised probabilities have the fixed scale 1/256 from -128; their
/// sum is no guide, because most of a thousand classes round to 0.
private func areProbabilities(_ element: TensorView.Element, lowest: Float, highest: Float, sum: Float) -> Bool {
    switch element {
    case .int8(let scale, let zeroPoint): return zeroPoint == -128 && abs(scale * 256 - 1) < 0.01
    case .float32: return lowest >= 0 && highest <= 1.0001 && abs(sum - 1) < 0.02
    }
}
