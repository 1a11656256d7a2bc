import CKernels
import Kernels
import Nest
import Platform

/// A matrix of a recurrent layer times a vector, plus biases; the weights float32 or int8 (q8 of LanguageKernels.h).
struct RecurrentProduct {
    private var float = FloatConvolutionTask()
    private var quantised = MatrixTask()
    private let kernels: KernelTable
    private let inputs: Int
    /// int8: the vector's values, then its groups' scales and sums; nil for float32.
    private var values: UnsafeMutablePointer<Int8>?
    private var scales: UnsafeMutablePointer<Float>?
    private var sums: UnsafeMutablePointer<Float>?
    /// int8 of a vector that isn't whole groups and has no zeros behind it: where it gets them.
    private var staged: UnsafeMutablePointer<Float>?

    /// Floats of memory that a product of so many inputs keeps.
    static func memoryCount(inputs: Int, format: Int32) -> Int {
        guard format != 0 else { return 0 }
        let padded = roundUp(inputs, to: 32)
        // Staged floats, then a quarter of it as bytes, then scales and sums; each readable 64 bytes past its end.
        return (padded + 16) + (padded / 4 + 16) + 2 * roundUp(padded / 32 + 16, to: 16)
    }

    /// - memory: zeroed, `memoryCount` floats.
    /// - isPadded: whether vectors have zeros behind them up to a whole group.
    init(_ kernels: KernelTable, weights: UnsafeRawPointer, bias: UnsafeRawPointer, inputs: Int, outputs: Int, format: Int32,
         memory: UnsafeMutablePointer<Float>, isPadded: Bool) {
        self.kernels = kernels
        self.inputs = inputs
        let bias = bias.assumingMemoryBound(to: Float.self)
        guard format != 0 else {
            float.weights = weights.assumingMemoryBound(to: Float.self)
            float.bias = bias
            (float.batch, float.inputHeight, float.inputWidth, float.outputHeight, float.outputWidth) = (1, 1, 1, 1, 1)
            (float.kernelHeight, float.kernelWidth, float.strideY, float.strideX, float.dilationY, float.dilationX) = (1, 1, 1, 1, 1, 1)
            (float.inputChannels, float.inputPixelStride) = (Int32(inputs), Int32(inputs))
            (float.outputChannels, float.outputPixelStride) = (Int32(outputs), Int32(outputs))
            (float.runCount, float.runLength) = (1, Int32(inputs))
            (float.outputMinimum, float.outputMaximum) = (-.infinity, .infinity)
            return
        }
        let padded = roundUp(inputs, to: 32)
        let bytes = memory + padded + 16
        if !isPadded, padded != inputs { staged = memory }
        values = UnsafeMutableRawPointer(bytes).assumingMemoryBound(to: Int8.self)
        scales = bytes + padded / 4 + 16
        sums = scales! + roundUp(padded / 32 + 16, to: 16)
        quantised = MatrixTask(values: values, scales: scales, sums: sums, weights: weights.assumingMemoryBound(to: UInt8.self),
                               addend: bias, output: nil,
                               rows: 1, inputs: Int32(padded), outputs: Int32(outputs), outputStride: Int32(outputs),
                                   format: MatrixFormat(number: format)!)
    }

    /// Outputs `range` of the product; blocks of 16 that hold its ends are computed whole, so that `to` has room for
    /// the outputs rounded up to 16.
    func multiply(_ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ range: Range<Int>, scratch: UnsafeMutableRawPointer) {
        let first = Int32(range.lowerBound / 16 * 16), end = Int32(roundUp(range.upperBound, to: 16))
        guard let values, let scales, let sums else {
            var task = float
            task.input = from
            task.output = to
            var slice = KernelSlice(firstPixel: 0, endPixel: 1, firstChannel: first, endChannel: min(end, task.outputChannels),
                                    scratch: scratch)
            kernels.floatConvolution(&task, &slice)
            return
        }
        var vector = from
        if let staged {
            staged.update(from: from, count: inputs)
            vector = UnsafePointer(staged)
        }
        kernels.quantizeGroups(vector, values, scales, sums, quantised.inputs, 0)
        var task = quantised
        task.output = to
        kernels.matrix(&task, first, min(end, task.outputs))
    }
}
