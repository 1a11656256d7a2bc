/// Where in a stretch of frames somebody may be speaking, and where it can be cut, by the power of the frames alone. It
/// decides carefully: what is left out is far below anything that is said.
struct SpeechSpan {
    /// Mean squares of frames 10 ms apart, full scale ±1.
    let powers: UnsafeBufferPointer<Float>

    /// Nobody is understood at −55 dB of full scale (a frame's mean square).
    private static let inaudible: Float = 3.2e-6
    /// What is 45 dB below the loudest frame is no part of what is said.
    private static let leastShare: Float = 3.2e-5
    /// Frames kept around what is heard: a second of a room's quiet does the text more good than its absence saves (measured).
    private static let margin = 100
    /// Frames that are looked at together; as many make a pause.
    private static let pause = 30

    /// The frames from the first to the last that may hold speech; nil: none do.
    var audible: Range<Int>? {
        var largest: Float = 0
        for power in powers { largest = max(largest, power) }
        guard largest > Self.inaudible else { return nil }
        let least = max(largest * Self.leastShare, Self.inaudible / 10)
        guard let first = powers.firstIndex(where: { $0 > least }), let last = powers.lastIndex(where: { $0 > least }) else { return nil }
        return max(0, first - Self.margin)..<min(powers.count, last + 1 + Self.margin)
    }

    /// Where to cut, within a range: in the middle of the last pause there, otherwise at the quietest moment of its second half.
    func cut(in range: Range<Int>) -> Int {
        let quiet = threshold
        var run = 0
        for index in range.reversed() {
            run = powers[index] <= quiet ? run + 1 : 0
            if run == Self.pause { return index + Self.pause / 2 }
        }
        let width = Self.pause / 2
        let middle = (range.lowerBound + range.upperBound) / 2
        var best = range.upperBound - width, least = Float.infinity
        for start in middle..<max(range.upperBound - width, middle + 1) {
            var sum: Float = 0
            for index in start..<min(powers.count, start + width) { sum += powers[index] }
            if sum < least { (best, least) = (start, sum) }
        }
        return best + width / 2
    }

    /// Twice the power of the quietest third of a second: what is below is as good as a pause.
    private var threshold: Float {
        guard powers.count >= Self.pause else { return 0 }
        var sum: Float = 0, least = Float.infinity
        for (index, power) in powers.enumerated() {
            sum += power
            if index >= Self.pause { sum -= powers[index - Self.pause] }
            if index >= Self.pause - 1 { least = min(least, max(0, sum)) }
        }
        return max(2 * least / Float(Self.pause), Self.inaudible / 10)
    }
}
