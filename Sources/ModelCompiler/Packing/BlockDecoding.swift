/// The blocks of ggml's quantised types, 32 weights at a time.
enum BlockDecoding {
    @inline(__always)
    private static func half(_ address: UnsafeRawPointer, _ offset: Int) -> Float {
        Float16Bits.float(address.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    @inline(__always)
    private static func byte(_ address: UnsafeRawPointer, _ offset: Int) -> UInt8 { address.load(fromByteOffset: offset, as: UInt8.self) }

    /// Scale, minimum where affine, 16 bytes: the low nibbles are weights 0...15, the high ones 16...31.
    @inline(__always)
    static func q4(_ block: UnsafeRawPointer, affine: Bool, _ values: UnsafeMutablePointer<Int8>) -> MatrixGroup {
        let scale = half(block, 0), nibbles = affine ? 4 : 2
        for index in 0..<16 {
            let pair = byte(block, nibbles + index)
            values[index] = Int8(pair & 15)
            values[16 + index] = Int8(pair >> 4)
        }
        return MatrixGroup(scale: scale, secondScale: scale, minimum: affine ? half(block, 2) : 0)
    }

    /// As q4, with 32 fifth bits before the nibbles.
    @inline(__always)
    static func q5(_ block: UnsafeRawPointer, affine: Bool, _ values: UnsafeMutablePointer<Int8>) -> MatrixGroup {
        let scale = half(block, 0), high = affine ? 4 : 2
        let bits = block.loadUnaligned(fromByteOffset: high, as: UInt32.self)
        for index in 0..<16 {
            let pair = byte(block, high + 4 + index)
            values[index] = Int8(pair & 15 | UInt8(truncatingIfNeeded: bits >> UInt32(index) & 1) << 4)
            values[16 + index] = Int8(pair >> 4 | UInt8(truncatingIfNeeded: bits >> UInt32(16 + index) & 1) << 4)
        }
        return MatrixGroup(scale: scale, secondScale: scale, minimum: affine ? half(block, 2) : 0)
    }

    @inline(__always)
    static func q8(_ block: UnsafeRawPointer, _ values: UnsafeMutablePointer<Int8>) -> MatrixGroup {
        let scale = half(block, 0)
        for index in 0..<32 { values[index] = Int8(bitPattern: byte(block, 2 + index)) }
        return MatrixGroup(scale: scale, secondScale: scale, minimum: 0)
    }

    /// The 6-bit scale and minimum of group 0...7 of a K block: 12 bytes, the upper groups' split over two places.
    @inline(__always)
    private static func sixBits(_ scales: UnsafeRawPointer, _ group: Int) -> (scale: Float, minimum: Float) {
        if group < 4 { return (Float(byte(scales, group) & 63), Float(byte(scales, group + 4) & 63)) }
        let low = byte(scales, group + 4)
        return (Float(low & 15 | (byte(scales, group - 4) >> 6) << 4), Float(low >> 4 | (byte(scales, group) >> 6) << 4))
    }

    /// Of 256 weights: two half floats, 12 bytes of scales, 128 bytes: 32 hold groups 2i (low nibbles) and 2i+1 (high).
    @inline(__always)
    static func q4K(_ block: UnsafeRawPointer, _ group: Int, _ values: UnsafeMutablePointer<Int8>) -> MatrixGroup {
        let shift = UInt8(4 * (group & 1)), nibbles = 16 + 32 * (group / 2)
        for index in 0..<32 { values[index] = Int8(byte(block, nibbles + index) >> shift & 15) }
        let six = sixBits(block + 4, group), scale = half(block, 0) * six.scale
        return MatrixGroup(scale: scale, secondScale: scale, minimum: -half(block, 2) * six.minimum)
    }

    /// As q4K, with 32 bytes of fifth bits before the nibbles: bit i of each belongs to group i.
    @inline(__always)
    static func q5K(_ block: UnsafeRawPointer, _ group: Int, _ values: UnsafeMutablePointer<Int8>) -> MatrixGroup {
        let shift = UInt8(4 * (group & 1)), nibbles = 48 + 32 * (group / 2)
        for index in 0..<32 {
            values[index] = Int8(byte(block, nibbles + index) >> shift & 15 | (byte(block, 16 + index) >> UInt8(group) & 1) << 4)
        }
        let six = sixBits(block + 4, group), scale = half(block, 0) * six.scale
        return MatrixGroup(scale: scale, secondScale: scale, minimum: -half(block, 2) * six.minimum)
    }

    /// Of 256 weights: 128 bytes of nibbles, 64 of two upper bits, 16 signed scales (one for 16 weights), a half float.
    /// Each half block of 128: groups 0 and 2 in the nibbles of its first 32 bytes, 1 and 3 in those of the next.
    @inline(__always)
    static func q6K(_ block: UnsafeRawPointer, _ group: Int, _ values: UnsafeMutablePointer<Int8>) -> MatrixGroup {
        let part = group / 4, inside = group % 4
        let nibbles = 64 * part + 32 * (inside & 1), shift = UInt8(4 * (inside / 2)), high = 128 + 32 * part
        for index in 0..<32 {
            values[index] = Int8(byte(block, nibbles + index) >> shift & 15 | (byte(block, high + index) >> UInt8(2 * inside) & 3) << 4)
        }
        let scale = half(block, 208)
        return MatrixGroup(scale: scale * Float(Int8(bitPattern: byte(block, 192 + 2 * group))),
                           secondScale: scale * Float(Int8(bitPattern: byte(block, 193 + 2 * group))), minimum: 0)
    }
}
