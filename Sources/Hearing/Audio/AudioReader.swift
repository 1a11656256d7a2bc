import Platform

/// Sound as models want it: one channel at 16 kHz or another rate, full scale ±1, from a WAV file or raw samples, as it comes.
public final class AudioReader {
    /// Samples a second that speech models want, Hz.
    public static let rate = 16000

    /// As the stream has it.
    public let format: SampleFormat
    /// Samples that were no numbers and are taken as 0.
    public private(set) var invalidSamples = 0
    private let buffer: StreamBuffer
    private let announced: Int64?
    private var left: Int64
    private let resampler: PolyphaseResampler?
    private let block: UnsafeMutablePointer<Float>
    private let output: UnsafeMutablePointer<Float>
    private var outputStart = 0, outputEnd = 0
    private var hasEnded = false

    /// Frames of one block, which the buffer holds whole.
    private let blockFrames: Int
    private static let bufferBytes = 1 << 16

    /// - Parameters:
    ///   - takesRaw: what has no WAV header is 16-bit mono at 16 kHz (a pipe).
    ///   - rate: samples a second of what is read, Hz.
    /// Fails with `inputOutput`, with `badFormat` where the header is damaged, with `unsupported` for other kinds of files.
    public init(_ stream: ByteStream, takesRaw: Bool, rate: Int = AudioReader.rate) throws(Failure) {
        buffer = StreamBuffer(stream, capacity: Self.bufferBytes)
        let magic = try buffer.peek(4)
        if magic.elementsEqual("RIFF".utf8) || magic.elementsEqual("RF64".utf8) {
            let header = try WaveHeader(buffer)
            format = header.format
            announced = header.dataBytes
        } else {
            guard !magic.isEmpty else { throw Failure(.badFormat, "\(stream.name): is empty") }
            guard takesRaw else {
                throw Failure(.unsupported, "\(stream.name): is no WAV file; `ffmpeg -i FILE -ar 16000 -ac 1 clip.wav` makes one")
            }
            format = .raw
            announced = nil
        }
        left = announced ?? .max
        blockFrames = min(1024, Self.bufferBytes / format.frameBytes)
        resampler = format.rate == rate ? nil : PolyphaseResampler(from: format.rate, to: rate)
        block = .allocate(capacity: blockFrames)
        // What one block gives, or the resampler's end.
        output = .allocate(capacity: resampler?.outputs(of: PolyphaseResampler.mostInput) ?? blockFrames)
    }

    deinit {
        block.deallocate()
        output.deallocate()
    }

    /// What was wrong with the samples so far, for a warning; nil: nothing.
    public var warning: String? {
        if hasEnded, let announced, left >= Int64(format.frameBytes) {
            let frame = Double(format.frameBytes) * Double(format.rate)
            let whole = Double(announced) / frame, there = Double(announced - left) / frame
            return "\(buffer.stream.name): ends after \(fixed(there, decimals: 2)) s where its header says \(fixed(whole, decimals: 2)) s"
        }
        if invalidSamples > 0 { return "\(buffer.stream.name): \(invalidSamples) samples are no numbers and count as silence" }
        return nil
    }

    /// Reads up to `target.count` samples; 0: the end.
    public func read(into target: UnsafeMutableBufferPointer<Float>) throws(Failure) -> Int {
        while outputStart == outputEnd {
            if hasEnded {
                outputStart = 0
                outputEnd = resampler?.finish(into: output) ?? 0
                if outputEnd == 0 { return 0 }
            } else {
                try readBlock()
            }
        }
        let count = min(target.count, outputEnd - outputStart)
        target.baseAddress!.update(from: output + outputStart, count: count)
        outputStart += count
        return count
    }

    private func readBlock() throws(Failure) {
        let wanted = Int(min(left, Int64(blockFrames * format.frameBytes)))
        let bytes = try buffer.peek(wanted)
        let frames = bytes.count / format.frameBytes
        for frame in 0..<frames { block[frame] = format.mono(bytes.baseAddress! + frame * format.frameBytes, invalid: &invalidSamples) }
        buffer.take(frames * format.frameBytes)
        left -= Int64(frames * format.frameBytes)
        hasEnded = frames < blockFrames
        outputStart = 0
        if let resampler {
            outputEnd = resampler.push(UnsafeBufferPointer(start: block, count: frames), into: output)
        } else {
            output.update(from: block, count: frames)
            outputEnd = frames
        }
    }
}
