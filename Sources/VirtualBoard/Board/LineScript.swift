/// What happens to a line by itself: levels at times after a start, over and over where asked.
public struct LineScript {
    /// The line's level from a time on, nanoseconds since the script's start (or its last repetition).
    public struct Step: Sendable {
        public var nanoseconds: Int64
        public var level: Bool

        /// `seconds` since the script's start.
        public init(seconds: Double, _ level: Bool) {
            nanoseconds = Int64(seconds * 1e9)
            self.level = level
        }

        init(nanoseconds: Int64, level: Bool) {
            self.nanoseconds = nanoseconds
            self.level = level
        }
    }

    private let line: SimulatedLine
    private let steps: [Step]
    private let period: Int64?
    private var start: Int64
    private var index = 0

    /// - Parameters:
    ///   - steps: in order of time.
    ///   - repeatSeconds: longer than the last step; nil: once.
    public init(_ line: SimulatedLine, startNanoseconds: Int64, _ steps: [Step], repeatSeconds: Double? = nil) {
        self.line = line
        self.steps = steps
        start = startNanoseconds
        period = repeatSeconds.map { max(Int64($0 * 1e9), (steps.last?.nanoseconds ?? 0) + 1) }
    }

    var nextNanoseconds: Int64? { index < steps.count ? start + steps[index].nanoseconds : nil }

    mutating func advance(toNanoseconds now: Int64) {
        while let next = nextNanoseconds, next <= now {
            // Outputs are the firmware's.
            if !line.isOutput { line.drive(steps[index].level, atNanoseconds: next) }
            index += 1
            if index == steps.count, let period {
                index = 0
                start += period
            }
        }
    }
}
