import Kernels
import Platform

/// Outputs of one packed matrix, taken from rows of encoded ones: queries, keys and values together, gate and up
/// interleaved, rows in another order.
struct MatrixRows {
    let format: MatrixFormat
    let inputs: Int, outputs: Int
    private let decoders: [MatrixDecoder]
    /// For an output, which matrix and which row of it.
    private let place: (Int) -> (matrix: Int, row: Int)

    /// Matrices keep the quantisation of their file; floats become `floats` (q8 or q4), and so do matrices that come in
    /// several formats, as q8.
    init(_ matrices: [TransformerModel.EncodedMatrix], outputs: Int, floats: MatrixFormat,
         place: @escaping (Int) -> (matrix: Int, row: Int)) throws {
        decoders = try matrices.map { try MatrixDecoder($0) }
        self.outputs = outputs
        self.place = place
        inputs = matrices[0].columns
        let formats = decoders.map { $0.format(floats: floats) }
        format = formats.allSatisfy { $0 == formats[0] } ? formats[0] : .q8
    }

    init(_ matrix: TransformerModel.EncodedMatrix, floats: MatrixFormat) throws {
        try self.init([matrix], outputs: matrix.rows, floats: floats) { (0, $0) }
    }

    func layout(_ range: Range<Int>) -> MatrixLayout { MatrixLayout(format: format, outputs: range.count, inputs: inputs)! }

    /// The packed weights of some outputs; the range begins at a multiple of 16. Fails with `badFormat` where weights are
    /// no finite numbers, or too large for half floats.
    func packed(_ range: Range<Int>) throws(Failure) -> [UInt8] {
        let layout = layout(range)
        var packed = [UInt8](repeating: 0, count: layout.bytes), bad: Int?
        packed.withUnsafeMutableBufferPointer { packed in
            withUnsafeTemporaryAllocation(of: Int8.self, capacity: 32) { quanta in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: 32) { weights in
                    for output in range {
                        for group in 0..<layout.groups {
                            let scales = read(output, group, quanta.baseAddress!, weights.baseAddress!)
                            let scale = half(scales.scale), second = half(scales.second(format))
                            if scale & 0x7c00 == 0x7c00 || second & 0x7c00 == 0x7c00 { bad = output }
                            layout.store(quanta.baseAddress!, scale: scale, second: second, output: output - range.lowerBound, group: group,
                                         into: packed.baseAddress!)
                        }
                    }
                }
            }
        }
        if let bad {
            let (matrix, row) = place(bad)
            throw Failure(.badFormat,
                "matrix '\(decoders[matrix].matrix.name)' holds weights in row \(row) that are not finite numbers, or too large for half "
                    + "floats")
        }
        return packed
    }

    private func read(_ output: Int, _ group: Int, _ quanta: UnsafeMutablePointer<Int8>, _ weights: UnsafeMutablePointer<Float>)
        -> MatrixGroup {
        let (matrix, row) = place(output), decoder = decoders[matrix]
        if decoder.matrix.encoding.matrixFormat == format { return decoder.group(row: row, group: group, into: quanta) }
        decoder.floats(row: row, group: group, into: weights)
        for index in 0..<32 where !weights[index].isFinite { return MatrixGroup(scale: .infinity) }
        return format == .q4 ? GroupQuantization.q4(weights, quanta) : GroupQuantization.q8(weights, quanta)
    }
}
