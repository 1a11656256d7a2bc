import CLinux

/// Root mean square attitude errors, degrees, as the BROAD benchmark defines them (Laidig et al., Data 6(7), 2021): the
/// rotation between estimate and reference, seen in the earth frame, is split into a turn about the vertical (heading)
/// and the rest (inclination). Only samples with a reference, in motion, count.
public struct AttitudeError: Sendable {
    /// Root mean squares over the samples that counted, degrees; all 0 where none did.
    public struct Summary: Sendable {
        public var total = 0.0
        public var heading = 0.0
        public var inclination = 0.0
        public var samples = 0
    }

    private var headings: [Float] = []
    private var inclinations: [Float] = []
    private var sineSum = 0.0
    private var cosineSum = 0.0

    public init() {}

    /// The error of one sample, degrees: total, heading (signed), inclination; nil where the reference was lost.
    public static func of(_ estimate: Attitude, reference: Attitude) -> (total: Float, heading: Float, inclination: Float)? {
        guard let split = split(estimate, reference) else { return nil }
        let degrees = 180 / Double.pi
        return (Float(2 * split.halfTotal * degrees), Float(2 * split.halfHeading * degrees), Float(2 * split.halfInclination * degrees))
    }

    private static func split(_ estimate: Attitude, _ reference: Attitude)
        -> (halfTotal: Double, halfHeading: Double, halfInclination: Double)? {
        let square = reference.squaredNorm
        guard square > 0.5, square < 2 else { return nil }
        var error = estimate.double * reference.double.normalised.conjugate
        if error.w < 0 { error = error.scaled(by: -1) }
        let vertical = (error.w * error.w + error.z * error.z).squareRoot()
        let horizontal = (error.x * error.x + error.y * error.y).squareRoot()
        return (atan2((error.x * error.x + error.y * error.y + error.z * error.z).squareRoot(), error.w),
                atan2(error.z, error.w), atan2(horizontal, vertical))
    }

    /// Counts a sample, unless it is at rest or its reference was lost (not of unit length).
    public mutating func add(_ estimate: Attitude, reference: Attitude, isMoving: Bool) {
        guard isMoving, let split = Self.split(estimate, reference) else { return }
        headings.append(Float(2 * split.halfHeading))
        inclinations.append(Float(2 * split.halfInclination))
        // Quaternion components of the turn, so that the optimum is the total error's.
        sineSum += sin(split.halfHeading) * cos(split.halfInclination)
        cosineSum += cos(split.halfHeading) * cos(split.halfInclination)
    }

    /// As measured, or with the one constant heading offset removed that makes the total error least: what an attitude
    /// without a magnetometer can be judged by.
    public func summary(aligned: Bool) -> Summary {
        var result = Summary()
        guard !headings.isEmpty else { return result }
        let offset = aligned ? 2 * atan2(sineSum, cosineSum) : 0
        for index in headings.indices {
            var heading = Double(headings[index]) - offset
            if heading > .pi { heading -= 2 * .pi } else if heading < -.pi { heading += 2 * .pi }
            let inclination = Double(inclinations[index])
            let half = cos(heading / 2) * cos(inclination / 2)
            let total = 2 * atan2(max(0, 1 - half * half).squareRoot(), abs(half))
            result.total += total * total
            result.heading += heading * heading
            result.inclination += inclination * inclination
        }
        let count = Double(headings.count)
        result.total = (result.total / count).squareRoot() * 180 / .pi
        result.heading = (result.heading / count).squareRoot() * 180 / .pi
        result.inclination = (result.inclination / count).squareRoot() * 180 / .pi
        result.samples = headings.count
        return result
    }
}
