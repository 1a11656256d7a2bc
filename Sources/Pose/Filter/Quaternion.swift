/// A unit quaternion w + xi + yj + zk that rotates vectors from the sensor's frame to an earth frame.
/// Float32 everywhere but in the gyroscope's running product, which needs Double (see `PoseFilter`).
public struct Quaternion<Scalar: BinaryFloatingPoint & SIMDScalar & Sendable>: Sendable, Equatable {
    public var w: Scalar
    public var x: Scalar
    public var y: Scalar
    public var z: Scalar

    @inlinable
    public init(_ w: Scalar, _ x: Scalar, _ y: Scalar, _ z: Scalar) {
        self.w = w
        self.x = x
        self.y = y
        self.z = z
    }

    /// No rotation: the sensor's axes are the earth's.
    @inlinable
    public static var identity: Quaternion { Quaternion(1, 0, 0, 0) }

    /// The opposite rotation, from the earth's frame to the sensor's, where the length is one.
    @inlinable
    public var conjugate: Quaternion { Quaternion(w, -x, -y, -z) }

    /// w² + x² + y² + z²; 1 for a rotation, but for rounding.
    @inlinable
    public var squaredNorm: Scalar { fused(fused(fused(w * w, x, x), y, y), z, z) }

    /// Hamilton's product: first the rotation `b`, then `a`. Not renormalised.
    @inlinable @inline(__always)
    public static func * (a: Quaternion, b: Quaternion) -> Quaternion {
        Quaternion(
            fused(fused(fused(a.w * b.w, -a.x, b.x), -a.y, b.y), -a.z, b.z),
            fused(fused(fused(a.w * b.x, a.x, b.w), a.y, b.z), -a.z, b.y),
            fused(fused(fused(a.w * b.y, -a.x, b.z), a.y, b.w), a.z, b.x),
            fused(fused(fused(a.w * b.z, a.x, b.y), -a.y, b.x), a.z, b.w))
    }

    /// Every component times the factor; a rotation no longer, unless it is ±1.
    @inlinable
    public func scaled(by factor: Scalar) -> Quaternion {
        Quaternion(w * factor, x * factor, y * factor, z * factor)
    }

    /// One Newton step towards unit length: exact to rounding for a product of unit quaternions, and no square root.
    @inlinable @inline(__always)
    public var renormalised: Quaternion { scaled(by: 1.5 - 0.5 * squaredNorm) }

    /// Unit length from any finite, non-zero length; the identity otherwise.
    @inlinable
    public var normalised: Quaternion {
        let square = squaredNorm
        guard square > 0, square.isFinite else { return .identity }
        return scaled(by: 1 / square.squareRoot())
    }

    /// Between this (share 0) and another, nearby attitude (share 1), along the chord.
    @inlinable
    public func mixed(with other: Quaternion, share: Scalar) -> Quaternion {
        let sign: Scalar = w * other.w + x * other.x + y * other.y + z * other.z < 0 ? -1 : 1
        let a = 1 - share, b = share * sign
        return Quaternion(a * w + b * other.w, a * x + b * other.x, a * y + b * other.y, a * z + b * other.z).normalised
    }

    /// This rotation followed by one about the vertical axis with the given half-angle cosine and sine.
    @inlinable @inline(__always)
    public func turned(cosine c: Scalar, sine s: Scalar) -> Quaternion {
        Quaternion(c * w - s * z, c * x - s * y, c * y + s * x, c * z + s * w)
    }

    /// The rotation matrix, by rows.
    @inlinable @inline(__always)
    public var rows: (SIMD3<Scalar>, SIMD3<Scalar>, SIMD3<Scalar>) {
        let xx = x * x, yy = y * y, zz = z * z
        let xy = x * y, xz = x * z, yz = y * z, wx = w * x, wy = w * y, wz = w * z
        return (
            SIMD3(1 - 2 * (yy + zz), 2 * (xy - wz), 2 * (xz + wy)),
            SIMD3(2 * (xy + wz), 1 - 2 * (xx + zz), 2 * (yz - wx)),
            SIMD3(2 * (xz - wy), 2 * (yz + wx), 1 - 2 * (xx + yy)))
    }

    /// The vector of the sensor's frame, seen in the earth frame.
    @inlinable @inline(__always)
    public func rotate(_ v: SIMD3<Scalar>) -> SIMD3<Scalar> {
        // v + 2w(u×v) + 2u×(u×v): fewer operations than building the matrix for one vector.
        let tx = 2 * fused(y * v.z, -z, v.y)
        let ty = 2 * fused(z * v.x, -x, v.z)
        let tz = 2 * fused(x * v.y, -y, v.x)
        return SIMD3(
            fused(fused(fused(v.x, w, tx), y, tz), -z, ty),
            fused(fused(fused(v.y, w, ty), z, tx), -x, tz),
            fused(fused(fused(v.z, w, tz), x, ty), -y, tx))
    }
}

/// What the filter gives: the rotation from the sensor's frame to the earth's, in single precision.
public typealias Attitude = Quaternion<Float>

extension Quaternion where Scalar == Double {
    /// Rounded to Float32.
    @inlinable
    public var single: Quaternion<Float> { Quaternion<Float>(Float(w), Float(x), Float(y), Float(z)) }
}

extension Quaternion where Scalar == Float {
    /// Without loss; its length is off one by as much as the Float32's.
    @inlinable
    public var double: Quaternion<Double> { Quaternion<Double>(Double(w), Double(x), Double(y), Double(z)) }
}

/// a + b·c: one instruction on ARM, where Swift doesn't contract the two by itself. Elsewhere a processor may lack it,
/// and a call into libm would be far slower than the two operations.
@inlinable @inline(__always)
func fused<Scalar: FloatingPoint>(_ a: Scalar, _ b: Scalar, _ c: Scalar) -> Scalar {
    #if arch(arm64)
    a.addingProduct(b, c)
    #else
    a + b * c
    #endif
}

@inlinable @inline(__always)
func fused<Vector: SIMD>(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector where Vector.Scalar: FloatingPoint {
    #if arch(arm64)
    a.addingProduct(b, c)
    #else
    a + b * c
    #endif
}
