import CLinux
import Nest

/// Softmax over channels; int8 through a table of exponentials of every possible difference from the maximum.
final class SoftmaxStep: Step {
    private let x: View, y: View
    private let beta: Float
    private let isLogarithm: Bool
    private let table: UnsafeMutablePointer<Float>

    init(_ context: StepContext) {
        x = context.view(context.instruction.inputs.0)
        y = context.view(context.instruction.outputs.0)
        let attributes = SoftmaxAttributes(words: context.words)!
        beta = attributes.beta
        isLogarithm = attributes.logarithm != 0
        table = .allocate(capacity: 256)
        for difference in 0..<256 { table[difference] = expf(-x.record.scale * beta * Float(difference)) }
        super.init(index: context.index)
    }

    deinit { table.deallocate() }

    override func execute(_ slice: Int, worker: Int) {
        for pixel in 0..<x.pixels {
            if x.type == .int8 { bytes(pixel) } else { floats(pixel) }
        }
    }

    private func bytes(_ pixel: Int) {
        let p = x.bytes + pixel * x.stride, out = y.bytes + pixel * y.stride
        var most = p[0]
        for c in 1..<max(x.channels, 1) { most = max(most, p[c]) }
        var sum: Float = 0
        for c in 0..<x.channels { sum += table[Int(most) - Int(p[c])] }
        if isLogarithm {
            let logarithm = logf(sum), step = x.record.scale * beta, inverse = 1 / y.record.scale
            for c in 0..<x.channels {
                out[c] = quantised((Float(Int(p[c]) - Int(most)) * step - logarithm) * inverse, y.record.zeroPoint, -128, 127)
            }
            return
        }
        let factor = 1 / (sum * y.record.scale)
        for c in 0..<x.channels {
            let value = (table[Int(most) - Int(p[c])] * factor + 0.5).rounded(.down)
            out[c] = quantised(value, y.record.zeroPoint, -128, 127)
        }
    }

    private func floats(_ pixel: Int) {
        let p = x.floats + pixel * x.stride, out = y.floats + pixel * y.stride
        var most = p[0]
        for c in 0..<x.channels { most = max(most, p[c]) }
        var sum: Float = 0
        if isLogarithm {
            for c in 0..<x.channels { sum += expf((p[c] - most) * beta) }
            let logarithm = logf(sum)
            for c in 0..<x.channels { out[c] = (p[c] - most) * beta - logarithm }
            return
        }
        for c in 0..<x.channels {
            out[c] = expf((p[c] - most) * beta)
            sum += out[c]
        }
        let factor = 1 / sum
        for c in 0..<x.channels { out[c] *= factor }
    }
}
