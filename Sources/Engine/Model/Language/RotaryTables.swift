import CLinux
import Platform

/// Cosines and sines of the rotary embedding (Su et al., RoFormer, 2021) for the rows of one run, computed in float64
/// when the run begins: no step does trigonometry, and memory doesn't grow with the context.
final class RotaryTables {
    /// What distinguishes one table from another; layers with a window often have a base of their own.
    fileprivate struct Key: Equatable {
        var base: Float, scale: Float, dimension: Int32, factors: [Float]
    }

    private var keys: [Key] = []
    private var tables: [Table] = []
    private let rows: Int

    final class Table {
        let half: Int
        /// [rows][half] cosines, then as many sines.
        let cosines: UnsafeMutablePointer<Float>
        let sines: UnsafeMutablePointer<Float>
        private let frequencies: [Double]

        fileprivate init(_ key: Key, rows: Int) {
            let dimension = Int(key.dimension)
            half = dimension / 2
            cosines = .allocate(capacity: 2 * rows * half)
            cosines.initialize(repeating: 0, count: 2 * rows * half)
            sines = cosines + rows * half
            frequencies = (0..<dimension / 2).map {
                pow(Double(key.base), -2 * Double($0) / Double(dimension)) / Double(key.scale) / (key.factors.isEmpty ? 1
                                                                                                  : Double(key.factors[$0]))
            }
        }

        deinit { cosines.deallocate() }

        fileprivate func fill(row: Int, position: Int) {
            for i in 0..<half {
                let angle = Double(position) * frequencies[i]
                cosines[row * half + i] = Float(cos(angle))
                sines[row * half + i] = Float(sin(angle))
            }
        }

        /// Rotates pairs (i, i + half) of one head, in place or not.
        @inline(__always)
        func rotate(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, row: Int) {
            let c = cosines + row * half, s = sines + row * half
            for i in 0..<half {
                let a = x[i], b = x[half + i]
                y[i] = a * c[i] - b * s[i]
                y[half + i] = a * s[i] + b * c[i]
            }
        }
    }

    init(rows: Int) { self.rows = rows }

    /// `factors`: as in `AttentionAttributes.rotaryFactors`.
    func table(base: Float, scale: Float, dimension: Int32, factors: [Float]) -> Table {
        let key = Key(base: base, scale: scale, dimension: dimension, factors: factors)
        for (index, known) in keys.enumerated() where known == key { return tables[index] }
        let table = Table(key, rows: rows)
        keys.append(key)
        tables.append(table)
        return table
    }

    func fill(position: Int, rows: Int) {
        for table in tables {
            for row in 0..<rows { table.fill(row: row, position: position + row) }
        }
    }

    var bytes: Int { tables.reduce(0) { $0 + 2 * rows * $1.half * 4 } }
}
