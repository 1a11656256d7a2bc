import Platform

/// Hard and soft iron of the magnetometer: an ellipsoid fitted while the board is turned in every direction. Feed it
/// every sample that has a field, uncorrected.
public struct MagnetometerCalibration {
    private var fit = EllipsoidFit(unit: 50)
    private var least = SIMD3<Float>(repeating: .infinity), most = SIMD3<Float>(repeating: -.infinity)
    private var last = SIMD3<Float>(repeating: .infinity)
    private var directions: UInt32 = 0
    private static let directionCount = 24

    public init() {}

    /// Fields taken into the fit so far: those at least 1 µT from the one before.
    public var samples: Int { fit.count }

    /// Share of the directions that the field has been seen from, 0 to 1; 0.8 is enough.
    public var coverage: Float { Float(directions.nonzeroBitCount) / Float(Self.directionCount) }

    /// Feed it every sample, uncorrected; those without a field, and those of a board that hardly moved, are left out.
    public mutating func add(_ sample: InertialSample) {
        guard sample.hasMagneticField else { return }
        let field = sample.magneticField
        guard (field * field).sum().isFinite else { return }
        // A board at rest would weigh its one direction a thousandfold.
        let moved = field - last
        if (moved * moved).sum() < 1 { return }
        last = field
        fit.add(SIMD3<Double>(field))
        least = pointwiseMin(least, field)
        most = pointwiseMax(most, field)
        let spread = most - least
        // Directions count around the middle, once there is one.
        guard spread.min() > 20 else { return }
        directions |= 1 << Self.direction(field - (least + most) / 2)
    }

    /// One of 24: the octant, and the axis that the direction is nearest to.
    private static func direction(_ v: SIMD3<Float>) -> UInt32 {
        let octant: UInt32 = (v.x < 0 ? 1 : 0) | (v.y < 0 ? 2 : 0) | (v.z < 0 ? 4 : 0)
        let x = v.x.magnitude, y = v.y.magnitude, z = v.z.magnitude
        return octant * 3 + (x >= y && x >= z ? 0 : y >= z ? 1 : 2)
    }

    /// Sets offset and matrix of a calibration, and returns the field's strength (µT) and the RMS of what is left, as a
    /// share of it. Fails with `usage` where too few directions were seen or something magnetic moved meanwhile.
    public func apply(to calibration: inout SensorCalibration) throws(Failure) -> (fieldMicrotesla: Float, residual: Float) {
        guard coverage >= 0.6, samples >= 60 else {
            throw Failure(.usage,
                "the field was seen from \(Int(coverage * 100)) % of all directions; turn the board through every direction and go on")
        }
        guard let solution = fit.solve(), solution.elongation < 3, solution.residual < 0.15, solution.radius > 5,
              solution.radius < 500 else {
            throw Failure(.usage,
                          "the fields make no ellipsoid; keep away from iron and motors, turn the board slowly, and calibrate again")
        }
        calibration.magnetometerOffset = SIMD3<Float>(solution.centre)
        calibration.magnetometerMatrix = solution.matrix.columns
        return (Float(solution.radius), Float(solution.residual))
    }
}
