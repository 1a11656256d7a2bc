import Platform

/// A WAV file of one channel and 16 bits, piece by piece.
public struct WaveRecording {
    /// Of the file's size, which its header has in 32 bits.
    public static let largestSamples = Int(Int32.max) / 2 - headerBytes

    private static let headerBytes = 44
    private let rateHertz: Int
    private var piece: [UInt8] = []
    public private(set) var samples = 0
    /// Of the file so far.
    public var bytes: Int { Self.headerBytes + 2 * samples }

    /// Nothing yet, of so many samples a second.
    public init(rateHertz: Int) { self.rateHertz = rateHertz }

    /// Adds samples of full scale 1 at the file's end.
    public mutating func add(_ values: UnsafeBufferPointer<Float>,
                      _ write: (_ bytes: [UInt8], _ offset: Int) throws(Failure) -> Void) throws(Failure) {
        piece.removeAll(keepingCapacity: true)
        for value in values {
            let sample = Int16(max(-32_768, min(32_767, (value * 32_768).rounded())))
            piece.append(UInt8(truncatingIfNeeded: sample))
            piece.append(UInt8(truncatingIfNeeded: sample >> 8))
        }
        // The header's place is kept free until the size is known; who takes bytes in their order gets it with them.
        try write(piece, bytes)
        samples += values.count
    }

    /// What stands before the samples, once there are no more of them.
    public func writeHeader(_ write: (_ bytes: [UInt8], _ offset: Int) throws(Failure) -> Void) throws(Failure) {
        var header: [UInt8] = []
        func number(_ value: Int, _ count: Int) {
            for index in 0..<count { header.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
        }
        header += Array("RIFF".utf8)
        number(bytes - 8, 4)
        header += Array("WAVEfmt ".utf8)
        number(16, 4)
        // PCM, one channel; bytes a second, bytes a frame, bits a sample.
        number(1, 2)
        number(1, 2)
        number(rateHertz, 4)
        number(rateHertz * 2, 4)
        number(2, 2)
        number(16, 2)
        header += Array("data".utf8)
        number(samples * 2, 4)
        try write(header, 0)
    }
}
