import CKernels
import Kernels
import Nest
import Platform

/// Pointwise convolution and the depthwise convolution that reads it, a band of output rows a slice. The tensor
/// between them exists only as a ring of rows in the worker's scratch; rows at the edge of a band are computed twice.
final class PairStep: Step {
    private let pointwise: ConvolutionTask
    private let depthwise: DepthwiseTask
    private let pointwiseTail: Tail, depthwiseTail: Tail
    private let kernels: KernelTable
    private let y: View
    private let ringRows: Int
    /// Output rows that one filling of the ring is good for.
    private let rowsPerBlock: Int
    private let rowsPerBand: Int, bandsPerImage: Int
    private let kernelScratch: Int, ringBytes: Int, resultBytes: Int
    private let scales: (WeightScales, WeightScales)

    init(_ context: StepContext) {
        let a = PairAttributes(words: context.words)!
        let x = context.view(context.instruction.inputs.0)
        y = context.view(context.instruction.outputs.0)
        let middle = Int(a.middleChannels), width = Int(x.record.width)
        kernels = context.kernels
        ringRows = min(Int(a.ringRows), Int(x.record.height))
        pointwise = convolutionTask(a.pointwise, x, blob: context.blob, channels: middle, height: x.record.height, width: x.record.width)
        var second = depthwiseTask(a.depthwise, blob: context.blob, weightsOffset: Int(a.depthwiseWeightsOffset), channels: middle)
        second.batch = 1
        second.inputHeight = x.record.height
        second.inputWidth = x.record.width
        second.inputPixelStride = Int32(middle)
        second.inputRingRows = Int32(ringRows)
        second.outputHeight = y.record.height
        second.outputWidth = y.record.width
        second.outputPixelStride = y.record.pixelStride
        second.inputZeroPoint = a.pointwise.lookupOffset < 0 ? a.pointwise.resultZeroPoint : a.pointwise.lookupZeroPoint
        depthwise = second
        pointwiseTail = Tail(a.pointwise, context, output: y, residual: false)
        depthwiseTail = Tail(a.depthwise, context, output: y, residual: false)
        let window = (Int(a.depthwise.kernelHeight) - 1) * Int(a.depthwise.dilationY) + 1
        rowsPerBlock = max(1, (ringRows - window) / Int(a.depthwise.strideY) + 1)
        let height = Int(y.record.height)
        let bands = context.threads == 1 ? 1 : min(context.threads * 2, max(1, height / max(4, window)))
        rowsPerBand = (height + bands - 1) / bands
        bandsPerImage = (height + rowsPerBand - 1) / rowsPerBand
        kernelScratch = max(roundUp(kernelScratchBytes(1, x.record.channels, 1), to: 64), depthwiseScratchBytes(a.depthwise))
        ringBytes = roundUp(ringRows * width * middle + NestLayout.slack, to: 64)
        // Results on their way to a lookup: rows of the ring, or rows of the output.
        resultBytes = pointwiseTail.isEmpty && depthwiseTail.isEmpty ? 0
            : roundUp(max(ringRows * width, rowsPerBlock * Int(y.record.width)) * middle + NestLayout.slack, to: 64)
        scales = (WeightScales(context.blob + Int(a.pointwise.scaleOffset), count: middle),
                  WeightScales(context.blob + Int(a.depthwise.scaleOffset), count: middle))
        super.init(index: context.index)
        slices = bandsPerImage * Int(y.record.batch)
        scratchBytes = kernelScratch + ringBytes + resultBytes
    }

    override func checkWeights() throws(Failure) {
        try scales.0.check()
        try scales.1.check()
        try pointwiseTail.check()
        try depthwiseTail.check()
    }

    override func execute(_ slice: Int, worker: Int) {
        let image = slice / bandsPerImage, band = slice % bandsPerImage
        let height = Int(y.record.height), inputHeight = Int(depthwise.inputHeight)
        let scratch = scratch(worker)
        let ring = (scratch + kernelScratch).assumingMemoryBound(to: Int8.self)
        let results = ring + ringBytes
        let strideY = Int(depthwise.strideY), window = (Int(depthwise.kernelHeight) - 1) * Int(depthwise.dilationY) + 1
        var next = -1
        var row = band * rowsPerBand
        let end = min(row + rowsPerBand, height)
        while row < end {
            let block = row..<min(row + rowsPerBlock, end)
            let first = block.lowerBound * strideY - Int(depthwise.padTop)
            let needed = min((block.upperBound - 1) * strideY - Int(depthwise.padTop) + window, inputHeight)
            // Rows that a stride skips are left out; rows that the ring still holds are kept.
            next = max(next, max(first, 0))
            if next < needed { fill(image, next..<needed, ring, results, scratch) }
            next = max(next, needed)
            consume(image, block, ring, results, scratch)
            row = block.upperBound
        }
    }

    /// Pointwise results of some rows, into their places in the ring.
    private func fill(_ image: Int, _ rows: Range<Int>, _ ring: UnsafeMutablePointer<Int8>, _ results: UnsafeMutablePointer<Int8>,
                      _ scratch: UnsafeMutableRawPointer) {
        let width = Int(pointwise.inputWidth), channels = Int(pointwise.outputChannels)
        var row = rows.lowerBound
        while row < rows.upperBound {
            let place = row % ringRows
            let count = min(rows.upperBound - row, ringRows - place)
            let firstPixel = (image * Int(pointwise.inputHeight) + row) * width
            let target = ring + place * width * channels
            var task = pointwise
            task.output = (pointwiseTail.isEmpty ? target : results) - firstPixel * channels
            var slice = KernelSlice(firstPixel: Int32(firstPixel), endPixel: Int32(firstPixel + count * width), firstChannel: 0,
                                    endChannel: Int32(channels), scratch: scratch)
            kernels.convolution(&task, &slice)
            pointwiseTail.look(results, target, count * width * channels)
            row += count
        }
    }

    /// Depthwise results of some output rows, from the ring to the output.
    private func consume(_ image: Int, _ rows: Range<Int>, _ ring: UnsafeMutablePointer<Int8>, _ results: UnsafeMutablePointer<Int8>,
                         _ scratch: UnsafeMutableRawPointer) {
        let width = Int(depthwise.outputWidth), channels = Int(depthwise.channels)
        let firstPixel = rows.lowerBound * width, count = rows.count * width
        let imagePixel = image * Int(depthwise.outputHeight) * width
        var task = depthwise
        task.input = UnsafePointer(ring)
        if depthwiseTail.isEmpty {
            task.output = y.bytes + imagePixel * y.stride
        } else {
            task.output = results - firstPixel * channels
            task.outputPixelStride = Int32(channels)
        }
        var slice = KernelSlice(firstPixel: Int32(firstPixel), endPixel: Int32(firstPixel + count), firstChannel: 0,
                                endChannel: Int32(channels), scratch: scratch)
        kernels.depthwise(&task, &slice)
        if !depthwiseTail.isEmpty { depthwiseTail.finish(results, firstPixel: imagePixel + firstPixel, count: count) }
    }
}
