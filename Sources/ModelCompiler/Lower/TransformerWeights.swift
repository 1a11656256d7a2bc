import Kernels
import Platform

/// Groups of 32 weights of an encoded matrix, in the format that comes nearest to the file's.
struct GroupDecoder {
    /// 32 values of q, and what belongs to them (`MatrixLayout.store`).
    struct Group {
        var quanta = [Int8](repeating: 0, count: 32)
        var scale: UInt16 = 0, second: UInt16 = 0
    }

    typealias Encoding = TransformerModel.Encoding

    let encoding: Encoding
    let rowBytes: Int

    init(_ matrix: TransformerModel.EncodedMatrix) {
        encoding = matrix.encoding
        rowBytes = matrix.columns / matrix.encoding.blockElements * matrix.encoding.blockBytes
    }

    /// The format that holds an encoding without loss, or nearly so: scales that are products become half floats. Floats
    /// become 8 bits.
    static func format(of encoding: Encoding) -> MatrixFormat {
        switch encoding {
        case .q4_0: .q4s
        case .q4_1, .q4_K: .q4
        case .q5_0: .q5s
        case .q5_1, .q5_K: .q5
        case .q6_K: .q6
        case .q8_0, .f32, .f16, .bf16: .q8
        }
    }

    /// Group `index` of a row in its own format.
    func decode(row: UnsafeRawPointer, group index: Int, into group: inout Group) {
        switch encoding {
        case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: decodeSimple(row + index * encoding.blockBytes, &group)
        case .q4_K, .q5_K: decodeSuper(row + index / 8 * encoding.blockBytes, index % 8, &group)
        case .q6_K: decodeSix(row + index / 8 * encoding.blockBytes, index % 8, &group)
        case .f32, .f16, .bf16: quantize(row, index, &group)
        }
    }

    private func half(_ at: UnsafeRawPointer) -> UInt16 { UInt16(littleEndian: at.loadUnaligned(as: UInt16.self)) }
    private func byte(_ at: UnsafeRawPointer, _ index: Int) -> UInt8 { at.load(fromByteOffset: index, as: UInt8.self) }

    private func decodeSimple(_ block: UnsafeRawPointer, _ group: inout Group) {
        group.scale = half(block)
        if encoding == .q8_0 {
            for i in 0..<32 { group.quanta[i] = Int8(bitPattern: byte(block, 2 + i)) }
            return
        }
        let isAffine = encoding == .q4_1 || encoding == .q5_1, isFive = encoding == .q5_0 || encoding == .q5_1
        var at = block + 2
        if isAffine {
            group.second = half(at)
            at += 2
        }
        var high: UInt32 = 0
        if isFive {
            high = UInt32(littleEndian: at.loadUnaligned(as: UInt32.self))
            at += 4
        }
        for i in 0..<16 {
            group.quanta[i] = Int8(byte(at, i) & 15 | UInt8(high >> UInt32(i) & 1) << 4)
            group.quanta[16 + i] = Int8(byte(at, i) >> 4 | UInt8(high >> UInt32(16 + i) & 1) << 4)
        }
    }

    /// Blocks of 256 with 6-bit scales and minima for each 32 (Q4_K, Q5_K).
    private func decodeSuper(_ block: UnsafeRawPointer, _ index: Int, _ group: inout Group) {
        let scales = block + 4
        let scale: UInt8, minimum: UInt8
        if index < 4 {
            scale = byte(scales, index) & 63
            minimum = byte(scales, index + 4) & 63
        } else {
            scale = byte(scales, index + 4) & 15 | (byte(scales, index - 4) >> 6) << 4
            minimum = byte(scales, index + 4) >> 4 | (byte(scales, index) >> 6) << 4
        }
        group.scale = Kernels.half(Kernels.float(half: half(block)) * Float(scale))
        group.second = Kernels.half(-Kernels.float(half: half(block + 2)) * Float(minimum))
        let isFive = encoding == .q5_K
        let nibbles = block + (isFive ? 48 : 16) + index / 2 * 32
        for i in 0..<32 {
            let nibble = index % 2 == 0 ? byte(nibbles, i) & 15 : byte(nibbles, i) >> 4
            let fifth = isFive ? byte(block, 16 + i) >> UInt8(index) & 1 : 0
            group.quanta[i] = Int8(nibble | fifth << 4)
        }
    }

