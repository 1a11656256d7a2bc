import Foundation
import Testing
import Kernels
@testable import ModelCompiler
import Platform

/// Every type of ggml against the values that the package `gguf` decodes from blocks of random bits.
@Suite struct GGUFDecoderTests {
    static let encodings = TransformerModel.Encoding.all

    struct Vectors {
        let matrix: TransformerModel.EncodedMatrix
        let expected: [Float]

        init(_ encoding: TransformerModel.Encoding) throws {
            // Named as the script names types: "q4_K".
            let name = encoding.name.contains("_K") ? encoding.name.lowercased().replacingOccurrences(of: "_k", with: "_K")
                : encoding.name.lowercased()
            let bytes = try LanguageGolden.bytes("\(name).bin")
            let header = (0..<3).map { index in
                Int(bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self) })
            }
            let source = SourceBytes(Array(bytes[12..<12 + header[2]]))
            matrix = .init(name: name, rows: header[0], columns: header[1], encoding: encoding, bytes: source.view(0..<header[2]))
            expected = (0..<header[0] * header[1]).map { index in
                bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 12 + header[2] + 4 * index, as: Float.self) }
            }
        }
    }

    @Test(arguments: encodings) func floats(_ encoding: TransformerModel.Encoding) throws {
        let vectors = try Vectors(encoding)
        let decoder = try MatrixDecoder(vectors.matrix)
        let decoded = (0..<vectors.matrix.rows).flatMap { decoder.row($0) }
        #expect(decoded.count == vectors.expected.count)
        #expect(zip(decoded, vectors.expected).allSatisfy { $0 == $1 })
    }

    /// What the kernels' blocks hold: the same weights, but for scales of K types, which round to half floats.
    @Test(arguments: encodings) func packed(_ encoding: TransformerModel.Encoding) throws {
        let vectors = try Vectors(encoding)
        let (layout, bytes) = try MatrixDecoder(vectors.matrix).packed(floats: .q8)
        let columns = vectors.matrix.columns
        for row in 0..<vectors.matrix.rows {
            for column in 0..<columns {
                let weight = layout.weight(output: row, input: column, in: bytes), expected = vectors.expected[row * columns + column]
                switch encoding {
                case .f32, .f16, .bf16:
                    // Half a step of a group whose largest magnitude is below 0.3.
                    #expect(abs(weight - expected) <= 0.3 / 127 / 2 * 1.02)
                case .q4_K, .q5_K, .q6_K:
                    let scale = layout.scale(output: row, input: column, in: bytes),
                        minimum = layout.minimum(output: row, group: column / 32, in: bytes)
                    #expect(abs(weight - expected) <= (abs(scale) * 32 + abs(minimum)) * 0x1p-10 + 1e-6)
                default: #expect(weight == expected)
                }
            }
        }
    }

    /// The mean squared error of 4 bits is far above 8 bits', and below that of plain minimum and maximum.
    @Test func fourBitsOfFloats() throws {
        let vectors = try Vectors(.f32)
        let decoder = try MatrixDecoder(vectors.matrix)
        func error(_ format: MatrixFormat) throws -> Double {
            let (layout, bytes) = try decoder.packed(floats: format)
            var sum = 0.0
            for (index, expected) in vectors.expected.enumerated() {
                let difference = Double(layout.weight(output: index / vectors.matrix.columns, input: index % vectors.matrix.columns,
                                                      in: bytes) - expected)
                sum += difference * difference
            }
            return sum
        }
        var plain = 0.0
        for start in stride(from: 0, to: vectors.expected.count, by: 32) {
            let group = vectors.expected[start..<start + 32], low = group.min()!, scale = (group.max()! - low) / 15
            for weight in group { plain += pow(Double(low + scale * ((weight - low) / scale).rounded() - weight), 2) }
        }
        let four = try error(.q4), eight = try error(.q8)
        #expect(eight < four / 50)
        #expect(four < plain)
    }

    @Test func refused() throws {
        func matrix(_ encoding: TransformerModel.Encoding, _ bytes: [UInt8], rows: Int = 1, columns: Int = 32)
            -> TransformerModel.EncodedMatrix {
            .init(name: "m", rows: rows, columns: columns, encoding: encoding, bytes: SourceBytes(bytes).view(0..<bytes.count))
        }
        let infinite = [UInt8](repeating: 0, count: 64 - 2) + [0x00, 0x7c]
        #expect(throws: Failure.self) { try MatrixDecoder(matrix(.f16, infinite)).packed() }
        #expect(throws: Failure.self) { try MatrixDecoder(matrix(.q8_0, [0, 0x7e] + [UInt8](repeating: 1, count: 32))).packed() }
        #expect(throws: Failure.self) { try MatrixDecoder(matrix(.q8_0, [UInt8](repeating: 1, count: 33))) }
        #expect(throws: Failure.self) { try MatrixDecoder(matrix(.f32, [UInt8](repeating: 0, count: 4 * 33), columns: 33)) }
        #expect(throws: Failure.self) { try MatrixDecoder(matrix(.q8_0, [UInt8](repeating: 1, count: 34), rows: Int.max)) }
        #expect(throws: Failure.self) { try MatrixDecoder(matrix(.f32, [UInt8](repeating: 0, count: 128))).packed(floats: .q6) }
    }
}
