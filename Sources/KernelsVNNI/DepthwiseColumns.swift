#if arch(x86_64)
import CIntrinsics
import CKernels
import KernelsX86Common

/// One row of outputs of a 3x3 depthwise convolution. Each input column is interleaved once and used by all the
/// outputs that see it.
struct DepthwiseColumns {
    let block: DepthwiseBlock
    /// The three input rows at column `x`, and how far apart their pixels are: 0 for a row outside the input, which
    /// is one pixel of zero points.
    var row0: UnsafeRawPointer, row1: UnsafeRawPointer, row2: UnsafeRawPointer
    let step0: Int, step1: Int, step2: Int
    var x: Int

    @inline(__always)
    init(_ block: DepthwiseBlock, image: Int, oy: Int, firstX: Int, outside: UnsafeRawPointer) {
        self.block = block
        let task = block.task
        x = firstX * Int(task.strideX) - Int(task.padLeft)
        let y = oy * Int(task.strideY) - Int(task.padTop), pixelStride = Int(task.inputPixelStride)
        let inside = { (y: Int) in y >= 0 && y < Int(task.inputHeight) }
        let y1 = y + Int(task.dilationY), y2 = y1 + Int(task.dilationY)
        step0 = inside(y) ? pixelStride : 0
        step1 = inside(y1) ? pixelStride : 0
        step2 = inside(y2) ? pixelStride : 0
        row0 = (inside(y) ? task.row(image, y, channel: block.channel) : outside) + x * step0
        row1 = (inside(y1) ? task.row(image, y1, channel: block.channel) : outside) + x * step1
        row2 = (inside(y2) ? task.row(image, y2, channel: block.channel) : outside) + x * step2
    }

    /// The column at `x`; moves on to the next.
    @inline(__always)
    mutating func next(outside: UnsafeRawPointer) -> ChannelQuads {
        let flip = block.flip
        var a: __m512i, b: __m512i, c: __m512i
        if UInt(bitPattern: x) < UInt(bitPattern: Int(block.task.inputWidth)) {
            a = avx512_load(row0)
            b = avx512_load(row1)
            c = avx512_load(row2)
        } else {
            a = avx512_load(outside)
            b = a
            c = a
        }
        a = avx512_xor(a, flip)
        b = avx512_xor(b, flip)
        c = avx512_xor(c, flip)
        row0 += step0
        row1 += step1
        row2 += step2
        x += 1
        // The fourth byte meets a zero weight.
        return ChannelQuads(taps: a, b, c, c)
    }

    /// Outputs firstX..<endX of row oy into `output`, which points at the first of them.
    @inline(__always)
    static func run<let Stride: Int>(_: InlineArray<Stride, Void>.Type, _ block: DepthwiseBlock, image: Int, oy: Int,
                                     firstX: Int, endX: Int, outside: UnsafeRawPointer, output: UnsafeMutablePointer<Int8>) {
        var columns = DepthwiseColumns(block, image: image, oy: oy, firstX: firstX, outside: outside)
        var output = output
        let pixelStride = Int(block.task.outputPixelStride)
        let weights0 = block.weights[0], weights1 = block.weights[1], weights2 = block.weights[2]
        var first = columns.next(outside: outside)
        var second = Stride == 1 ? columns.next(outside: outside) : first
        for _ in firstX..<endX {
            if Stride == 2 { second = columns.next(outside: outside) }
            let third = columns.next(outside: outside)
            var sums = block.starts
            sums.add(first, times: weights0)
            sums.add(second, times: weights1)
            sums.add(third, times: weights2)
            avx512_store_bytes(output, block.mask, block.requantizer.bytes(sums, scales: block.scales))
            output += pixelStride
            first = Stride == 1 ? second : third
            second = third
        }
    }
}
#endif
