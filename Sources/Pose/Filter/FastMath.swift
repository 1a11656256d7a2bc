/// Short approximations for the filter's hot path. Each names its range and its largest error; none calls libm.
enum FastMath {
    static let pi: Float = 3.14159265
    static let degree: Float = 3.14159265 / 180

    /// atan2 by a polynomial on [0, 1]; error below 3e-7 rad. atan2(0, 0) is 0.
    @inline(__always)
    static func atan2(_ y: Float, _ x: Float) -> Float {
        let ax = abs(x), ay = abs(y)
        let large = max(ax, ay), small = min(ax, ay)
        guard large > 0 else { return 0 }
        let t = small / large
        let s = t * t
        // Minimax fit of atan(t)/t in t² over [0, 1] (goldens/pose-polynomials.py).
        var p: Float = -0.00435510471
        p = fused(0.0230390402, p, s)
        p = fused(-0.0577720103, p, s)
        p = fused(0.0979412047, p, s)
        p = fused(-0.139765393, p, s)
        p = fused(0.199626962, p, s)
        p = fused(-0.333316585, p, s)
        var angle = t + t * s * p
        if ay > ax { angle = 0.5 * pi - angle }
        if x < 0 { angle = pi - angle }
        return y < 0 ? -angle : angle
    }

    /// sin and cos of a half-turn or less either way (|angle| ≤ π): error below 3e-7.
    @inline(__always)
    static func sineCosine(_ angle: Float) -> (sine: Float, cosine: Float) {
        // The quarter angle keeps the series short; two doublings bring it back.
        let a = angle * 0.25
        let s2 = a * a
        var s = a * (1 + s2 * (-1 / 6 + s2 * (1 / 120 - s2 / 5040)))
        var c = 1 + s2 * (-0.5 + s2 * (1 / 24 + s2 * (-1 / 720 + s2 / 40320)))
        for _ in 0..<2 {
            let doubled = 2 * s * c
            c = 1 - 2 * s * s
            s = doubled
        }
        return (s, c)
    }

    /// tan for 0 ≤ x ≤ 1, by its continued fraction: relative error 1e-3 at 1, 1e-7 at 0.2.
    @inline(__always)
    static func tangent(_ x: Float) -> Float {
        let s = x * x
        return x * (105 - 10 * s) / (105 - s * (45 - s))
    }

    /// 1 − exp(−x) for x ≥ 0, the gain of a first-order low-pass: relative error 2e-4 at 1, rounding at 0.1.
    @inline(__always)
    static func gain(_ x: Float) -> Float {
        let bounded = min(x, 2)
        return 2 * bounded / (2 + bounded + bounded * bounded * (1.0 / 6))
    }

    /// Brings an angle in (−3π, 3π) to (−π, π].
    @inline(__always)
    static func wrapped(_ angle: Float) -> Float {
        if angle > pi { return angle - 2 * pi }
        return angle <= -pi ? angle + 2 * pi : angle
    }
}
