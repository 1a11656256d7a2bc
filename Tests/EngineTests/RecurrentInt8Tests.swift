import Engine
import Foundation
import Kernels
import Nest
import Platform
import TestSupport
import Testing

/// GRU and LSTM with int8 weights, against float64 with the same weights and no quantised activations.
struct RecurrentInt8Tests {
    /// A matrix [rows][columns] as q8 with one scale for all, columns rounded up to 32; `values` are what it means.
    private struct Matrix {
        var packed: [UInt8] = [], values: [Double] = []

        init(rows: Int, columns: Int, _ random: inout Random) throws {
            let groups = (columns + 31) / 32, scale: UInt16 = half(0.2 / 127)
            var quanta = [Int8](repeating: 0, count: rows * groups * 32)
            for row in 0..<rows { for column in 0..<columns { quanta[row * groups * 32 + column] = Int8(random.int(-127...127)) } }
            packed = try #require(MatrixLayout(format: .q8, outputs: rows, inputs: groups * 32)).pack(quanta,
                scales: [UInt16](repeating: scale, count: rows * groups))
            for row in 0..<rows {
                for column in 0..<columns { values.append(Double(quanta[row * groups * 32 + column]) * Double(float(half: scale))) }
            }
        }

        func times(_ x: [Double]) -> [Double] {
            (0..<values.count / x.count).map { r in x.indices.reduce(0) { $0 + values[r * x.count + $1] * x[$1] } }
        }
    }

    private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    @Test(arguments: [false, true], [false, true])
    func followsTheEquations(lstm: Bool, resetAfter: Bool) throws {
        var random = Random(77)
        for (inputs, hidden) in [(40, 24), (3, 33), (64, 1), (33, 70)] {
            let gates = lstm ? 4 : 3, rows = gates * hidden
            let w = try Matrix(rows: rows, columns: inputs, &random), r = try Matrix(rows: rows, columns: hidden, &random)
            let wb = random.floats(rows), rb = random.floats(rows), rest = [Float](repeating: 0, count: roundUp(rows, to: 16) - rows)
            let builder = NestBuilder()
            let h = builder.tensor(.float32, [1, 1, 1, hidden], storage: .state),
                c = builder.tensor(.float32, [1, 1, 1, hidden], storage: .state)
            let x = builder.tensor(.float32, [1, 1, 2, inputs]), y = builder.tensor(.float32, [1, 1, 2, hidden])
            var blob = Blob(), a = RecurrentAttributes()
            (a.hidden, a.inputs, a.resetAfterProduct) = (Int32(hidden), Int32(inputs), resetAfter ? 1 : 0)
            (a.inputFormat, a.recurrentFormat) = (RecurrentAttributes.int8, RecurrentAttributes.int8)
            blob.add(w.packed)
            a.recurrentOffset = blob.add(r.packed)
            a.inputBiasOffset = blob.add(wb + rest)
            a.recurrentBiasOffset = blob.add(rb + rest)
            builder.emit(lstm ? .lstm : .gru, lstm ? [x, h, c] : [x, h], [y], a.words, blob: blob)

            let signal = random.floats(10 * 2 * inputs)
            var answers: [[Float]] = []
            for kernels in ConvolutionTests.tables {
                let model = try builder.model(inputs: [x], outputs: [y], kernels: kernels)
                var got: [Float] = []
                for run in 0..<10 {
                    model.set(0, Array(signal[run * 2 * inputs..<(run + 1) * 2 * inputs]))
                    try model.run()
                    got += model.get(0, as: Float.self)
                }
                answers.append(got)
            }
            // Every family gives the same bits, so that recordings replay alike on all boards.
            for answer in answers { #expect(answer == answers[0]) }

            var hs = [Double](repeating: 0, count: hidden), cs = hs
            for step in 0..<20 {
                let input: [Double] = signal[step * inputs..<(step + 1) * inputs].map { Double($0) }
                let p: [Double] = zip(w.times(input), wb).map { $0 + Double($1) }
                let q: [Double] = zip(r.times(hs), rb).map { $0 + Double($1) }
                if lstm {
                    for i in 0..<hidden {
                        let kept: Double = sigmoid(p[2 * hidden + i] + q[2 * hidden + i]) * cs[i]
                        let new: Double = sigmoid(p[i] + q[i]) * tanh(p[3 * hidden + i] + q[3 * hidden + i])
                        cs[i] = kept + new
                        hs[i] = sigmoid(p[hidden + i] + q[hidden + i]) * tanh(cs[i])
                    }
                } else {
                    let gate: [Double] = (0..<hidden).map { (i: Int) -> Double in sigmoid(p[hidden + i] + q[hidden + i]) }
                    let opened: [Double] = (0..<hidden).map { (i: Int) -> Double in gate[i] * hs[i] }
                    let products: [Double] = r.times(opened)
                    var next = hs
                    for i in 0..<hidden {
                        let late: Double = gate[i] * q[2 * hidden + i],
                            early: Double = products[2 * hidden + i] + Double(rb[2 * hidden + i])
                        let z: Double = sigmoid(p[i] + q[i])
                        let candidate: Double = tanh(p[2 * hidden + i] + (resetAfter ? late : early))
                        next[i] = (1 - z) * candidate + z * hs[i]
                    }
                    hs = next
                }
                for i in 0..<hidden {
                    #expect(abs(Double(answers[0][step * hidden + i]) - hs[i]) < 0.03, "\(inputs) \(hidden) step \(step)")
                }
            }
        }
    }

    /// What can't be is refused when the file is read.
    @Test func damagedFormatsAreRefused() throws {
        for (format, bytes) in [(Int32(1), 4096), (7, 4096), (-1, 4096), (RecurrentAttributes.int8, 543)] {
            let builder = NestBuilder()
            let h = builder.tensor(.float32, [1, 1, 1, 5], storage: .state), x = builder.tensor(.float32, [1, 1, 1, 4]),
                y = builder.tensor(.float32, [1, 1, 1, 5])
            var blob = Blob(), a = RecurrentAttributes()
            (a.hidden, a.inputs, a.inputFormat) = (5, 4, format)
            a.recurrentOffset = blob.add([UInt8](repeating: 0, count: 16 * 5 * 4))
            a.recurrentBiasOffset = blob.add([UInt8](repeating: 0, count: 64))
            a.inputBiasOffset = a.recurrentBiasOffset
            blob.add([UInt8](repeating: 0, count: max(0, bytes - blob.bytes.count)))
            builder.emit(.gru, [x, h], [y], a.words, blob: blob)
            #expect(throws: Failure.self) { _ = try builder.model(inputs: [x], outputs: [y]) }
            // The same with the format that its weights have.
            a.inputFormat = 0
            builder.instructions[0].attributes = a.words
            _ = try builder.model(inputs: [x], outputs: [y])
        }
    }

    /// Sums far beyond where the gates saturate, infinite ones included, give numbers.
    @Test func saturatedGatesStayNumbers() throws {
        let builder = NestBuilder()
        let h = builder.tensor(.float32, [1, 1, 1, 9], storage: .state), x = builder.tensor(.float32, [1, 1, 1, 1]),
            y = builder.tensor(.float32, [1, 1, 1, 9])
        var blob = Blob(), a = RecurrentAttributes()
        (a.hidden, a.inputs, a.resetAfterProduct) = (9, 1, 1)
        blob.add([Float](repeating: 1, count: 32))
        a.recurrentOffset = blob.add([Float](repeating: 0, count: 32 * 9))
        a.inputBiasOffset = blob.add([Float](repeating: 0, count: 32))
        a.recurrentBiasOffset = a.inputBiasOffset
        builder.emit(.gru, [x, h], [y], a.words, blob: blob)
        for kernels in ConvolutionTests.tables {
            let model = try builder.model(inputs: [x], outputs: [y], kernels: kernels)
            for value in [Float(0), 1e-6, 0.3, -0.3, 5, -5, 40, -40, 90, -90, 1e6, -1e6, 3e38, -3e38] {
                model.reset()
                model.set(0, [value])
                try model.run()
                let v = Double(value), expected = (1 - sigmoid(v)) * tanh(v)
                for got in model.get(0, as: Float.self) { #expect(abs(Double(got) - expected) < 5e-7, "\(value): \(got) for \(expected)") }
            }
        }
    }
}
