import Engine
import FuzzTargets
import Kernels
@testable import ModelCompiler
import Nest
import Platform
import Testing

/// Language nests made to harm: whatever their tables say, reading and running them ends in a Failure or in a result.
@Suite(.serialized)
struct TransformerHostileTests {
    private static let extremes: [UInt32] = [0, 1, 2, 15, 16, 31, 32, 33, 40, 63, 64, 77, 128, 255, 512, 0x7FFF, 0x10000, 0x100000,
                                             0x400000, 0x7FFF_FFE0, 0x7FFF_FFFF,
                                             0x8000_0000, 0xFFFF_FFE0, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x7F80_0000, 0x7FC0_0000, 0x0080_0000,
                                                 0x3F80_0000]

    private static func survives(_ bytes: [UInt8], _ table: KernelTable, _ pool: ThreadPool) -> Bool {
        guard let nest = try? NestReader(bytes: bytes), nest.programs[0].arenaBytes < 1 << 24 else { return false }
        var options = ModelOptions()
        options.verify = false
        options.contextLength = 24
        guard let model = try? Model(nest: nest, options: options, kernels: table, pool: pool) else { return false }
        guard let runner = try? LanguageRunner(model) else { return (try? model.run()) != nil }
        var ran = false
        for (count, position, logits) in [(3, 0, 1), (1, 3, 1), (min(5, runner.maximumRows), 4, min(5, runner.maximumLogitRows)),
                                          (24, 0, 0)] {
            let tokens = (0..<count).map { Int32(runner.vocabulary - 1 - $0) }
            ran = (try? tokens.withUnsafeBufferPointer { (part) throws(Failure) in try runner.evaluate(part, position: position,
                logitRows: min(logits, count)) }) != nil || ran
        }
        // Without the runner's checks: tokens that nobody looked at.
        model.input(0).bindMemory(to: Int32.self)[0] = 0x7FFF_FFFF
        return (try? model.run()) != nil && ran
    }

    @Test func mutationsWithTheChecksumPutRight() throws {
        let pools = [try ThreadPool(threads: 1), try ThreadPool(threads: 2)], kernels = KernelTable.all(for: .detect())
        var numbers = SplitMix64(seed: 5)
        let sources = [RandomTransformer(seed: 31, width: 32, heads: 2, headDimension: 16, feedForward: 32, vocabulary: 40, layers: 1),
                       RandomTransformer(seed: 32, width: 32, heads: 2, headDimension: 16, feedForward: 64, vocabulary: 40, layers: 2,
                                         tied: false, gemma: true, window: 6)]
        var accepted = 0
        for source in sources {
            let original = NestWriter.bytes(try lower(source.model,
                                                      options: TransformerOptions(rows: 5, logitRows: 5, pieceBytes: 4096)).contents())
            #expect(TransformerHostileTests.survives(original, .reference, pools[0]))
            var tables = 64
            for i in 0..<8 { tables += Int(original[24 + i]) << (8 * i) }
            for round in 0..<2500 {
                var bytes = original
                for _ in 0...numbers.next(below: 3) {
                    let at = 16 + numbers.next(below: tables - 20)
                    switch numbers.next(below: 4) {
                    case 0: bytes[at] ^= 1 << UInt8(numbers.next(below: 8))
                    case 1: bytes[at] = bytes[at] &+ 1
                    case 2:
                        let value = TransformerHostileTests.extremes[numbers.next(below: TransformerHostileTests.extremes.count)]
                        for i in 0..<4 { bytes[at + i] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(i))) }
                    default:
                        let from = 16 + numbers.next(below: tables - 20)
                        for i in 0..<4 { bytes[at + i] = bytes[from + i] }
                    }
                }
                NestWriter.seal(&bytes)
                if TransformerHostileTests.survives(bytes, kernels[round % kernels.count], pools[round % 2]) { accepted += 1 }
            }
        }
        #expect(accepted > 100)
    }

    /// Weights are data without structure: anything may stand in them.
    @Test func randomWeights() throws {
        let pool = try ThreadPool(threads: 1), kernels = KernelTable.all(for: .detect())
        let source = RandomTransformer(seed: 33, width: 64, gemma: true, window: 6, encodings: [.q4_0, .q5_1, .q8_0])
        let original = NestWriter.bytes(try lower(source.model, options: TransformerOptions(rows: 5, logitRows: 5)).contents())
        let chunks = try NestReader(bytes: original).chunks
        var numbers = SplitMix64(seed: 6)
        for round in 0..<60 {
            var bytes = original
            for _ in 0..<2000 {
                let chunk = chunks[numbers.next(below: chunks.count)]
                bytes[chunk.offset + numbers.next(below: chunk.length)] = round % 3 == 0 ? 0xFF : UInt8(numbers.next(below: 256))
            }
            #expect(TransformerHostileTests.survives(bytes, kernels[round % kernels.count], pool))
        }
    }

    /// A sampler changes logits where they lie.
    @Test func logitsAreNeverWeights() throws {
        let source = RandomTransformer(seed: 34, width: 32, heads: 2, headDimension: 16, feedForward: 32, vocabulary: 40, layers: 1)
        var contents = try lower(source.model, options: TransformerOptions(rows: 5, logitRows: 5, pieceBytes: 4096)).contents()
        var constant = contents.programs[0].tensors[Int(contents.programs[0].outputs[0])]
        (constant.storage, constant.offset, constant.chunk) = (.constant, 0, Int32(contents.chunks.count))
        contents.chunks.append([UInt8](repeating: 0, count: constant.bytes))
        contents.programs[0].tensors.append(constant)
        contents.programs[0].outputs = [Int32(contents.programs[0].tensors.count - 1)]
        #expect(throws: Failure.self) { try NestReader(bytes: NestWriter.bytes(contents)) }
    }

    /// As users generate: with a penalty, cuts, stop texts and drafts, from files with any field changed.
    @Test func generationFromMutations() throws {
        let source = RandomTransformer(seed: 35, width: 32, heads: 2, headDimension: 16, feedForward: 32, vocabulary: 40, layers: 1)
        let original = NestWriter.bytes(try lower(source.model,
                                                  options: TransformerOptions(rows: 5, logitRows: 5, pieceBytes: 4096)).contents())
        #expect(fuzzNest(original))
        var tables = 64
        for i in 0..<8 { tables += Int(original[24 + i]) << (8 * i) }
        var numbers = SplitMix64(seed: 7), accepted = 0
        for _ in 0..<600 {
            var bytes = original
            let at = 64 + numbers.next(below: tables - 68) / 4 * 4,
                value = TransformerHostileTests.extremes[numbers.next(below: TransformerHostileTests.extremes.count)]
            for i in 0..<4 { bytes[at + i] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(i))) }
            if fuzzNest(bytes) { accepted += 1 }
        }
        #expect(accepted > 20)
    }
}
