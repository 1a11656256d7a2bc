import CKernels
import CLinux
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
    private let input: FloatConvolutionTask, recurrent: FloatConvolutionTask
    private let kernel: KernelTable.Slice<FloatConvolutionTask>
    private let memory: PageMemory
    private let gates: Int, width: Int

    init(_ context: StepContext) throws(Failure) {
        a = RecurrentAttributes(words: context.words)!
        isLSTM = context.instruction.opcode == .lstm
        gates = isLSTM ? 4 : 3
        let hidden = Int(a.hidden)
        width = roundUp(gates * hidden, to: 16)
        x = context.view(context.instruction.inputs.0)
        y = context.optionalView(context.instruction.outputs.0)
        initial = (context.optionalView(context.instruction.inputs.1), isLSTM ? context.optionalView(context.instruction.inputs.2) : nil)
        final = (context.optionalView(context.instruction.outputs.1), isLSTM ? context.optionalView(context.instruction.outputs.2) : nil)
        kernel = context.kernels.floatConvolution
        // h, c, reset h, then the products of input and recurrent weights; each readable 64 bytes past its end.
        memory = try PageMemory(count: (3 * roundUp(hidden + 16, to: 16) + 2 * (width + 16)) * 4)
        input = RecurrentStep.product(context.blob, bias: a.inputBiasOffset, inputs: Int(a.inputs), outputs: gates * hidden)
        recurrent = RecurrentStep.product(context.blob, weights: a.recurrentOffset, bias: a.recurrentBiasOffset, inputs: hidden, outputs: gates * hidden)
        super.init(index: context.index)
        scratchBytes = kernelScratchBytes(1, max(a.inputs, a.hidden), 4)
    }

    override var ownBytes: Int { memory.bytes.count }

    private static func product(_ blob: UnsafeRawPointer, weights: Int32 = 0, bias: Int32, inputs: Int, outputs: Int) -> FloatConvolutionTask {
        var task = FloatConvolutionTask()
        task.weights = (blob + Int(weights)).assumingMemoryBound(to: Float.self)
        task.bias = (blob + Int(bias)).assumingMemoryBound(to: Float.self)
        (task.batch, task.inputHeight, task.inputWidth, task.outputHeight, task.outputWidth) = (1, 1, 1, 1, 1)
        (task.kernelHeight, task.kernelWidth, task.strideY, task.strideX, task.dilationY, task.dilationX) = (1, 1, 1, 1, 1, 1)
        (task.inputChannels, task.inputPixelStride) = (Int32(inputs), Int32(inputs))
        (task.outputChannels, task.outputPixelStride) = (Int32(outputs), Int32(outputs))
        (task.runCount, task.runLength) = (1, Int32(inputs))
        (task.outputMinimum, task.outputMaximum) = (-.infinity, .infinity)
        return task
    }

    override func execute(_ slice: Int, worker: Int) {
        let hidden = Int(a.hidden), padded = roundUp(hidden + 16, to: 16)
        let h = memory.baseAddress.assumingMemoryBound(to: Float.self)
        let c = h + padded, reset = c + padded
        let fromInput = reset + padded, fromState = fromInput + width + 16
        let steps = Int(x.record.width)
        for image in 0..<Int(x.record.batch) {
            start(h, initial.0, image)
            start(c, initial.1, image)
            for time in 0..<steps {
                let pixel = image * steps + time
                multiply(input, x.floats + pixel * x.stride, fromInput, 0..<gates * hidden, worker)
                if isLSTM {
                    multiply(recurrent, h, fromState, 0..<gates * hidden, worker)
                    stepLSTM(h, c, fromInput, fromState)
                } else if a.resetAfterProduct != 0 {
                    multiply(recurrent, h, fromState, 0..<gates * hidden, worker)
                    for i in 0..<hidden {
                        let r = sigmoid(fromInput[hidden + i] + fromState[hidden + i])
                        let candidate = tanhf(fromInput[2 * hidden + i] + r * fromState[2 * hidden + i])
                        mix(h, i, z: sigmoid(fromInput[i] + fromState[i]), candidate)
                    }
                } else {
                    multiply(recurrent, h, fromState, 0..<2 * hidden, worker)
                    for i in 0..<hidden {
                        reset[i] = sigmoid(fromInput[hidden + i] + fromState[hidden + i]) * h[i]
                        fromInput[i] = sigmoid(fromInput[i] + fromState[i])
                    }
                    multiply(recurrent, reset, fromState, 2 * hidden..<3 * hidden, worker)
                    for i in 0..<hidden {
                        mix(h, i, z: fromInput[i], tanhf(fromInput[2 * hidden + i] + fromState[2 * hidden + i]))
                    }
                }
                if let y { (y.floats + pixel * y.stride).update(from: h, count: hidden) }
            }
            finish(h, initial.0, final.0, image)
            finish(c, initial.1, final.1, image)
        }
    }

    /// One row of outputs; blocks of 16 that hold the range are computed whole.
    private func multiply(_ task: FloatConvolutionTask, _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ range: Range<Int>, _ worker: Int) {
        var task = task
        task.input = from
        task.output = to
        var slice = KernelSlice(firstPixel: 0, endPixel: 1, firstChannel: Int32(range.lowerBound / 16 * 16),
                                endChannel: min(Int32(roundUp(range.upperBound, to: 16)), task.outputChannels), scratch: scratch(worker))
        kernel(&task, &slice)
    }

    @inline(__always)
    private func mix(_ h: UnsafeMutablePointer<Float>, _ i: Int, z: Float, _ candidate: Float) { h[i] = (1 - z) * candidate + z * h[i] }

    private func stepLSTM(_ h: UnsafeMutablePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ p: UnsafeMutablePointer<Float>, _ q: UnsafeMutablePointer<Float>) {
        let hidden = Int(a.hidden)
        for i in 0..<hidden {
            let inputGate = sigmoid(p[i] + q[i]), outputGate = sigmoid(p[hidden + i] + q[hidden + i])
            let forgetGate = sigmoid(p[2 * hidden + i] + q[2 * hidden + i])
            c[i] = forgetGate * c[i] + inputGate * tanhf(p[3 * hidden + i] + q[3 * hidden + i])
            h[i] = outputGate * tanhf(c[i])
        }
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
