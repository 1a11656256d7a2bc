import CKernels
import Kernels
import Nest
import Platform

/// GRU and LSTM over a sequence, ONNX's equations and gate order (GRU z, r, h; LSTM i, o, f, c). Step follows step, so
/// a whole sequence is one slice.
final class RecurrentStep: Step {
    private let x: View
    private let y: View?
    private let initial: (View?, View?), final: (View?, View?)
    private let a: RecurrentAttributes
    private let isLSTM: Bool
    private let input: RecurrentProduct, recurrent: RecurrentProduct
    private let memory: PageMemory
    private let gates: Int, width: Int, padded: Int

    init(_ context: StepContext) throws(Failure) {
        a = RecurrentAttributes(words: context.words)!
        isLSTM = context.instruction.opcode == .lstm
        gates = isLSTM ? 4 : 3
        let hidden = Int(a.hidden), inputs = Int(a.inputs), outputs = gates * hidden
        width = roundUp(outputs, to: 16) + 16
        // Whole groups of 32, the rest of the last one zero for int8; readable 64 bytes past that.
        padded = roundUp(hidden, to: 32) + 16
        x = context.view(context.instruction.inputs.0)
        y = context.optionalView(context.instruction.outputs.0)
        initial = (context.optionalView(context.instruction.inputs.1), isLSTM ? context.optionalView(context.instruction.inputs.2) : nil)
        final = (context.optionalView(context.instruction.outputs.1), isLSTM ? context.optionalView(context.instruction.outputs.2) : nil)
        // h, c, reset h, the products of input and recurrent weights, then what those keep themselves.
        let own = 3 * padded + 2 * width, forInput = RecurrentProduct.memoryCount(inputs: inputs, format: a.inputFormat)
        memory = try PageMemory(count: (own + forInput + RecurrentProduct.memoryCount(inputs: hidden, format: a.recurrentFormat)) * 4)
        let rest = memory.baseAddress.assumingMemoryBound(to: Float.self) + own, blob = context.blob
        input = RecurrentProduct(context.kernels, weights: blob, bias: blob + Int(a.inputBiasOffset), inputs: inputs, outputs: outputs,
                                 format: a.inputFormat, memory: rest, isPadded: false)
        recurrent = RecurrentProduct(context.kernels, weights: blob + Int(a.recurrentOffset), bias: blob + Int(a.recurrentBiasOffset),
                                     inputs: hidden,
                                     outputs: outputs, format: a.recurrentFormat, memory: rest + forInput, isPadded: true)
        super.init(index: context.index)
        scratchBytes = kernelScratchBytes(1, max(a.inputs, a.hidden), 4)
    }

    override var ownBytes: Int { memory.bytes.count }

    override func execute(_ slice: Int, worker: Int) {
        let hidden = Int(a.hidden)
        let h = memory.baseAddress.assumingMemoryBound(to: Float.self)
        let c = h + padded, reset = c + padded
        let fromInput = reset + padded, fromState = fromInput + width
        let steps = Int(x.record.width), scratch = scratch(worker)
        for image in 0..<Int(x.record.batch) {
            start(h, initial.0, image)
            start(c, initial.1, image)
            for time in 0..<steps {
                let pixel = image * steps + time
                input.multiply(x.floats + pixel * x.stride, fromInput, 0..<gates * hidden, scratch: scratch)
                if isLSTM {
                    recurrent.multiply(h, fromState, 0..<gates * hidden, scratch: scratch)
                    stepLSTM(h, c, fromInput, fromState, hidden)
                } else if a.resetAfterProduct != 0 {
                    recurrent.multiply(h, fromState, 0..<gates * hidden, scratch: scratch)
                    stepGRU(h, fromInput, fromState, hidden)
                } else {
                    recurrent.multiply(h, fromState, 0..<2 * hidden, scratch: scratch)
                    openGates(h, reset, fromInput, fromState, hidden)
                    recurrent.multiply(reset, fromState, 2 * hidden..<3 * hidden, scratch: scratch)
                    closeGRU(h, fromInput, fromState, hidden)
                }
                if let y { (y.floats + pixel * y.stride).update(from: h, count: hidden) }
            }
            finish(h, initial.0, final.0, image)
            finish(c, initial.1, final.1, image)
        }
    }

    // In what follows p are the products of the input's weights, q of the recurrent ones, gate after gate. Plain loops
    // over plain pointers: the compiler makes vector instructions of them.

    private func stepGRU(_ h: UnsafeMutablePointer<Float>, _ p: UnsafePointer<Float>, _ q: UnsafePointer<Float>, _ hidden: Int) {
        let resetP = p + hidden, resetQ = q + hidden, candidateP = resetP + hidden, candidateQ = resetQ + hidden
        for i in 0..<hidden {
            let z = gateSigmoid(p[i] + q[i]), r = gateSigmoid(resetP[i] + resetQ[i])
            let candidate = gateTanh(gateFused(candidateP[i], r, candidateQ[i]))
            h[i] = gateFused(candidate, z, h[i] - candidate)
        }
    }

    /// The GRU whose reset gate comes before the recurrent product: both gates; p's first gate becomes z.
    private func openGates(_ h: UnsafePointer<Float>, _ reset: UnsafeMutablePointer<Float>, _ p: UnsafeMutablePointer<Float>,
                           _ q: UnsafePointer<Float>,
                           _ hidden: Int) {
        let resetP = p + hidden, resetQ = q + hidden
        for i in 0..<hidden { reset[i] = gateSigmoid(resetP[i] + resetQ[i]) * h[i] }
        for i in 0..<hidden { p[i] = gateSigmoid(p[i] + q[i]) }
    }

    private func closeGRU(_ h: UnsafeMutablePointer<Float>, _ z: UnsafePointer<Float>, _ q: UnsafePointer<Float>, _ hidden: Int) {
        let candidateP = z + 2 * hidden, candidateQ = q + 2 * hidden
        for i in 0..<hidden {
            let candidate = gateTanh(candidateP[i] + candidateQ[i])
            h[i] = gateFused(candidate, z[i], h[i] - candidate)
        }
    }

    private func stepLSTM(_ h: UnsafeMutablePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ p: UnsafePointer<Float>,
                          _ q: UnsafePointer<Float>,
                          _ hidden: Int) {
        let outputP = p + hidden, outputQ = q + hidden, forgetP = outputP + hidden, forgetQ = outputQ + hidden
        let cellP = forgetP + hidden, cellQ = forgetQ + hidden
        for i in 0..<hidden {
            let new = gateSigmoid(p[i] + q[i]) * gateTanh(cellP[i] + cellQ[i])
            c[i] = gateFused(new, gateSigmoid(forgetP[i] + forgetQ[i]), c[i])
        }
        for i in 0..<hidden { h[i] = gateSigmoid(outputP[i] + outputQ[i]) * gateTanh(c[i]) }
    }

    private func start(_ values: UnsafeMutablePointer<Float>, _ from: View?, _ image: Int) {
        if let from, a.startsFromZero == 0 {
            values.update(from: from.floats + image * from.stride, count: Int(a.hidden))
        } else {
            values.update(repeating: 0, count: Int(a.hidden))
        }
    }

    /// Persistent state is updated where it lies; an ordinary input is left alone.
    private func finish(_ values: UnsafeMutablePointer<Float>, _ state: View?, _ output: View?, _ image: Int) {
        let count = Int(a.hidden)
        if let state, state.record.storage == .state { (state.floats + image * state.stride).update(from: values, count: count) }
        if let output { (output.floats + image * output.stride).update(from: values, count: count) }
    }
}
