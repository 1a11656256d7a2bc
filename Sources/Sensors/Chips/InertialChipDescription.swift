/// All that the driver knows of a chip, as data: where it is, how it is set up, what its samples look like.
///
/// Registers have names in each chip's file. The simulated chips (module VirtualBoard) have tables of their own, taken from
/// the data sheets a second time, and the two must not be shared: a number that is wrong here is found because the simulated
/// chip doesn't answer to it.
struct InertialChipDescription {
    var name: String
    /// The magnetometer in its package, on its second bus.
    var packagedMagnetometer: MagnetometerChip?
    var addresses: [UInt8] = [0x68, 0x69]
    /// The register that tells the chip, and what it holds.
    var identityRegister: UInt8
    var identities: [UInt8]
    var bankSelect: BankSelect?

    var reset: RegisterWrite
    /// From the reset until the chip answers and its registers hold their defaults.
    var resetMicroseconds: Int64
    /// From the end of the set-up until samples are right.
    var startMicroseconds: Int64
    /// Until then its FIFO takes one sensor without the other, or samples without meaning.
    var fillsUnevenly = false

    /// Full scale in g and in degrees a second, smallest first.
    var accelerationRanges: [Range]
    var angularRanges: [Range]
    var rates: Rates
    /// Low-pass bandwidths in hertz, smallest first; empty where the rate sets them.
    var accelerationBandwidths: [Bandwidth] = []
    var angularBandwidths: [Bandwidth] = []

    var settings: [RegisterSetting]
    var fifo: FIFO
    /// Empties the FIFO and starts it again.
    var flush: [RegisterWrite]
    /// Register and scale of the temperature, where samples don't carry it.
    var temperature: Temperature
    /// The chip holds its line active until it is read, or for a pulse; and raises it for every sample, or at the watermark.
    var raisesAtWatermark: Bool
    var selfTest: ChipSelfTest

    struct Range {
        /// g or degrees a second.
        var limit: Float
        var code: UInt8
        /// Counts in one g or one degree a second.
        var counts: Float

        static func table(_ rows: [(Float, UInt8, Float)]) -> [Range] {
            var ranges: [Range] = []
            for row in rows { ranges.append(Range(limit: row.0, code: row.1, counts: row.2)) }
            return ranges
        }
    }

    struct Bandwidth {
        var hertz: Float
        var code: UInt8

        static func table(_ rows: [(Float, UInt8)]) -> [Bandwidth] {
            var bandwidths: [Bandwidth] = []
            for row in rows { bandwidths.append(Bandwidth(hertz: row.0, code: row.1)) }
            return bandwidths
        }
    }

    enum Rates {
        /// base / (1 + divider), dividers of up to `maximum`.
        case divided(base: Float, maximum: Int)
        case table([(hertz: Float, code: UInt8)])
    }

    struct FIFO {
        var countRegister: UInt8
        var countIsBigEndian: Bool
        var countMask: UInt16
        /// Bytes that one unit of the count stands for.
        var bytesPerCount: Int
        var dataRegister: UInt8
        var bytesPerSample: Int
        var capacityBytes: Int
        var format: FIFOFormat
        /// A bit of the count's second byte that says that samples were lost; 0 where only a full FIFO does.
        var overflowMask: UInt8 = 0
        /// What the chip's watermark registers count in, for one sample.
        var watermarkUnitsPerSample = 1
    }

    struct Temperature {
        var register: UInt8
        var isBigEndian: Bool
        /// Degrees = counts × scale + offset.
        var scale: Float
        var offset: Float
    }
}

/// How one sample lies in the FIFO.
enum FIFOFormat {
    /// Six axes, most significant byte first, at fixed offsets; so the temperature's two bytes.
    case plain(acceleration: Int, temperature: Int, angularRate: Int)
    /// A header, acceleration, angular rate, one byte of temperature, a time stamp (ICM-42688, packet 3).
    case packet
    /// Words of a tag and three axes, one a sensor (LSM6DSO).
    case tagged
}
