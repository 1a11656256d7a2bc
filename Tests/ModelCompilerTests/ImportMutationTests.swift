import Foundation
import TestSupport
import Testing
import ModelCompiler
import Platform

/// Thousands of damaged files: each gives an error or a graph, none a crash, a hang or memory without bound.
@Suite struct ImportMutationTests {
    static let hostileNumbers: [UInt32] = [0, 1, 4, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff]

    static func mutated(_ original: [UInt8], _ random: inout Random) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard bytes.count > 8 else { break }
            let place = Int.random(in: 0..<bytes.count - 4, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bytes.removeSubrange(place...)
            case 1, 2: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 3: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 4: // a length, an offset or a count
                let number = Bool.random(using: &random) ? hostileNumbers.randomElement(using: &random)!
                    : UInt32.random(in: 0...UInt32(bytes.count), using: &random)
                for byte in 0..<4 { bytes[place + byte] = UInt8(truncatingIfNeeded: number >> UInt32(8 * byte)) }
            case 5: // offsets that lead to another place, back to themselves included
                let source = Int.random(in: 0..<bytes.count - 4, using: &random)
                for byte in 0..<4 { bytes[place + byte] = bytes[source + byte] }
            default: bytes.removeSubrange(place..<place + Int.random(in: 1...4, using: &random))
            }
        }
        return bytes
    }

    @Test(arguments: TinyModels.all) func damagedFiles(_ name: String) throws {
        let original = try TinyModels.bytes(name)
        var random = Random(UInt64(original.count)), imported = 0, refused = 0
        for length in 0..<min(original.count, 600) {
            do { _ = try Importer.load(bytes: Array(original[..<length])) } catch is Failure { refused += 1 }
        }
        for _ in 0..<2500 {
            do {
                _ = try Importer.load(bytes: Self.mutated(original, &random))
                imported += 1
            } catch is Failure {
                refused += 1
            }
        }
        // Whatever else is thrown fails the test; without refusals the mutator wouldn't reach the checks.
        #expect(refused > 500)
        print("\(name): \(imported) imported, \(refused) refused")
    }

    /// The real files are too large for thousands, but reach what the tiny ones don't.
    @Test func damagedPublishedModels() throws {
        let files = [(EvaluationData.path("tflite/kws_ref_model.tflite"), 400),
                     (EvaluationData.path("tflite/pretrainedResnet_quant.tflite"), 200),
                     (SourceModels.path("yolox-nano.onnx"), 15), (SourceModels.path("silero_vad_16k_op15.onnx"), 40),
                         (SourceModels.path("riann.onnx"), 40)]
        for case let (path?, count) in files {
            let original = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            var random = Random(UInt64(original.count))
            // Weights make most of a file; damage near the ends, where the structure is, tells more.
            for _ in 0..<count {
                var bytes = original
                for _ in 0..<3 {
                    let near = Int.random(in: 0..<min(16_384, bytes.count), using: &random)
                    let place = Bool.random(using: &random) ? near : bytes.count - 1 - near
                    bytes[place] = UInt8.random(in: 0...255, using: &random)
                }
                do { _ = try Importer.load(bytes: bytes) } catch is Failure {}
            }
        }
    }

    /// A few bytes that ask for gigabytes.
    @Test func memoryIsBounded() throws {
        func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(content.count)] + content }
        // ConstantOfShape of (65536, 16384).
        let shape = field(8, Array("s".utf8)) + [2 << 3, 7] + [1 << 3, 2] + field(7, [0x80, 0x80, 0x04, 0x80, 0x80, 0x01])
        let node = field(1, Array("s".utf8)) + field(2, Array("y".utf8)) + field(4, Array("ConstantOfShape".utf8))
        let output = field(1, Array("y".utf8))
        let graph = field(1, node) + field(5, shape) + field(4 + 8, output)
        let model: [UInt8] = [0x08, 0x08] + field(7, graph)
        do {
            _ = try Importer.load(bytes: model)
            Issue.record("4 GB of zeros were made from \(model.count) bytes")
        } catch let failure as Failure {
            #expect(failure.description.contains("unfolds to more than"), "\(failure.description)")
        }
    }
}
