import Engine
import Foundation
import Kernels
@testable import ModelCompiler
import Nest
import Platform
import Testing

/// Damaged files of CTranslate2 and damaged speech nests: reading and running them ends in a Failure or in a result.
@Suite(.serialized)
struct SpeechHostileTests {
    /// What importing a folder with these bytes as its model ends with; nil: it is imported.
    private func failure(_ bytes: [UInt8], in folder: String) throws -> Failure? {
        try Data(bytes).write(to: URL(fileURLWithPath: folder + "/model.bin"))
        do {
            _ = try lower(try SpeechImporter.load(path: folder), options: SpeechOptions(rows: 2)).contents()
            return nil
        } catch let failure as Failure {
            return failure
        }
    }

    @Test func truncatedAndMutatedFilesOfCTranslate2() throws {
        let original = SmallSpeech().ctranslate2(), folder = try SmallSpeech().folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try failure(original, in: folder) == nil)
        var numbers = SplitMix64(seed: 9)
        for _ in 0..<60 {
            let cut = Array(original.prefix(numbers.next(below: original.count)))
            #expect(try failure(cut, in: folder)?.kind == .badFormat, "cut to \(cut.count) bytes")
        }
        // The table of names, shapes and lengths lies between the data: the first bytes, and what follows each tensor.
        var refused = 0
        for round in 0..<250 {
            var bytes = original
            let at = round < 120 ? numbers.next(below: 90) : numbers.next(below: bytes.count)
            bytes[at] = round % 2 == 0 ? 0xFF : UInt8(truncatingIfNeeded: numbers.next(below: 256))
            if try failure(bytes, in: folder) != nil { refused += 1 }
        }
        #expect(refused > 60)
    }

    @Test func mutatedNestsWithTheChecksumPutRight() throws {
        let kernels = KernelTable.all(for: .detect()), pool = try ThreadPool(threads: 2)
        let original = NestWriter.bytes(try SpeechTests.nest(SpeechOptions(rows: 4, pieceBytes: 16_384)))
        #expect(survives(original, .reference, pool))
        var tables = 64
        for i in 0..<8 { tables += Int(original[24 + i]) << (8 * i) }
        let extremes: [UInt32] = [0, 1, 2, 15, 31, 32, 33, 64, 96, 128, 255, 0x7FFF, 0x10000, 0x7FFF_FFE0, 0x7FFF_FFFF, 0x8000_0000,
                                  0xFFFF_FFFF, 0x7F80_0000, 0x7FC0_0000]
        var numbers = SplitMix64(seed: 6), accepted = 0
        for round in 0..<600 {
            var bytes = original
            for _ in 0...numbers.next(below: 3) {
                let at = 16 + numbers.next(below: tables - 20)
                switch numbers.next(below: 3) {
                case 0: bytes[at] ^= 1 << UInt8(numbers.next(below: 8))
                case 1: bytes[at] = bytes[at] &+ 1
                default:
                    let value = extremes[numbers.next(below: extremes.count)]
                    for i in 0..<4 { bytes[at + i] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(i))) }
                }
            }
            NestWriter.seal(&bytes)
            if survives(bytes, kernels[round % kernels.count], pool) { accepted += 1 }
        }
        #expect(accepted > 100)
    }

    private func survives(_ bytes: [UInt8], _ table: KernelTable, _ pool: ThreadPool) -> Bool {
        guard let nest = try? NestReader(bytes: bytes), nest.programs[0].arenaBytes < 1 << 24 else { return false }
        var options = ModelOptions()
        options.verify = false
        guard let model = try? Model(nest: nest, options: options, kernels: table, pool: pool) else { return false }
        guard let runner = try? SpeechRunner(model) else { return (try? model.run()) != nil }
        var ran = false
        let mel = [Float](repeating: 0.5, count: (runner.maximumFrames + 4) * runner.melBins)
        for (frames, stride) in [(20, 4), (2, 1), (runner.maximumFrames, 0)] {
            ran = (try? mel.withUnsafeBufferPointer { (mel) throws(Failure) in
                try runner.encode(mel, frames: frames, tailStride: stride) }) != nil || ran
            let tokens = (0..<min(3, runner.maximumRows)).map { Int32(runner.vocabulary - 1 - $0) }
            ran = (try? tokens.withUnsafeBufferPointer { (part) throws(Failure) in
                try runner.evaluate(part, position: 0, logitRows: 1) }) != nil || ran
        }
        // Without the runner's checks: positions and tokens that nobody looked at.
        model.input(0).bindMemory(to: Int32.self)[0] = 0x7FFF_FFFF
        model.input(1).bindMemory(to: Int32.self)[0] = -1
        return (try? model.run()) != nil && ran
    }
}
