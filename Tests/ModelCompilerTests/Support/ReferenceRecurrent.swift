import Foundation
import ModelCompiler

/// GRU and LSTM as the ONNX operators define them, gates in ONNX's order.
enum ReferenceRecurrent {
    /// inputs: x, W, R, input bias?, recurrent bias?, h?. outputs: y, final h.
    static func gru(_ inputs: [Values?], _ layer: RecurrentLayer) -> [Values] {
        let x = inputs[0]!, n = layer.hidden
        var state = start(inputs, 5, x, n), y = Values([x.shape[0], x.shape[1], n])
        for time in 0..<x.shape[0] {
            for batch in 0..<x.shape[1] {
                let row = time * x.shape[1] + batch
                let h = Array(state.data[batch * n..<(batch + 1) * n])
                let a = gates(x, row, inputs[1]!, inputs.count > 3 ? inputs[3] : nil)
                let b = product(inputs[2]!, h, inputs.count > 4 ? inputs[4] : nil)
                let reset = (0..<n).map { sigmoid(a[n + $0] + b[n + $0]) }
                let candidate: [Float]
                if layer.resetAfterProduct {
                    candidate = (0..<n).map { tanh(a[2 * n + $0] + reset[$0] * b[2 * n + $0]) }
                } else {
                    let gated = product(inputs[2]!, (0..<n).map { reset[$0] * h[$0] }, inputs.count > 4 ? inputs[4] : nil)
                    candidate = (0..<n).map { tanh(a[2 * n + $0] + gated[2 * n + $0]) }
                }
                for i in 0..<n {
                    let update = sigmoid(a[i] + b[i])
                    state.data[batch * n + i] = (1 - update) * candidate[i] + update * h[i]
                    y.data[row * n + i] = state.data[batch * n + i]
                }
            }
        }
        return [y, state]
    }

    /// As `gru`, with h? and c?; outputs: y, final h, final c.
    static func lstm(_ inputs: [Values?], _ layer: RecurrentLayer) -> [Values] {
        let x = inputs[0]!, n = layer.hidden
        var h = start(inputs, 5, x, n), c = start(inputs, 6, x, n), y = Values([x.shape[0], x.shape[1], n])
        for time in 0..<x.shape[0] {
            for batch in 0..<x.shape[1] {
                let row = time * x.shape[1] + batch
                let a = gates(x, row, inputs[1]!, inputs.count > 3 ? inputs[3] : nil)
                let b = product(inputs[2]!, Array(h.data[batch * n..<(batch + 1) * n]), inputs.count > 4 ? inputs[4] : nil)
                for i in 0..<n {
                    let gate = (0..<4).map { a[$0 * n + i] + b[$0 * n + i] }
                    let cell = sigmoid(gate[2]) * c.data[batch * n + i] + sigmoid(gate[0]) * tanh(gate[3])
                    c.data[batch * n + i] = cell
                    h.data[batch * n + i] = sigmoid(gate[1]) * tanh(cell)
                    y.data[row * n + i] = h.data[batch * n + i]
                }
            }
        }
        return [y, h, c]
    }

    private static func start(_ inputs: [Values?], _ index: Int, _ x: Values, _ hidden: Int) -> Values {
        inputs.count > index ? inputs[index] ?? Values([x.shape[1], hidden]) : Values([x.shape[1], hidden])
    }

    private static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

    private static func gates(_ x: Values, _ row: Int, _ w: Values, _ bias: Values?) -> [Float] {
        product(w, Array(x.data[row * x.shape[2]..<(row + 1) * x.shape[2]]), bias)
    }

    private static func product(_ w: Values, _ x: [Float], _ bias: Values?) -> [Float] {
        (0..<w.shape[0]).map { o in (0..<x.count).reduce(bias?.data[o] ?? 0) { $0 + w.data[o * x.count + $1] * x[$1] } }
    }
}
