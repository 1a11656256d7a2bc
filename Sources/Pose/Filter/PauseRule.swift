/// Which intervals no motion can be followed through: a recording that stood still, or a clock that was set forward.
enum PauseRule {
    /// Shorter ones are integrated over, seconds.
    static let longestSeconds: Float = 1
    /// So many times the usual interval; below it a log is merely slow.
    private static let usualIntervals: Float = 20

    /// - Parameter usual: the interval before it; not positive where there is none yet.
    static func isPause(_ step: Float, after usual: Float) -> Bool { step > longestSeconds && usual > 0 && step > usualIntervals * usual }
}
