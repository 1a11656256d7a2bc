/// Counts of one sample as the chip sends them.
struct RawSample {
    var acceleration = SIMD3<Int16>()
    var angularRate = SIMD3<Int16>()
    var temperature: Int16 = 0
    var hasTemperature = false
}

/// Takes samples out of a burst of FIFO bytes.
struct FrameDecoder {
    enum Outcome {
        case sample(RawSample)
        /// Bytes that belong to a sample that isn't whole yet, or to none.
        case nothing
        /// A sample that the chip itself calls invalid: it was taken, but says nothing.
        case invalid
        /// These bytes can't be the chip's: reading has lost its place.
        case nonsense
    }

    let format: FIFOFormat
    /// LSM6DSO: which half of a sample has come.
    private var half = RawSample(), hasAcceleration = false, hasAngularRate = false

    init(_ format: FIFOFormat) { self.format = format }

    mutating func reset() {
        hasAcceleration = false
        hasAngularRate = false
    }

    /// Bytes that one call of `decode` takes.
    var unitBytes: Int {
        switch format {
        case .plain: 14
        case .packet: 16
        case .tagged: 7
        }
    }

    mutating func decode(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        switch format {
        case .plain(let acceleration, let temperature, let angularRate):
            return .sample(RawSample(acceleration: bigEndian(bytes, acceleration), angularRate: bigEndian(bytes, angularRate),
                                     temperature: word(bytes, temperature), hasTemperature: true))
        case .packet: return packet(bytes)
        case .tagged: return tagged(bytes)
        }
    }

    private func packet(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        let header = bytes[0]
        // Bit 7: nothing more to read. Acceleration and angular rate must be there, 20-bit data not.
        if header & 0x80 != 0 { return .nothing }
        guard header & 0x70 == 0x60 else { return .nonsense }
        let acceleration = bigEndian(bytes, 1), angularRate = bigEndian(bytes, 7)
        // The chip's mark for a sample that isn't valid yet, while its sensors start.
        if acceleration.x == .min && acceleration.y == .min || angularRate.x == .min && angularRate.y == .min { return .invalid }
        return .sample(RawSample(acceleration: acceleration, angularRate: angularRate,
                                 temperature: Int16(Int8(bitPattern: bytes[13])), hasTemperature: true))
    }

    private mutating func tagged(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        guard bytes[0].nonzeroBitCount & 1 == 0 else { return .nonsense }
        let axes = SIMD3(littleEndian(bytes, 1), littleEndian(bytes, 3), littleEndian(bytes, 5))
        switch bytes[0] >> 3 {
        case 1:
            half.angularRate = axes
            hasAngularRate = true
        case 2:
            half.acceleration = axes
            hasAcceleration = true
        case 3, 4: return .nothing
        default: return .nonsense
        }
        guard hasAcceleration, hasAngularRate else { return .nothing }
        reset()
        return .sample(half)
    }
}

private func word(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Int16 {
    Int16(truncatingIfNeeded: Int(bytes[at]) << 8 | Int(bytes[at + 1]))
}

private func bigEndian(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> SIMD3<Int16> {
    SIMD3(word(bytes, at), word(bytes, at + 2), word(bytes, at + 4))
}

private func littleEndian(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Int16 {
    Int16(truncatingIfNeeded: Int(bytes[at]) | Int(bytes[at + 1]) << 8)
}
