import Platform

/// Whether gravity is where a log's header says: accelerations in g under a header of m/s² turn into an attitude that
/// looks right and a linear acceleration that is wrong by nearly 1 g.
struct UnitCheck {
    private var resting = (sum: 0.0, count: 0)
    private var all = (sum: 0.0, count: 0)
    /// Fewer say nothing.
    private static let leastSamples = 25
    private static let gravity = 9.80665

    /// - Parameter acceleration: m/s², going by the header.
    mutating func add(_ acceleration: SIMD3<Float>, isResting: Bool) {
        let strength = Double((acceleration.x * acceleration.x + acceleration.y * acceleration.y + acceleration.z
                               * acceleration.z).squareRoot())
        guard strength.isFinite, strength > 0 else { return }
        all.sum += strength
        all.count += 1
        guard isResting else { return }
        resting.sum += strength
        resting.count += 1
    }

    /// One line, without the log's name.
    var warning: String? {
        let isAtRest = resting.count >= Self.leastSamples
        let mean = isAtRest ? resting : all
        guard mean.count >= Self.leastSamples else { return nil }
        let strength = mean.sum / Double(mean.count), share = strength / Self.gravity
        // In motion gravity is not alone: only what no motion explains.
        guard share < 0.5 || share > (isAtRest ? 2 : 5) else { return nil }
        var text = "accelerations\(isAtRest ? " at rest" : "") average \(fixed(strength, decimals: strength < 1 ? 4 : 2)) m/s², and "
            + "gravity is 9.81"
        if abs(strength - 1) < 0.3 { text += ": are they in g? Then the columns are acc_x_g, acc_y_g, acc_z_g" }
        else if abs(share - Self.gravity) < 3 { text += ": are they in m/s²? Then the columns are acc_x_m/s2, acc_y_m/s2, acc_z_m/s2" }
        else { text += ": is the unit in the header right?" }
        return text
    }
}
