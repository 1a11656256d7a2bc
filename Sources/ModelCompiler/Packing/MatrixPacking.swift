import Kernels
import Platform

extension MatrixDecoder {
    /// The format in which a nest keeps the matrix: the encoding's own integers where it has them; floats become `floats`
    /// (q8 or q4).
    public func format(floats: MatrixFormat = .q8) -> MatrixFormat { matrix.encoding.matrixFormat ?? floats }

    /// The matrix in the blocks that kernels read. Fails with `badFormat` where weights aren't finite, or beyond what half
    /// floats scale, and with `unsupported` for floats to another format than q8 and q4.
    public func packed(floats: MatrixFormat = .q8) throws -> (layout: MatrixLayout, bytes: [UInt8]) {
        let format = format(floats: floats)
        guard let layout = MatrixLayout(format: format, outputs: matrix.rows, inputs: matrix.columns) else {
            throw Failure(.unsupported, "matrix '\(matrix.name)' of \(matrix.rows) rows of \(matrix.columns) can't be laid out")
        }
        var bytes = [UInt8](repeating: 0, count: layout.bytes)
        try bytes.withUnsafeMutableBufferPointer { try pack(rows: 0..<matrix.rows, layout, into: $0.baseAddress!) }
        return (layout, bytes)
    }

    /// Packs some rows into a layout of the whole matrix, which was zero there. Rows of different blocks of 16 may be
    /// packed at the same time.
    public func pack(rows: Range<Int>, _ layout: MatrixLayout, into packed: UnsafeMutablePointer<UInt8>) throws {
        let quantizes = matrix.encoding.matrixFormat == nil
        guard layout.outputs == matrix.rows, layout.inputs == matrix.columns, quantizes ? layout.format == .q8
              || layout.format == .q4 : layout.format == matrix.encoding.matrixFormat else {
            throw Failure(.unsupported, "matrix '\(matrix.name)' (\(matrix.encoding.name)) can't be kept as \(layout.format.name)")
        }
        try withUnsafeTemporaryAllocation(of: Float.self, capacity: 32) { weights in
            try withUnsafeTemporaryAllocation(of: Int8.self, capacity: 32) { values in
                for row in rows {
                    for index in 0..<groups {
                        var scales = MatrixGroup()
                        if quantizes {
                            floats(row: row, group: index, into: weights.baseAddress!)
                            guard weights.allSatisfy(\.isFinite) else { throw notFinite(row) }
                            scales = layout.format == .q8 ? GroupQuantization.q8(weights.baseAddress!, values.baseAddress!)
                                : GroupQuantization.q4(weights.baseAddress!, values.baseAddress!)
                        } else {
                            scales = group(row: row, group: index, into: values.baseAddress!)
                        }
                        let scale = half(scales.scale), second = half(scales.second(layout.format))
                        guard scale & 0x7c00 != 0x7c00, second & 0x7c00 != 0x7c00 else { throw notFinite(row) }
                        layout.store(values.baseAddress!, scale: scale, second: second, output: row, group: index, into: packed)
                    }
                }
            }
        }
    }

    private func notFinite(_ row: Int) -> Failure {
        Failure(.badFormat, "matrix '\(matrix.name)' holds weights in row \(row) that are not finite numbers, or too large for half floats")
    }
}
