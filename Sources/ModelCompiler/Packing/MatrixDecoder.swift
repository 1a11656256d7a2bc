import Kernels
import Platform

/// Reads an encoded matrix in groups of 32 weights of a row, or as floats. The layouts of blocks are ggml's.
public struct MatrixDecoder {
    public let matrix: TransformerModel.EncodedMatrix
    /// Groups of a row.
    public let groups: Int
    private let bytes: UnsafeRawBufferPointer
    private let rowBytes: Int

    /// Fails with `badFormat` where the matrix's bytes aren't those of its shape, with `unsupported` where rows aren't whole groups.
    public init(_ matrix: TransformerModel.EncodedMatrix) throws {
        bytes = matrix.bytes()
        guard matrix.columns % 32 == 0 else {
            throw Failure(.unsupported, "matrix '\(matrix.name)' has rows of \(matrix.columns), not a multiple of 32")
        }
        guard let rowBytes = matrix.encoding.bytes(elements: matrix.columns), rowBytes > 0, matrix.rows > 0,
              matrix.rows <= bytes.count / rowBytes else {
            throw Failure(.badFormat,
                "matrix '\(matrix.name)' of \(matrix.rows) rows of \(matrix.columns) (\(matrix.encoding.name)) doesn't fit its "
                    + "\(bytes.count) bytes")
        }
        self.matrix = matrix
        self.rowBytes = rowBytes
        groups = matrix.columns / 32
    }

    /// One group's integers into `values` (32 of them; unsigned formats' integers are positive), and its scales. For
    /// matrices whose encoding has a `matrixFormat`; `row` and `group` are inside the matrix.
    @inline(__always)
    public func group(row: Int, group: Int, into values: UnsafeMutablePointer<Int8>) -> MatrixGroup {
        let start = bytes.baseAddress! + row * rowBytes
        switch matrix.encoding {
        case .q4_0: return BlockDecoding.q4(start + 18 * group, affine: false, values)
        case .q4_1: return BlockDecoding.q4(start + 20 * group, affine: true, values)
        case .q5_0: return BlockDecoding.q5(start + 22 * group, affine: false, values)
        case .q5_1: return BlockDecoding.q5(start + 24 * group, affine: true, values)
        case .q8_0: return BlockDecoding.q8(start + 34 * group, values)
        case .q4_K: return BlockDecoding.q4K(start + 144 * (group / 8), group % 8, values)
        case .q5_K: return BlockDecoding.q5K(start + 176 * (group / 8), group % 8, values)
        case .q6_K: return BlockDecoding.q6K(start + 210 * (group / 8), group % 8, values)
        case .f32, .f16, .bf16: fatalError("\(matrix.encoding.name) has no groups of integers")
        }
    }

    /// The 32 weights of a group as floats, for every encoding.
    public func floats(row: Int, group: Int, into floats: UnsafeMutablePointer<Float>) {
        let start = bytes.baseAddress! + row * rowBytes
        switch matrix.encoding {
        case .f32: for index in 0..<32 { floats[index] = start.loadUnaligned(fromByteOffset: 4 * (32 * group + index), as: Float.self) }
        case .f16: for index in 0..<32 {
            floats[index] = Float16Bits.float(start.loadUnaligned(fromByteOffset: 2 * (32 * group + index), as: UInt16.self))
        }
        case .bf16:
            for index in 0..<32 {
                floats[index] = Float(bitPattern: UInt32(start.loadUnaligned(fromByteOffset: 2 * (32 * group + index),
                                                                             as: UInt16.self)) << 16)
            }
        default:
            let offset = matrix.encoding.matrixFormat?.offset ?? 0
            withUnsafeTemporaryAllocation(of: Int8.self, capacity: 32) { values in
                let scales = self.group(row: row, group: group, into: values.baseAddress!)
                for index in 0..<32 {
                    floats[index] = (index < 16 ? scales.scale : scales.secondScale) * Float(Int(values[index]) - offset) + scales.minimum
                }
            }
        }
    }

    /// A row's weights.
    public func row(_ row: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: matrix.columns) { buffer, count in
            for group in 0..<groups { floats(row: row, group: group, into: buffer.baseAddress! + 32 * group) }
            count = matrix.columns
        }
    }
}
