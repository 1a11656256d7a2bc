/// Where the attitude will be a few milliseconds ahead, for displays that must draw the future: the angular rate is
/// continued with its present acceleration, which is smoothed because differences amplify noise.
public struct PosePredictor: Sendable {
    /// Memory of the acceleration estimate, seconds: long enough to average gyroscope noise, shorter than the
    /// 50–100 ms in which a hand or head changes its mind.
    public var smoothingSeconds: Float = 0.015
    private var previous = SIMD3<Float>()
    private var acceleration = SIMD3<Float>()
    private var isStarted = false

    public init() {}

    /// Takes the filter after its update.
    public mutating func update(_ filter: PoseFilter, interval: Float) {
        let rate = filter.rate
        if isStarted, interval > 0, interval < 0.1 {
            acceleration += ((rate - previous) * (1 / interval) - acceleration) * FastMath.gain(interval / smoothingSeconds)
        } else {
            acceleration = SIMD3()
        }
        previous = rate
        isStarted = true
    }

    /// The attitude expected `seconds` (0–0.1) after the newest sample.
    public func predict(_ attitude: Attitude, seconds: Float) -> Attitude {
        let ahead = min(max(seconds, 0), 0.1)
        // Full acceleration overshoots: motion is as likely to slow down as to go on. It fades over 40 ms.
        let trusted = ahead / (1 + ahead / 0.04)
        let half = (previous + acceleration * (0.5 * trusted)) * (0.5 * ahead)
        let square = min(squaredLength(half), 9)
        let angle = square.squareRoot()
        let turn = FastMath.sineCosine(angle)
        let factor = angle > 1e-6 ? turn.sine / angle : 1
        return (attitude * Attitude(turn.cosine, half.x * factor, half.y * factor, half.z * factor)).normalised
    }
}
