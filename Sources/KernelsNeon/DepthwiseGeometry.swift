#if arch(arm64)
import CIntrinsics
import CKernels
import KernelsArmCommon

/// One row of the output, or the part of it that a slice covers.
struct DepthwiseRow {
    let image: UnsafePointer<Int8>
    let output: UnsafeMutablePointer<Int8>
    /// Input row of the first kernel row: may lie outside.
    let top: Int
    let firstX, endX: Int
}

/// What does not change from row to row.
struct DepthwiseGeometry {
    let task: UnsafePointer<DepthwiseTask>
    let firstChannel, endChannel: Int
    let channelsRounded: Int
    let pixelStride, rowStride, outputStride: Int
    let requantizer: Requantizer

    @inline(__always)
    init(_ task: UnsafePointer<DepthwiseTask>, _ slice: UnsafePointer<KernelSlice>) {
        self.task = task
        firstChannel = Int(slice.pointee.firstChannel)
        endChannel = Int(slice.pointee.endChannel)
        channelsRounded = (Int(task.pointee.channels) &+ 15) & ~15
        pixelStride = Int(task.pointee.inputPixelStride)
        rowStride = pixelStride &* Int(task.pointee.inputWidth)
        outputStride = Int(task.pointee.outputPixelStride)
        requantizer = Requantizer(
            zeroPoint: task.pointee.outputZeroPoint, minimum: task.pointee.outputMinimum, maximum: task.pointee.outputMaximum)
    }

    /// Where row `y` of an image is, taking the ring into account.
    @inline(__always)
    func line(_ image: UnsafePointer<Int8>, _ y: Int) -> UnsafePointer<Int8> {
        let ring = Int(task.pointee.inputRingRows)
        return image + (ring == Int(task.pointee.inputHeight) ? y : y % ring) &* rowStride
    }

    /// Outputs in [firstX, endX) whose windows lie inside the image from left to right.
    @inline(__always)
    func interior(_ row: DepthwiseRow) -> (Int, Int) {
        let stride = Int(task.pointee.strideX), pad = Int(task.pointee.padLeft)
        let reach = (Int(task.pointee.kernelWidth) &- 1) &* Int(task.pointee.dilationX)
        var first = (pad &+ stride &- 1) / stride
        let last = Int(task.pointee.inputWidth) &- 1 &- reach &+ pad
        var end = last < 0 ? 0 : last / stride &+ 1
        if first < row.firstX { first = row.firstX }
        if end > row.endX { end = row.endX }
        return end <= first ? (row.endX, row.endX) : (first, end)
    }
}
#endif
