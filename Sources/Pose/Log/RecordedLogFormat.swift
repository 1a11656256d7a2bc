import Platform

/// The file that `imu record` writes. Little-endian: a header, then blocks of samples, each with a checksum (CRC-32C) of
/// its own, so that a file that ends anywhere is good up to its last whole block.
///
/// Header, 32 bytes: magic, version, bytes of a sample, flags (bit 0: a magnetometer), 8 bytes start time (monotonic
/// nanoseconds of the first sample's board), 4 bytes zero, checksum of the bytes before.
/// Block: magic, number of samples, 8 bytes number of its first sample, samples, checksum of all before.
/// Sample, 48 bytes: 8 bytes nanoseconds since the start, nine floats (m/s², rad/s, µT; NaN where there was no field),
/// float temperature in degrees Celsius.
public enum RecordedLogFormat {
    public static let magic: [UInt8] = Array("SwiftIMU".utf8)
    public static let version: UInt16 = 1
    public static let headerBytes = 32
    public static let sampleBytes = 48
    static let blockMagic: UInt32 = 0x314B_4C42
    public static let blockHeaderBytes = 16
    /// Most samples of a block: what 8 kHz bring in a second.
    public static let largestBlock = 8192

    /// A whole block's length: header, `samples` samples and the checksum.
    public static func bytes(ofBlock samples: Int) -> Int { blockHeaderBytes + samples * sampleBytes + 4 }

    /// One sample as recorded.
    public struct Sample: Sendable, Equatable {
        public var nanoseconds: Int64 = 0
        public var accelerometer = SIMD3<Float>()
        public var gyroscope = SIMD3<Float>()
        public var magnetometer = SIMD3<Float>(repeating: .nan)
        public var temperatureCelsius = Float.nan
        public init() {}
    }

    /// The file's first 32 bytes. `startNanoseconds`: monotonic, on the clock of the samples' board.
    public static func header(hasMagnetometer: Bool, startNanoseconds: Int64) -> [UInt8] {
        var bytes = magic
        append(version, &bytes)
        append(UInt16(sampleBytes), &bytes)
        append(UInt32(hasMagnetometer ? 1 : 0), &bytes)
        append(UInt64(bitPattern: startNanoseconds), &bytes)
        append(UInt32(0), &bytes)
        append(checksum(bytes[...]), &bytes)
        return bytes
    }

    /// A whole block; `bytes` keeps its capacity.
    public static func encode(_ samples: [Sample], first: UInt64, into bytes: inout [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        append(blockMagic, &bytes)
        append(UInt32(samples.count), &bytes)
        append(first, &bytes)
        for sample in samples {
            append(UInt64(bitPattern: sample.nanoseconds), &bytes)
            for vector in [sample.accelerometer, sample.gyroscope, sample.magnetometer] {
                for axis in 0..<3 { append(vector[axis].bitPattern, &bytes) }
            }
            append(sample.temperatureCelsius.bitPattern, &bytes)
        }
        append(checksum(bytes[...]), &bytes)
    }

    private static func append<Number: FixedWidthInteger>(_ number: Number, _ bytes: inout [UInt8]) {
        var rest = number
        for _ in 0..<MemoryLayout<Number>.size {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest = rest >> 8
        }
    }

    /// CRC-32C (Castagnoli), four bits at a time: a table of 64 bytes, and samples are few.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes { advance(&crc, byte) }
        return ~crc
    }

    /// CRC-32C (Castagnoli) of a part of a file, as headers and blocks end with.
    public static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes { advance(&crc, byte) }
        return ~crc
    }

    @inline(__always)
    private static func advance(_ crc: inout UInt32, _ byte: UInt8) {
        crc ^= UInt32(byte)
        crc = crc >> 4 ^ nibbles(crc & 15)
        crc = crc >> 4 ^ nibbles(crc & 15)
    }

    @inline(__always)
    private static func nibbles(_ index: UInt32) -> UInt32 {
        // Each bit of the index contributes its own remainder.
        var remainder: UInt32 = 0
        if index & 1 != 0 { remainder ^= 0x105E_C76F }
        if index & 2 != 0 { remainder ^= 0x20BD_8EDE }
        if index & 4 != 0 { remainder ^= 0x417B_1DBC }
        if index & 8 != 0 { remainder ^= 0x82F6_3B78 }
        return remainder
    }
}
