/// How samples lie in a stream: interleaved channels, least significant byte first.
public struct SampleFormat: Equatable, Sendable {
    /// One sample's bytes.
    public enum Coding: Sendable { case unsigned8, signed16, signed24, signed32, float32, float64 }

    public var coding: Coding
    /// Frames a second, Hz.
    public var rate: Int
    public var channels: Int

    public init(coding: Coding, rate: Int, channels: Int) {
        self.coding = coding
        self.rate = rate
        self.channels = channels
    }

    /// What a pipe without a header carries: `arecord -t raw -f S16_LE -r 16000 -c 1`.
    public static let raw = SampleFormat(coding: .signed16, rate: 16000, channels: 1)

    var sampleBytes: Int {
        switch coding {
        case .unsigned8: 1
        case .signed16: 2
        case .signed24: 3
        case .signed32, .float32: 4
        case .float64: 8
        }
    }

    /// Bytes of one sample of every channel.
    public var frameBytes: Int { sampleBytes * channels }

    /// The mean of a frame's channels, full scale ±1. What is no number (NaN, infinite) counts as 0, and in `invalid`.
    @inline(__always)
    func mono(_ frame: UnsafeRawPointer, invalid: inout Int) -> Float {
        var sum: Float = 0
        for channel in 0..<channels {
            let value = sample(frame + channel * sampleBytes)
            if value.isFinite { sum += value } else { invalid += 1 }
        }
        return sum / Float(channels)
    }

    @inline(__always)
    private func sample(_ p: UnsafeRawPointer) -> Float {
        switch coding {
        case .unsigned8: return (Float(p.load(as: UInt8.self)) - 128) / 128
        case .signed16: return Float(Int16(littleEndian: p.loadUnaligned(as: Int16.self))) / 32768
        case .signed24:
            let low = UInt32(p.load(as: UInt8.self)), middle = UInt32(p.load(fromByteOffset: 1, as: UInt8.self))
            let high = UInt32(p.load(fromByteOffset: 2, as: UInt8.self))
            return Float(Int32(bitPattern: low << 8 | middle << 16 | high << 24)) / 2_147_483_648
        case .signed32: return Float(Int32(littleEndian: p.loadUnaligned(as: Int32.self))) / 2_147_483_648
        case .float32: return bounded(Float(bitPattern: UInt32(littleEndian: p.loadUnaligned(as: UInt32.self))))
        case .float64: return bounded(Float(Double(bitPattern: UInt64(littleEndian: p.loadUnaligned(as: UInt64.self)))))
        }
    }

    /// Far above full scale nothing is sound; a mean of such values could become infinite.
    @inline(__always)
    private func bounded(_ value: Float) -> Float { value.magnitude <= 1e6 ? value : .nan }
}
