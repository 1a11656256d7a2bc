/// What a board feels at one moment, in its own axes.
public struct MotionState: Sendable {
    /// Specific force, m/s²: at rest it points up and is as long as gravity.
    public var acceleration: SIMD3<Double>
    /// rad/s
    public var angularRate: SIMD3<Double>
    /// µT
    public var magneticField: SIMD3<Double>

    public init(acceleration: SIMD3<Double>, angularRate: SIMD3<Double>, magneticField: SIMD3<Double>) {
        self.acceleration = acceleration
        self.angularRate = angularRate
        self.magneticField = magneticField
    }

    /// Lying flat, facing north in middle latitudes of the northern hemisphere (axes east, north, up).
    public static let rest = MotionState(acceleration: SIMD3(0, 0, standardGravity), angularRate: .zero,
                                         magneticField: SIMD3(0, 20, -44))
}

/// m/s²
public let standardGravity = 9.80665

/// The motion that simulated chips feel. May be asked by several threads at once, for any time in any order.
public protocol Motion: AnyObject {
    /// At a time of the board's clock (monotonic nanoseconds), in the board's axes; the same for the same time.
    func state(atNanoseconds time: Int64) -> MotionState
}

/// A board that doesn't move.
public final class StillMotion: Motion {
    private let resting: MotionState
    /// `state` is felt for ever; without one, a board that lies flat and faces north.
    public init(_ state: MotionState = .rest) { resting = state }
    public func state(atNanoseconds time: Int64) -> MotionState { resting }
}

/// A board that turns at a constant rate about an axis fixed in it: gravity and the magnetic field go round as they do
/// for the board.
public final class TurningMotion: Motion {
    private let start: MotionState
    private let axis: SIMD3<Double>
    private let rate: Double
    private let angularRate: SIMD3<Double>

    /// - Parameter angularRate: rad/s, in the board's axes.
    public init(angularRate: SIMD3<Double>, start: MotionState = .rest) {
        self.start = start
        self.angularRate = angularRate
        rate = (angularRate * angularRate).sum().squareRoot()
        axis = rate > 0 ? angularRate / rate : SIMD3(0, 0, 1)
    }

    public func state(atNanoseconds time: Int64) -> MotionState {
        // The world turns backwards in the board's axes.
        let angle = -rate * (Double(time) * 1e-9)
        return MotionState(acceleration: start.acceleration.rotated(by: angle, about: axis), angularRate: angularRate,
                           magneticField: start.magneticField.rotated(by: angle, about: axis))
    }
}
