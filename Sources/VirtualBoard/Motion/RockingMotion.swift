import CLinux

/// What a board without a log feels: it lies still, is turned to one side and back, lies still again. Gravity and field
/// go with the turn, so an attitude filter sees a world that fits together.
public final class RockingMotion: Motion {
    private let start: Int64
    private static let restSeconds = 4.0, turnSeconds = 4.0, angle = 0.8
    private static let axes: [SIMD3<Double>] = [SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)]

    /// `startNanoseconds`: on the board's clock; before it, and for four seconds more, the board lies still.
    public init(startNanoseconds: Int64 = 0) { start = startNanoseconds }

    public func state(atNanoseconds time: Int64) -> MotionState {
        let seconds = max(0, Double(time - start) * 1e-9)
        let period = Self.restSeconds + Self.turnSeconds
        let turn = (seconds / period).rounded(.down)
        let phase = (seconds - turn * period - Self.restSeconds) / Self.turnSeconds
        guard phase > 0 else { return .rest }
        let axis = Self.axes[Int(turn.truncatingRemainder(dividingBy: 3))]
        let angle = Self.angle * (1 - cos(2 * .pi * phase)) / 2
        let rate = Self.angle * .pi * sin(2 * .pi * phase) / Self.turnSeconds
        return MotionState(acceleration: MotionState.rest.acceleration.rotated(by: -angle, about: axis), angularRate: axis * rate,
                           magneticField: MotionState.rest.magneticField.rotated(by: -angle, about: axis))
    }
}

extension SIMD3<Double> {
    /// Rodrigues' formula; `axis` has length one.
    func rotated(by angle: Double, about axis: SIMD3<Double>) -> SIMD3<Double> {
        let cosine = cos(angle), sine = sin(angle)
        let cross = SIMD3(axis.y * z - axis.z * y, axis.z * x - axis.x * z, axis.x * y - axis.y * x)
        return self * cosine + cross * sine + axis * ((axis * self).sum() * (1 - cosine))
    }
}
