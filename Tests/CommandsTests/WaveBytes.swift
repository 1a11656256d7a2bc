import Foundation

/// WAV files of one channel at 16 kHz.
enum WaveBytes {
    static func file(_ samples: [Int16], announced: Int? = nil) -> Data {
        file(kind: 1, sampleBytes: 2, announced: announced ?? samples.count, samples.flatMap { number(Int($0), 2) })
    }

    static func file(floats: [Float]) -> Data {
        file(kind: 3, sampleBytes: 4, announced: floats.count, floats.flatMap { number(Int($0.bitPattern), 4) })
    }

    private static func number(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

    private static func file(kind: Int, sampleBytes: Int, announced: Int, _ samples: [UInt8]) -> Data {
        let size = sampleBytes * announced
        var bytes = Array("RIFF".utf8) + number(36 + size, 4) + Array("WAVEfmt ".utf8) + number(16, 4) + number(kind, 2)
        bytes += number(1, 2) + number(16_000, 4) + number(16_000 * sampleBytes, 4) + number(sampleBytes, 2)
        bytes += number(8 * sampleBytes, 2) + Array("data".utf8) + number(size, 4)
        return Data(bytes + samples)
    }

    /// The samples of such a file, as the clips are.
    static func samples(_ path: String) throws -> [Int16] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        return stride(from: 44, to: data.count - 1, by: 2).map { Int16(bitPattern: UInt16(data[$0]) | UInt16(data[$0 + 1]) << 8) }
    }

    /// A room in which nobody speaks.
    static func room(_ seconds: Double) -> [Int16] {
        var state: UInt32 = 7
        return (0..<Int(seconds * 16_000)).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Int16(Int32(bitPattern: state) >> 27)
        }
    }
}
