#if arch(arm64)
import CKernels

/// Up to sixteen output channels of a table of windows.
public struct ConvolutionBlock {
    public let task: UnsafePointer<ConvolutionTask>
    public let table: UnsafePointer<UnsafePointer<Int8>>
    public let columns, count: Int
    /// Runs of the table, and groups of four bytes in each.
    public let runCount, quadCount: Int
    public let weights: UnsafePointer<Int8>
    public let channel, valid: Int
    public let output: UnsafeMutablePointer<Int8>
    /// Scratch for the channels' bias, in the order of a family's sums.
    public let bias: UnsafeMutablePointer<Int32>

    @inlinable @inline(__always)
    init(_ task: UnsafePointer<ConvolutionTask>, _ windows: ConvolutionWindows, count: Int, weights: UnsafePointer<Int8>,
         channel: Int, valid: Int, output: UnsafeMutablePointer<Int8>) {
        self.task = task
        table = UnsafePointer(windows.table)
        columns = windows.columns
        self.count = count
        runCount = windows.runCount
        quadCount = windows.quadCount
        self.weights = weights
        self.channel = channel
        self.valid = valid
        self.output = output
        bias = windows.spare
    }
}

/// Goes through a slice of a convolution: as many pixels as a table of windows takes, sixteen channels of them after the
/// other. `arrange` puts the bias of a block's channels (how many is given) where the family wants it; then one of four
/// functions computes the block, by its width rounded up to four channels. `rows`: pixels of the family's largest tile.
@inlinable @inline(__always)
public func forEachBlock(
    _ task: UnsafePointer<ConvolutionTask>, _ slice: UnsafePointer<KernelSlice>, rows: Int,
    arrange: (UnsafePointer<Int32>, Int, UnsafeMutablePointer<Int32>) -> Void,
    of16: (ConvolutionBlock) -> Void, of12: (ConvolutionBlock) -> Void, of8: (ConvolutionBlock) -> Void, of4: (ConvolutionBlock) -> Void
) {
    let windows = ConvolutionWindows(task, scratch: slice.pointee.scratch, rows: rows)
    let blockBytes = Int(task.pointee.runCount &* task.pointee.runRepeat) &* ((Int(task.pointee.runLength) &+ 3) & ~3)
    let outputChannels = Int(task.pointee.outputChannels), outputStride = Int(task.pointee.outputPixelStride)
    let firstChannel = Int(slice.pointee.firstChannel), endChannel = Int(slice.pointee.endChannel)
    let endPixel = Int(slice.pointee.endPixel)
    var pixel = Int(slice.pointee.firstPixel)
    while pixel < endPixel {
        let count = endPixel &- pixel < windows.pixels ? endPixel &- pixel : windows.pixels
        windows.fill(first: pixel, count: count)
        var channel = firstChannel
        while channel < endChannel {
            let left = outputChannels &- channel
            let block = ConvolutionBlock(
                task, windows, count: count, weights: task.pointee.weights + channel &* blockBytes, channel: channel,
                valid: left < 16 ? left : 16, output: task.pointee.output + (pixel &* outputStride &+ channel))
            arrange(task.pointee.bias + channel, left, windows.spare)
            switch left {
            case 13...: of16(block)
            case 9...12: of12(block)
            case 5...8: of8(block)
            default: of4(block)
            }
            channel &+= 16
        }
        pixel &+= count
    }
}
#endif
