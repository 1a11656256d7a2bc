/// A symmetric three by three matrix.
struct SymmetricMatrix3 {
    var xx: Double, yy: Double, zz: Double, xy: Double, xz: Double, yz: Double

    init(xx: Double, yy: Double, zz: Double, xy: Double, xz: Double, yz: Double) {
        (self.xx, self.yy, self.zz, self.xy, self.xz, self.yz) = (xx, yy, zz, xy, xz, yz)
    }

    /// Σ value · vector · vectorᵀ
    init(values: SIMD3<Double>, vectors: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)) {
        let scaled = (vectors.0 * values.x, vectors.1 * values.y, vectors.2 * values.z)
        func entry(_ i: Int, _ j: Int) -> Double {
            scaled.0[i] * vectors.0[j] + scaled.1[i] * vectors.1[j] + scaled.2[i] * vectors.2[j]
        }
        self.init(xx: entry(0, 0), yy: entry(1, 1), zz: entry(2, 2), xy: entry(0, 1), xz: entry(0, 2), yz: entry(1, 2))
    }

    func apply(_ v: SIMD3<Double>) -> SIMD3<Double> {
        SIMD3(xx * v.x + xy * v.y + xz * v.z, xy * v.x + yy * v.y + yz * v.z, xz * v.x + yz * v.y + zz * v.z)
    }

    func scaled(by factor: Double) -> SymmetricMatrix3 {
        SymmetricMatrix3(xx: xx * factor, yy: yy * factor, zz: zz * factor, xy: xy * factor, xz: xz * factor, yz: yz * factor)
    }

    var inverse: SymmetricMatrix3? {
        let a = yy * zz - yz * yz, b = xz * yz - xy * zz, c = xy * yz - xz * yy
        let determinant = xx * a + xy * b + xz * c
        guard determinant.magnitude > 1e-30 else { return nil }
        return SymmetricMatrix3(xx: a, yy: xx * zz - xz * xz, zz: xx * yy - xy * xy, xy: b, xz: c, yz: xy * xz - xx * yz)
            .scaled(by: 1 / determinant)
    }

    /// Eigenvalues with their unit vectors, by Jacobi rotations.
    func eigen() -> (values: SIMD3<Double>, vectors: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)) {
        var a = [xx, xy, xz, xy, yy, yz, xz, yz, zz]
        var v: [Double] = [1, 0, 0, 0, 1, 0, 0, 0, 1]
        for _ in 0..<50 {
            let off = a[1] * a[1] + a[2] * a[2] + a[5] * a[5]
            if off < 1e-30 * (a[0] * a[0] + a[4] * a[4] + a[8] * a[8]) { break }
            for (p, q) in [(0, 1), (0, 2), (1, 2)] where a[3 * p + q] != 0 {
                let theta = (a[3 * q + q] - a[3 * p + p]) / (2 * a[3 * p + q])
                let t = (theta < 0 ? -1 : 1) / (theta.magnitude + (theta * theta + 1).squareRoot())
                let c = 1 / (t * t + 1).squareRoot(), s = t * c
                for k in 0..<3 {
                    let (x, y) = (a[3 * k + p], a[3 * k + q])
                    a[3 * k + p] = c * x - s * y
                    a[3 * k + q] = s * x + c * y
                }
                for k in 0..<3 {
                    let (x, y) = (a[3 * p + k], a[3 * q + k])
                    a[3 * p + k] = c * x - s * y
                    a[3 * q + k] = s * x + c * y
                    let (m, n) = (v[3 * k + p], v[3 * k + q])
                    v[3 * k + p] = c * m - s * n
                    v[3 * k + q] = s * m + c * n
                }
            }
        }
        return (SIMD3(a[0], a[4], a[8]), (SIMD3(v[0], v[3], v[6]), SIMD3(v[1], v[4], v[7]), SIMD3(v[2], v[5], v[8])))
    }

    /// As the calibration stores it.
    var columns: Matrix3 {
        Matrix3(x: SIMD3(Float(xx), Float(xy), Float(xz)), y: SIMD3(Float(xy), Float(yy), Float(yz)),
                z: SIMD3(Float(xz), Float(yz), Float(zz)))
    }
}
