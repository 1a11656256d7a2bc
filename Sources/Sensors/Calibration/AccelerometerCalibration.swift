import Platform

/// Offsets and scales of the accelerometer from six positions, each axis up and down in turn, held still for a second.
/// Feed it every sample, uncorrected. In further positions, tilted ones among them, it also finds how far the axes are
/// from square: nine parameters from twelve positions on.
public struct AccelerometerCalibration {
    /// Which axis of the samples points up, against gravity.
    public enum Face: UInt8, Sendable, CaseIterable {
        case xUp, xDown, yUp, yDown, zUp, zDown
        /// "x up".
        public var name: String {
            switch self {
            case .xUp: "x up"
            case .xDown: "x down"
            case .yUp: "y up"
            case .yDown: "y down"
            case .zUp: "z up"
            case .zDown: "z down"
            }
        }
    }

    public static let gravity: Float = 9.80665
    private var window = RestWindow(seconds: 1)
    private var fit = EllipsoidFit(unit: 9.80665)
    private var done: UInt8 = 0
    private var last = SIMD3<Double>(repeating: 0)
    /// Positions taken so far.
    public private(set) var positions = 0

    public init() {}

    /// Whether all six faces have been up: `apply` can work.
    public var isComplete: Bool { done == 0x3F }

    /// The faces that haven't been up yet.
    public var missing: [Face] {
        var faces: [Face] = []
        for face in Face.allCases where done & (1 << face.rawValue) == 0 { faces.append(face) }
        return faces
    }

    /// 0 to 1 of the position that is being held.
    public var progress: Float { Float(window.progress) }

    /// True when a new position has been taken: the person may turn the board.
    public mutating func add(_ sample: InertialSample) -> Bool {
        guard window.add(sample) else { return false }
        let mean = window.meanAcceleration
        window.restart()
        // The same position again adds nothing, and would weigh more than the others.
        let turned = mean - last
        guard (turned * turned).sum() > 4, (mean * mean).sum() > 25, (mean * mean).sum() < 225, positions < 1000 else { return false }
        last = mean
        fit.add(mean)
        positions += 1
        for axis in 0..<3 where mean[axis].magnitude > 8 { done |= 1 << UInt8(2 * axis + (mean[axis] > 0 ? 0 : 1)) }
        return true
    }

    /// Sets offset and matrix of a calibration. Fails with `usage` where faces are missing or the positions contradict
    /// each other.
    public func apply(to calibration: inout SensorCalibration) throws(Failure) {
        guard isComplete else {
            var names = ""
            for face in missing { names += (names.isEmpty ? "" : ", ") + face.name }
            throw Failure(.usage, "the accelerometer has not been held still with \(names) yet")
        }
        let full = positions >= 12 ? fit.solve() : nil
        let accepted = full.flatMap { Self.isBelievable($0) ? $0 : nil } ?? fit.solve(isAligned: true)
        guard let solution = accepted, Self.isBelievable(solution) else {
            throw Failure(.usage,
                          "the six positions contradict each other; hold the board still in each, away from vibration, and calibrate again")
        }
        calibration.accelerometerOffset = SIMD3<Float>(solution.centre)
        calibration.accelerometerMatrix = solution.matrix.scaled(by: 9.80665 / solution.radius).columns
    }

    /// No accelerometer is worse than this: offsets of 2 m/s², a fifth in scale.
    private static func isBelievable(_ solution: EllipsoidFit.Solution) -> Bool {
        (solution.centre * solution.centre).sum() < 4 && solution.elongation < 1.2 && solution.residual < 0.02
            && solution.radius > 8 && solution.radius < 12
    }
}
