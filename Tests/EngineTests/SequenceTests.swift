import Engine
import Foundation
import Kernels
import Nest
import TestSupport
import Testing

struct SequenceTests {
    private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    /// A float matrix [rows][columns] in the layout of a float convolution.
    private func packed(_ matrix: [Float], rows: Int, columns: Int) -> [Float] {
        var result: [Float] = []
        for block in stride(from: 0, to: rows, by: 16) {
            for column in 0..<columns { for r in 0..<16 { result.append(block + r < rows ? matrix[(block + r) * columns + column] : 0) } }
        }
        return result
    }

    private func product(_ matrix: ArraySlice<Float>, _ x: [Double]) -> [Double] {
        let m = Array(matrix)
        return (0..<m.count / x.count).map { r in x.indices.reduce(0) { $0 + Double(m[r * x.count + $1]) * x[$1] } }
    }

    @Test(arguments: [false, true], [false, true])
    func gruAndLSTM(lstm: Bool, resetAfter: Bool) throws {
        var random = Random(31)
        for hidden in [1, 5, 16, 23] {
            let inputs = random.int(1...9), time = random.int(1...4), batch = random.int(1...2), gates = lstm ? 4 : 3, rows = gates * hidden
            let w = random.floats(rows * inputs), r = random.floats(rows * hidden), wb = random.floats(rows), rb = random.floats(rows)
            let builder = NestBuilder()
            let h = builder.tensor(.float32, [batch, 1, 1, hidden], storage: .state),
                c = builder.tensor(.float32, [batch, 1, 1, hidden], storage: .state)
            let x = builder.tensor(.float32, [batch, 1, time, inputs]), y = builder.tensor(.float32, [batch, 1, time, hidden]),
                last = builder.tensor(.float32, [batch, 1, 1, hidden])
            var blob = Blob(), a = RecurrentAttributes()
            a.hidden = Int32(hidden)
            a.inputs = Int32(inputs)
            a.resetAfterProduct = resetAfter ? 1 : 0
            let rest = [Float](repeating: 0, count: roundUp(rows, to: 16) - rows)
            blob.add(packed(w, rows: rows, columns: inputs))
            a.recurrentOffset = blob.add(packed(r, rows: rows, columns: hidden))
            a.inputBiasOffset = blob.add(wb + rest)
            a.recurrentBiasOffset = blob.add(rb + rest)
            builder.emit(lstm ? .lstm : .gru, lstm ? [x, h, c] : [x, h], [y, last], a.words, blob: blob)

            for kernels in ConvolutionTests.tables {
                let model = try builder.model(inputs: [x], outputs: [y, last, h], kernels: kernels)
                var hs = [[Double]](repeating: [Double](repeating: 0, count: hidden), count: batch), cs = hs
                // The third run starts from zero again.
                for run in 0..<3 {
                    if run == 2 {
                        model.reset()
                        hs = hs.map { $0.map { _ in 0 } }
                        cs = hs
                    }
                    let input = random.floats(batch * time * inputs)
                    model.set(0, input)
                    try model.run()
                    let got = model.get(0, as: Float.self)
                    for b in 0..<batch { for t in 0..<time {
                        let at = (b * time + t) * inputs
                        let p = zip(product(w[...], input[at..<at + inputs].map { Double($0) }), wb).map { $0 + Double($1) }
                        let q = zip(product(r[...], hs[b]), rb).map { $0 + Double($1) }
                        var next = hs[b]
                        if lstm {
                            for i in 0..<hidden {
                                cs[b][i] = sigmoid(p[2 * hidden + i] + q[2 * hidden + i]) * cs[b][i] + sigmoid(p[i] + q[i])
                                    * tanh(p[3 * hidden + i] + q[3 * hidden + i])
                                next[i] = sigmoid(p[hidden + i] + q[hidden + i]) * tanh(cs[b][i])
                            }
                        } else {
                            let gate = (0..<hidden).map { sigmoid(p[hidden + $0] + q[hidden + $0]) }
                            let inner = resetAfter ? (0..<hidden).map { gate[$0] * q[2 * hidden + $0] }
                                : zip(product(r[(2 * hidden * hidden)...], zip(gate, hs[b]).map { $0 * $1 }), rb[(2 * hidden)...]).map {
                                    $0 + Double($1)
                                }
                            for i in 0..<hidden {
                                let z = sigmoid(p[i] + q[i])
                                next[i] = (1 - z) * tanh(p[2 * hidden + i] + inner[i]) + z * hs[b][i]
                            }
                        }
                        hs[b] = next
                        for i in 0..<hidden { #expect(abs(Double(got[(b * time + t) * hidden + i]) - next[i]) < 1e-4) }
                    } }
                    #expect(model.get(1, as: Float.self) == model.get(2, as: Float.self))
                }
            }
        }
    }

    private struct Box { var ymin, xmin, ymax, xmax: Double }

    private func overlap(_ a: Box, _ b: Box) -> Double {
        let h = max(0, min(a.ymax, b.ymax) - max(a.ymin, b.ymin)), w = max(0, min(a.xmax, b.xmax) - max(a.xmin, b.xmin))
        let areas = (a.ymax - a.ymin) * (a.xmax - a.xmin) + (b.ymax - b.ymin) * (b.xmax - b.xmin)
        return h * w / (areas - h * w)
    }

    @Test(arguments: [false, true])
    func detection(regular: Bool) throws {
        var random = Random(32)
        for _ in 0..<20 {
            let anchors = random.int(1...60), classes = random.int(1...6)
            var a = DetectionAttributes()
            a.maximumDetections = Int32(random.int(1...12))
            a.classes = Int32(classes)
            a.scoreThreshold = 0.3
            a.overlapThreshold = 0.5
            a.useRegularSuppression = regular ? 1 : 0
            a.detectionsPerClass = 5
            let most = Int(a.maximumDetections)
            let builder = NestBuilder()
            let boxes = builder.tensor(.float32, [1, 1, anchors, 4]), scores = builder.tensor(.float32, [1, 1, anchors, classes + 1])
            let outs = [builder.tensor(.float32, [1, 1, most, 4]), builder.tensor(.float32, [1, 1, 1, most]),
                        builder.tensor(.float32, [1, 1, 1, most]), builder.tensor(.float32, [1, 1, 1, 1])]
            var blob = Blob()
            let anchorValues = (0..<anchors).flatMap { _ in random.floats(2, 0...1) + random.floats(2, 0.2...0.5) }
            blob.add(anchorValues)
            builder.emit(.detectionPostprocess, [boxes, scores], outs, a.words, blob: blob)
            let model = try builder.model(inputs: [boxes, scores], outputs: outs)
            let encodings = random.floats(anchors * 4, -2...2), values = random.floats(anchors * (classes + 1), 0...1)
            model.set(0, encodings)
            model.set(1, values)
            try model.run()

            let decoded = (0..<anchors).map { i -> Box in
                let e = encodings[i * 4..<i * 4 + 4].map { Double($0) }, n = anchorValues[i * 4..<i * 4 + 4].map { Double($0) }
                let y = e[0] / 10 * n[2] + n[0], x = e[1] / 10 * n[3] + n[1], h = exp(e[2] / 5) * n[2] / 2, w = exp(e[3] / 5) * n[3] / 2
                return Box(ymin: y - h, xmin: x - w, ymax: y + h, xmax: x + w)
            }
            func suppress(_ score: [Float], _ most: Int) -> [Int] {
                var chosen: [Int] = []
                for i in (0..<anchors).filter({ score[$0] >= 0.3 }).sorted(by: { score[$0] != score[$1] ? score[$0] > score[$1] : $0 < $1 })
                where chosen.count < most && chosen.allSatisfy({ overlap(decoded[$0], decoded[i]) <= 0.5 }) { chosen.append(i) }
                return chosen
            }
            func score(_ anchor: Int, _ category: Int) -> Float { values[anchor * (classes + 1) + 1 + category] }
            var expected: [(Int, Int, Float)] = []
            if regular {
                for category in 0..<classes {
                    expected += suppress((0..<anchors).map { score($0, category) }, 5).map { ($0, category, score($0, category)) }
                }
                expected = Array(expected.sorted { $0.2 > $1.2 }.prefix(most))
            } else {
                let best = (0..<anchors).map { anchor in (0..<classes).max { score(anchor, $0) < score(anchor, $1) }! }
                expected = suppress((0..<anchors).map { score($0, best[$0]) }, most).map { ($0, best[$0], score($0, best[$0])) }
            }
            #expect(Int(model.get(3, as: Float.self)[0]) == expected.count)
            for (i, detection) in expected.enumerated() {
                #expect(Int(model.get(1, as: Float.self)[i]) == detection.1)
                #expect(model.get(2, as: Float.self)[i] == detection.2)
                #expect(abs(Double(model.get(0, as: Float.self)[i * 4]) - decoded[detection.0].ymin) < 1e-4)
            }
        }
    }
}
