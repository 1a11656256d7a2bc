#if arch(x86_64)
import CKernels

/// Calls `body` with image, row, first column, end column and first pixel for every row that a slice touches.
@inlinable @inline(__always)
public func forEachRow(_ t: DepthwiseTask, _ slice: KernelSlice, _ body: (Int, Int, Int, Int, Int) -> Void) {
    let width = Int(t.outputWidth), height = Int(t.outputHeight), end = Int(slice.endPixel)
    var pixel = Int(slice.firstPixel)
    while pixel < end {
        let x = pixel % width, row = pixel / width
        let endX = Swift.min(width, x + end - pixel)
        body(row / height, row % height, x, endX, pixel)
        pixel += endX - x
    }
}

extension DepthwiseTask {
    /// Row y of an image, which must be inside the input, at column 0 and a channel.
    @inlinable @inline(__always)
    public func row(_ image: Int, _ y: Int, channel: Int) -> UnsafeRawPointer {
        let ring = Int(inputRingRows), rowBytes = Int(inputWidth) * Int(inputPixelStride)
        let offset = (image * ring + y % ring) * rowBytes + channel
        return UnsafeRawPointer(input) + offset
    }
}

extension DepthwisePlan {
    /// Outputs firstX..<endX of a row, `outputs` at a time: `fill` makes the columns that they see, from the first output
    /// on, so many columns wide; then `four` and `one` compute that many neighbouring outputs, given the first column,
    /// the columns' width, and the output's place after firstX.
    @inlinable @inline(__always)
    public func forEachTile(firstX: Int, endX: Int, outputs: Int, fill: (Int, Int) -> Void,
                            four: (Int, Int, Int) -> Void, one: (Int, Int, Int) -> Void) {
        var x = firstX
        while x < endX {
            let count = Swift.min(outputs, endX - x)
            let width = columns(outputs: count)
            fill(x, width)
            var i = 0
            while i < count {
                if count < 4 {
                    one(i * strideX, width, x - firstX + i)
                    i += 1
                } else {
                    // The last tile computes some outputs again rather than fewer of them.
                    let first = Swift.min(i, count - 4)
                    four(first * strideX, width, x - firstX + first)
                    i += 4
                }
            }
            x += count
        }
    }
}
#endif
