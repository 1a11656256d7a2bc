import Kernels
import Platform

/// How the nest keeps int8 weights of recurrent layers.
enum RecurrentPacking {
    /// A layer's own input is worth int8 from so many channels on: a few raw quantities, of different units and sizes,
    /// share no scale.
    static let fewestInputs = 32

    /// [rows][columns] as q8, columns rounded up to whole groups with zeros.
    static func pack(_ values: [Float], rows: Int, columns: Int) throws -> [UInt8] {
        let groups = (columns + 31) / 32
        guard let layout = MatrixLayout(format: .q8, outputs: rows, inputs: groups * 32) else {
            throw Failure(.unsupported, "recurrent weights of \(rows) rows of \(columns) can't be laid out")
        }
        var quanta = [Int8](repeating: 0, count: rows * groups * 32), scales: [UInt16] = []
        scales.reserveCapacity(rows * groups)
        for row in 0..<rows {
            for group in 0..<groups {
                var weights = [Float](repeating: 0, count: 32)
                for i in 0..<min(32, columns - group * 32) { weights[i] = values[row * columns + group * 32 + i] }
                let at = (row * groups + group) * 32
                let scale = half(quanta.withUnsafeMutableBufferPointer { GroupQuantization.q8(weights, $0.baseAddress! + at).scale })
                guard scale & 0x7C00 != 0x7C00, weights.allSatisfy(\.isFinite) else {
                    throw Failure(.badFormat, "recurrent weights of row \(row) are not finite numbers, or too large for half floats")
                }
                scales.append(scale)
            }
        }
        return layout.pack(quanta, scales: scales)
    }
}
