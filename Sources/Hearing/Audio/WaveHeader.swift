import Platform

/// What stands before the samples of a WAV file (Microsoft's "Multimedia Programming Interface", 1991, and
/// WAVEFORMATEXTENSIBLE): format, and how many bytes of samples follow.
struct WaveHeader {
    var format: SampleFormat
    /// Bytes of samples; nil: until the stream ends, as programs leave it that write to a pipe or were killed.
    var dataBytes: Int64?

    /// Rates that are taken, Hz.
    static let rates = 1000...768_000
    static let mostChannels = 64
    /// Texts and pictures may stand before the samples; more than this is no sound file.
    private static let mostBytesBefore: Int64 = 64 << 20

    /// Reads up to the first sample; the stream begins with "RIFF" or "RF64".
    /// Fails with `badFormat` where the file is damaged, with `unsupported` where its samples are of another kind.
    init(_ buffer: StreamBuffer) throws(Failure) {
        let name = buffer.stream.name
        let riff = try buffer.peek(12)
        guard riff.count == 12, Self.text(riff, 8) == "WAVE" else { throw Failure(.badFormat, "\(name): is no WAV file") }
        let wholeBytes = Self.number32(riff, 4)
        buffer.take(12)
        var format: SampleFormat?
        while true {
            let head = try buffer.peek(8)
            guard head.count == 8, buffer.position < Self.mostBytesBefore else {
                throw Failure(.badFormat, "\(name): ends before its first sample")
            }
            let kind = Self.text(head, 0), bytes = Self.number32(head, 4)
            buffer.take(8)
            if kind == "data" {
                guard let format else { throw Failure(.badFormat, "\(name): has samples without saying of which format") }
                self.format = format
                dataBytes = Self.length(bytes, wholeBytes: wholeBytes, position: buffer.position)
                return
            }
            if kind == "fmt ", format == nil {
                let body = try buffer.peek(Int(min(bytes, 40)))
                guard body.count >= 16 else { throw Failure(.badFormat, "\(name): its format is cut off") }
                format = try Self.format(body, name)
            }
            // Chunks have even lengths, whatever they say.
            guard try buffer.skip(Int64(bytes) + Int64(bytes & 1)) else {
                throw Failure(.badFormat, "\(name): ends before its first sample")
            }
        }
    }

    /// 0 and sizes near 2³¹ and 2³² are what is written before the length is known. An empty file, whose 0 is true, says by
    /// its whole length that something else follows.
    private static func length(_ bytes: UInt32, wholeBytes: UInt32, position: Int64) -> Int64? {
        if bytes >= 0x7FFF_0000 { return nil }
        let end = Int64(wholeBytes) + 8
        if bytes == 0, wholeBytes < 0x7FFF_0000, end > position { return 0 }
        return bytes == 0 ? nil : Int64(bytes)
    }

    private static func format(_ body: UnsafeRawBufferPointer, _ name: String) throws(Failure) -> SampleFormat {
        var tag = number16(body, 0)
        let channels = number16(body, 2), rate = Int(clamping: number32(body, 4)), align = number16(body, 12)
        let bits = number16(body, 14)
        // Extensible: the kind stands in the first two bytes of an identifier.
        if tag == 0xFFFE, body.count >= 26 { tag = number16(body, 24) }
        guard channels >= 1, channels <= mostChannels else {
            throw Failure(.badFormat, "\(name): \(channels) channels; there are 1 to \(mostChannels)")
        }
        guard rates.contains(rate) else {
            throw Failure(.badFormat, "\(name): \(rate) samples a second; \(rates.lowerBound) to \(rates.upperBound) are taken")
        }
        let coding: SampleFormat.Coding
        switch (tag, (bits + 7) / 8) {
        case (1, 1): coding = .unsigned8
        case (1, 2): coding = .signed16
        case (1, 3): coding = .signed24
        case (1, 4): coding = .signed32
        case (3, 4): coding = .float32
        case (3, 8): coding = .float64
        default:
            throw Failure(.unsupported,
                          "\(name): samples of kind \(tag) with \(bits) bits; PCM of 8 to 32 bits and float of 32 and 64 are taken")
        }
        let format = SampleFormat(coding: coding, rate: rate, channels: channels)
        guard align == format.frameBytes else {
            throw Failure(.badFormat,
                          "\(name): \(align) bytes a frame where \(channels) channels of \(bits) bits take \(format.frameBytes)")
        }
        return format
    }

    private static func text(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: bytes[at..<at + 4]), as: UTF8.self)
    }
    private static func number16(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Int { Int(bytes[at]) | Int(bytes[at + 1]) << 8 }
    private static func number32(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt32 {
        UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16 | UInt32(bytes[at + 3]) << 24
    }
}
