#if arch(x86_64)
import CIntrinsics
import CKernels

/// Copies the windows of 12 pixels side by side, so that the inner loop has one pointer and constant distances:
/// 64 bytes of pixel 0, of pixel 1, … of pixel 11, then the next 64 of each. The copies are made unsigned
/// (xor 0x80) on the way, as the dot product wants them.
struct WindowGather {
    static let pixels = 12
    static let chunk = 64

    let task: ConvolutionTask
    let scratch: UnsafeMutableRawPointer
    let runBytes: Int
    /// Padding and kernels of one tap have nothing to test.
    let isPointwise: Bool
    /// A first layer's windows: few and short rows, all in one chunk.
    let hasShortRows: Bool
    private let flip: __m512i
    private let outside: __m512i

    @inline(__always)
    init(_ task: ConvolutionTask, scratch: UnsafeMutableRawPointer) {
        self.task = task
        self.scratch = scratch
        runBytes = (Int(task.runLength) + 3) / 4 * 4
        isPointwise = task.kernelHeight == 1 && task.kernelWidth == 1 && task.strideY == 1 && task.strideX == 1
            && task.padTop == 0 && task.padLeft == 0 && task.inputHeight == task.outputHeight && task.inputWidth == task.outputWidth
        hasShortRows = task.runPerRow != 0 && runBytes <= 16 && runBytes * Int(task.runCount) <= Self.chunk
        flip = avx512_fill8(-128)
        outside = avx512_fill8(Int8(truncatingIfNeeded: task.inputZeroPoint) ^ -128)
    }

    /// Gathers the windows of `count` pixels from `first` on.
    @inline(__always)
    func gather(first: Int, count: Int) {
        if isPointwise {
            let stride = Int(task.inputPixelStride)
            let source = UnsafeRawPointer(task.input) + first * stride
            for p in 0..<count { copyWhole(source + p * stride, p) }
            return
        }
        let width = Int(task.outputWidth), height = Int(task.outputHeight)
        var x = first % width
        var y = first / width % height
        var image = first / (width * height)
        for p in 0..<count {
            if !hasShortRows || !gatherShortRows(image: image, oy: y, ox: x, p) { gatherWindow(image: image, oy: y, ox: x, p) }
            x += 1
            if x == width {
                x = 0
                y += 1
                if y == height {
                    y = 0
                    image += 1
                }
            }
        }
    }

    /// One run whose length is the window's: whole chunks, reading past the end (allowed) but writing only chunks.
    @inline(__always)
    private func copyWhole(_ source: UnsafeRawPointer, _ p: Int) {
        var to = scratch + p * Self.chunk
        var from = source
        let end = source + runBytes
        while from < end {
            avx512_store(to, avx512_xor(avx512_load(from), flip))
            from += Self.chunk
            to += Self.pixels * Self.chunk
        }
    }

    /// A window that lies inside the input, by whole 16-byte stores: what one writes past its row, the next row or the
    /// next pixel's window overwrites. False where the window touches padding.
    @inline(__always)
    private func gatherShortRows(image: Int, oy: Int, ox: Int, _ p: Int) -> Bool {
        let y = oy * Int(task.strideY) - Int(task.padTop), x = ox * Int(task.strideX) - Int(task.padLeft)
        let reach = (Int(task.kernelHeight) - 1) * Int(task.dilationY)
        if y < 0 || x < 0 || y + reach >= Int(task.inputHeight) || x + Int(task.kernelWidth) > Int(task.inputWidth) { return false }
        let rowBytes = Int(task.inputWidth) * Int(task.inputPixelStride)
        let start = (image * Int(task.inputHeight) + y) * rowBytes + x * Int(task.inputPixelStride)
        var from = UnsafeRawPointer(task.input) + start
        var to = scratch + p * Self.chunk
        for _ in 0..<Int(task.kernelHeight) {
            avx512_copy_flipped16(to, from)
            from += rowBytes * Int(task.dilationY)
            to += runBytes
        }
        return true
    }

    @inline(never)
    private func gatherWindow(image: Int, oy: Int, ox: Int, _ p: Int) {
        let height = Int(task.inputHeight), width = Int(task.inputWidth), pixelStride = Int(task.inputPixelStride)
        let channels = Int(task.inputChannels), kernelWidth = Int(task.kernelWidth)
        let y0 = oy * Int(task.strideY) - Int(task.padTop), x0 = ox * Int(task.strideX) - Int(task.padLeft)
        let base = UnsafeRawPointer(task.input) + image * height * width * pixelStride
        var offset = 0
        for ky in 0..<Int(task.kernelHeight) {
            let y = y0 + ky * Int(task.dilationY)
            let rowInside = y >= 0 && y < height
            let row = base + y * width * pixelStride
            if task.runPerRow != 0 {
                if rowInside && x0 >= 0 && x0 + kernelWidth <= width {
                    copy(row + x0 * pixelStride, Int(task.runLength), p, offset)
                } else {
                    let left = rowInside ? Swift.min(Swift.max(-x0, 0), kernelWidth) : kernelWidth
                    let right = rowInside ? Swift.min(Swift.max(x0 + kernelWidth - width, 0), kernelWidth - left) : 0
                    let middle = kernelWidth - left - right
                    fill(left * channels, p, offset)
                    copy(row + (x0 + left) * pixelStride, middle * channels, p, offset + left * channels)
                    fill(right * channels, p, offset + (left + middle) * channels)
                }
                offset += runBytes
            } else {
                for kx in 0..<kernelWidth {
                    let x = x0 + kx * Int(task.dilationX)
                    if rowInside && x >= 0 && x < width {
                        copy(row + x * pixelStride, channels, p, offset)
                    } else {
                        fill(channels, p, offset)
                    }
                    offset += runBytes
                }
            }
        }
    }

    /// Bytes `offset..<offset + count` of pixel p's window, from `source`.
    @inline(__always)
    private func copy(_ source: UnsafeRawPointer, _ count: Int, _ p: Int, _ offset: Int) {
        var done = 0
        while done < count {
            let (to, room) = place(p, offset + done)
            let n = Swift.min(room, count - done)
            avx512_store_bytes(to, byteMask(n), avx512_xor(avx512_load(source + done), flip))
            done += n
        }
    }

    @inline(__always)
    private func fill(_ count: Int, _ p: Int, _ offset: Int) {
        var done = 0
        while done < count {
            let (to, room) = place(p, offset + done)
            let n = Swift.min(room, count - done)
            avx512_store_bytes(to, byteMask(n), outside)
            done += n
        }
    }

    /// Where byte `offset` of pixel p's window lies, and how many follow it without a gap.
    @inline(__always)
    private func place(_ p: Int, _ offset: Int) -> (UnsafeMutableRawPointer, Int) {
        let within = offset % Self.chunk
        let chunk = offset / Self.chunk * Self.pixels + p
        return (scratch + (chunk * Self.chunk + within), Self.chunk - within)
    }
}
#endif
