#if arch(arm64)
import CIntrinsics
import CKernels
import KernelsArmCommon

/// int8 depthwise convolution, sixteen channels at a time along a row: 3x3 windows slide with their weights in
/// registers, others are summed tap by tap.
@_cdecl("neon_depthwise")
public func neonDepthwise(_ task: UnsafePointer<DepthwiseTask>, _ slice: UnsafePointer<KernelSlice>) {
    let geometry = DepthwiseGeometry(task, slice)
    let outputWidth = Int(task.pointee.outputWidth), outputHeight = Int(task.pointee.outputHeight)
    let slides = task.pointee.kernelHeight == 3 && task.pointee.kernelWidth == 3 && task.pointee.dilationY == 1
        && task.pointee.dilationX == 1 && task.pointee.tapRepeat == 1 && task.pointee.strideX <= 2
    var pixel = Int(slice.pointee.firstPixel)
    let endPixel = Int(slice.pointee.endPixel)
    while pixel < endPixel {
        let x = pixel % outputWidth, rows = pixel / outputWidth
        let y = rows % outputHeight, batch = rows / outputHeight
        let endX = endPixel &- pixel < outputWidth &- x ? x &+ endPixel &- pixel : outputWidth
        let row = DepthwiseRow(
            image: task.pointee.input + batch &* Int(task.pointee.inputRingRows) &* geometry.rowStride,
            output: task.pointee.output + (pixel &- x) &* geometry.outputStride,
            top: y &* Int(task.pointee.strideY) &- Int(task.pointee.padTop), firstX: x, endX: endX)
        let (firstInside, endInside) = slides && geometry.interior3(row) ? geometry.interior(row) : (endX, endX)
        var channel = geometry.firstChannel
        while channel < geometry.endChannel {
            let left = geometry.endChannel &- channel
            let valid = left < 16 ? left : 16
            geometry.tapByTap(row, channel, valid, from: x, to: firstInside)
            if firstInside < endInside {
                if task.pointee.strideX == 1 {
                    slide3x3Stride1(geometry, row, channel, valid, firstInside, endInside)
                } else {
                    slide3x3Stride2(geometry, row, channel, valid, firstInside, endInside)
                }
            }
            geometry.tapByTap(row, channel, valid, from: endInside, to: endX)
            channel &+= 16
        }
        pixel &+= endX &- x
    }
}

extension DepthwiseGeometry {
    /// True where at least one row of a 3x3 window lies inside the image: the others can then be given zero weights.
    @inline(__always)
    func interior3(_ row: DepthwiseRow) -> Bool { row.top &+ 2 >= 0 && row.top < Int(task.pointee.inputHeight) }

    /// Any kernel, any place: taps outside read the zero point.
    @inline(never)
    func tapByTap(_ row: DepthwiseRow, _ channel: Int, _ valid: Int, from firstX: Int, to endX: Int) {
        let height = Int(task.pointee.inputHeight), width = Int(task.pointee.inputWidth)
        let dilationX = Int(task.pointee.dilationX), dilationY = Int(task.pointee.dilationY)
        let outside = repeat_i8x16(Int8(truncatingIfNeeded: task.pointee.inputZeroPoint))
        let scales = Scales16(loading: task.pointee.scales + channel, vectors: 4)
        var outputX = firstX
        while outputX < endX {
            var sums = Sums16(loading: task.pointee.bias + channel, vectors: 4)
            let left = outputX &* Int(task.pointee.strideX) &- Int(task.pointee.padLeft)
            var w = task.pointee.weights + channel
            var term = task.pointee.tapRepeat
            repeat {
                var y = row.top
                var ky = task.pointee.kernelHeight
                repeat {
                    let insideY = y >= 0 && y < height
                    var x = insideY ? left : 0 &- (1 << 40)
                    var tap = insideY ? line(row.image, y) + (left &* pixelStride &+ channel) : row.image
                    let step = dilationX &* pixelStride
                    var kx = task.pointee.kernelWidth
                    while kx >= 2 {
                        let a0 = x >= 0 && x < width ? load_i8x16(tap) : outside
                        let x1 = x &+ dilationX
                        let a1 = x1 >= 0 && x1 < width ? load_i8x16(tap + step) : outside
                        sums.addPair(load_i8x16(w), a0, load_i8x16(w + channelsRounded), a1)
                        w += 2 &* channelsRounded
                        tap += 2 &* step
                        x = x1 &+ dilationX
                        kx &-= 2
                    }
                    if kx > 0 {
                        let a = x >= 0 && x < width ? load_i8x16(tap) : outside
                        sums.addSingle(load_i8x16(w), a)
                        w += channelsRounded
                    }
                    y &+= dilationY
                    ky &-= 1
                } while ky > 0
                term &-= 1
            } while term > 0
            requantizer.store(sums, scales, vectors: 4, valid: valid, to: row.output + (outputX &* outputStride &+ channel))
            outputX &+= 1
        }
    }
}

extension Sums16 {
    /// Two taps of sixteen channels: their products' sum fits 16 bits.
    @inline(__always)
    mutating func addPair(_ w0: int8x16_t, _ a0: int8x16_t, _ w1: int8x16_t, _ a1: int8x16_t) {
        let low = add_product_low(product_low(w0, a0), w1, a1), high = add_product_high(product_high(w0, a0), w1, a1)
        v0 = add_widened_low(v0, low)
        v1 = add_widened_high(v1, low)
        v2 = add_widened_low(v2, high)
        v3 = add_widened_high(v3, high)
    }

    @inline(__always)
    mutating func addSingle(_ w: int8x16_t, _ a: int8x16_t) {
        let low = product_low(w, a), high = product_high(w, a)
        v0 = add_widened_low(v0, low)
        v1 = add_widened_high(v1, low)
        v2 = add_widened_low(v2, high)
        v3 = add_widened_high(v3, high)
    }
}
#endif