    /// Blocks of 256 with an 8-bit scale for each 16 (Q6_K).
    private func decodeSix(_ block: UnsafeRawPointer, _ index: Int, _ group: inout Group) {
        let part = index / 4, quarter = index % 4
        let low = block + part * 64 + (quarter % 2) * 32, high = block + 128 + part * 32
        for i in 0..<32 {
            let nibble = quarter < 2 ? byte(low, i) & 15 : byte(low, i) >> 4
            group.quanta[i] = Int8(nibble | (byte(high, i) >> UInt8(2 * quarter) & 3) << 4)
        }
        let whole = Kernels.float(half: half(block + 208))
        func scale(_ at: Int) -> UInt16 { Kernels.half(whole * Float(Int8(bitPattern: byte(block, 192 + at)))) }
        group.scale = scale(index * 2)
        group.second = scale(index * 2 + 1)
    }

    private func quantize(_ row: UnsafeRawPointer, _ index: Int, _ group: inout Group) {
        let values = (0..<32).map { float(row, index * 32 + $0) }
        GroupDecoder.quantize(values, into: &group)
    }

    private func float(_ row: UnsafeRawPointer, _ column: Int) -> Float {
        switch encoding {
        case .f32: row.loadUnaligned(fromByteOffset: column * 4, as: Float.self)
        case .f16: Kernels.float(half: row.loadUnaligned(fromByteOffset: column * 2, as: UInt16.self))
        default: Float(bitPattern: UInt32(row.loadUnaligned(fromByteOffset: column * 2, as: UInt16.self)) << 16)
        }
    }

    /// 8 bits, symmetric. The scale is rounded to a half float first, so that q fits the scale that is stored.
    static func quantize(_ values: [Float], into group: inout Group) {
        let largest = values.reduce(0) { max($0, $1.isFinite ? abs($1) : 0) }
        // Rounded up where rounding down would cut the largest value off.
        group.scale = Kernels.half(min(largest / 127, 65504))
        if Kernels.float(half: group.scale) * 127.5 < largest { group.scale += 1 }
        let scale = Kernels.float(half: group.scale)
        for i in 0..<32 {
            let q = scale > 0 ? (values[i] / scale).rounded(.toNearestOrEven) : 0
            group.quanta[i] = q.isNaN ? 0 : Int8(max(-127, min(127, q)))
        }
        group.second = 0
    }

    /// The real values of a group in its own format.
    static func values(_ group: Group, _ format: MatrixFormat) -> [Float] {
        (0..<32).map { i in
            let scale = Kernels.float(half: format == .q6 && i >= 16 ? group.second : group.scale)
            return scale * Float(Int(group.quanta[i]) - format.offset) + (format.isAffine ? Kernels.float(half: group.second) : 0)
        }
    }
}

/// Outputs of one packed matrix, taken from rows of encoded ones: queries, keys and values together, gate and up
/// interleaved, rows in another order.
struct MatrixRows {
    let format: MatrixFormat
    let inputs: Int, outputs: Int
    private let matrices: [TransformerModel.EncodedMatrix]
    /// For an output, which matrix and which row of it.
    private let place: (Int) -> (matrix: Int, row: Int)

    /// Matrices of several formats become 8 bits.
    init(_ matrices: [TransformerModel.EncodedMatrix], outputs: Int, place: @escaping (Int) -> (matrix: Int, row: Int)) {
        self.matrices = matrices
        self.outputs = outputs
        self.place = place
        inputs = matrices[0].columns
        let formats = matrices.map { GroupDecoder.format(of: $0.encoding) }
        format = formats.allSatisfy { $0 == formats[0] } ? formats[0] : .q8
    }

    init(_ matrix: TransformerModel.EncodedMatrix) { self.init([matrix], outputs: matrix.rows) { (0, $0) } }

    var layout: MatrixLayout { layout(0..<outputs) }

    func layout(_ range: Range<Int>) -> MatrixLayout { MatrixLayout(format: format, outputs: range.count, inputs: inputs)! }

    /// The packed weights of some outputs; the range begins at a multiple of 16.
    func packed(_ range: Range<Int>) -> [UInt8] {
        let layout = layout(range), decoders = matrices.map { GroupDecoder($0) }, sources = matrices.map { $0.bytes() }
        let formats = matrices.map { GroupDecoder.format(of: $0.encoding) }
        var group = GroupDecoder.Group()
        return [UInt8](unsafeUninitializedCapacity: layout.bytes) { buffer, count in
            buffer.initialize(repeating: 0)
            count = layout.bytes
            for output in range {
                let (matrix, row) = place(output)
                let start = sources[matrix].baseAddress! + row * decoders[matrix].rowBytes
                for index in 0..<layout.groups {
                    decoders[matrix].decode(row: start, group: index, into: &group)
                    if formats[matrix] != format { GroupDecoder.quantize(GroupDecoder.values(group, formats[matrix]), into: &group) }
                    group.quanta.withUnsafeBufferPointer {
                        layout.store($0.baseAddress!, scale: group.scale, second: group.second, output: output - range.lowerBound, group: index, into: buffer.baseAddress!)
                    }
                }
            }
        }
    }
}
