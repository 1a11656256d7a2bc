/// How a microphone's samples lie in memory; all little-endian and signed.
public enum SampleEncoding: UInt8, Sendable, CaseIterable {
    case int16, int32
    /// 24 bits in the lower three bytes of four.
    case int24In32
    /// 24 bits in three bytes.
    case int24

    /// As ALSA writes it: "S16_LE".
    public var name: String {
        switch self {
        case .int16: "S16_LE"
        case .int32: "S32_LE"
        case .int24In32: "S24_LE"
        case .int24: "S24_3LE"
        }
    }

    /// Of one sample in memory.
    public var bytes: Int {
        switch self {
        case .int16: 2
        case .int24: 3
        case .int32, .int24In32: 4
        }
    }

    /// One sample as a number from -1 up to, but without, 1.
    @inline(__always)
    private func value(_ source: UnsafePointer<UInt8>) -> Float {
        func byte(_ index: Int, _ shift: UInt32) -> UInt32 { UInt32(source[index]) << shift }
        let word: UInt32
        switch self {
        case .int16: word = byte(0, 16) | byte(1, 24)
        case .int24, .int24In32: word = byte(0, 8) | byte(1, 16) | byte(2, 24)
        case .int32: word = byte(0, 0) | byte(1, 8) | byte(2, 16) | byte(3, 24)
        }
        return Float(Int32(bitPattern: word)) * 0x1p-31
    }

    /// Frames of interleaved samples as one channel: the mean of the channels. A sample of 16 bits is kept exactly where there
    /// is one channel.
    /// - Parameters:
    ///   - source: `target.count` frames of `channels` samples.
    ///   - channels: 1 or more.
    public func decode(_ source: UnsafeRawPointer, channels: Int, into target: UnsafeMutableBufferPointer<Float>) {
        var place = source.assumingMemoryBound(to: UInt8.self)
        let size = bytes, scale = 1 / Float(channels)
        for index in 0..<target.count {
            var sum: Float = 0
            for _ in 0..<channels {
                sum += value(place)
                place += size
            }
            target[index] = min(sum * scale, 0x1.fffffep-1)
        }
    }
}
