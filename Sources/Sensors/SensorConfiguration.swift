/// How a sensor is wanted. Ranges and rates are rounded to what the chip has; the sensor says what it took.
public struct SensorConfiguration: Sendable {
    /// What logs and `status` call it.
    public var name = "imu"
    /// Named, or nil: the first that answers on the bus.
    public var chip: InertialChip?
    /// Seven bits; nil: any of the chip's addresses.
    public var address: UInt8?
    /// Full scale, the smallest that holds it: g and degrees a second.
    public var accelerationRangeG: Float = 8
    public var angularRangeDegreesPerSecond: Float = 1000
    /// Samples a second.
    public var rateHertz: Float = 200
    /// Low-pass filter; 0: under half the rate.
    public var bandwidthHertz: Float = 0
    /// Samples that are read at once; 0: what 20 ms bring, and never more than a third of the FIFO.
    public var samplesPerBurst = 0
    /// The chip's interrupt is active low, for lines that say so.
    public var isInterruptActiveLow = false
    public var mounting = Mounting.identity
    public var magnetometer = MagnetometerUse.automatic

    public init() {}
}

/// Where the magnetic field comes from.
public enum MagnetometerUse: Sendable, Equatable {
    /// The chip's own magnetometer (MPU-9250, ICM-20948) or any that answers on the bus.
    case automatic
    case none
    case chip(MagnetometerChip)
}

/// Turns the chip's axes into the device's: rows of a rotation.
public struct Mounting: Sendable {
    public var rows: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>)

    public static let identity = Mounting(rows: (SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)))

    public init(rows: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>)) { self.rows = rows }

    /// From a text that names the chip's axis that shows along each of the device's: "x,y,z", "-y,x,z". Nil where it
    /// isn't a rotation (an axis twice, or a mirror).
    public init?(axes text: String) {
        var found: [SIMD3<Float>] = []
        var sign: Float = 1, axis: Int? = nil
        func row(_ axis: Int, _ sign: Float) -> SIMD3<Float> {
            var row = SIMD3<Float>(repeating: 0)
            row[axis] = sign
            return row
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "-"): sign = -1
            case UInt8(ascii: "+"), UInt8(ascii: " "): break
            case UInt8(ascii: ","):
                guard let known = axis, found.count < 2 else { return nil }
                found.append(row(known, sign))
                sign = 1
                axis = nil
            case UInt8(ascii: "x")...UInt8(ascii: "z"):
                guard axis == nil else { return nil }
                axis = Int(byte - UInt8(ascii: "x"))
            default: return nil
            }
        }
        guard let last = axis, found.count == 2 else { return nil }
        found.append(row(last, sign))
        let (a, b, c) = (found[0], found[1], found[2])
        let cross = SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
        guard cross == c else { return nil }
        rows = (a, b, c)
    }

    func apply(_ vector: SIMD3<Float>) -> SIMD3<Float> {
        SIMD3((rows.0 * vector).sum(), (rows.1 * vector).sum(), (rows.2 * vector).sum())
    }
}
