#if arch(arm64)
import CIntrinsics
import CKernels
import KernelsArmCommon

/// int8 depthwise convolution, sixteen channels at a time along a row: 3x3 windows slide with their weights in
/// registers, 5x5 windows share them in pairs, others are summed tap by tap.
@_cdecl("neon_depthwise")
public func neonDepthwise(_ task: UnsafePointer<DepthwiseTask>, _ slice: UnsafePointer<KernelSlice>) {
    var padding = repeat_i8x16(Int8(truncatingIfNeeded: task.pointee.inputZeroPoint))
    withUnsafePointer(to: &padding) {
        depthwise(DepthwiseGeometry(task, padding: UnsafeRawPointer($0).assumingMemoryBound(to: Int8.self)), slice)
    }
}

@inline(__always)
func depthwise(_ geometry: DepthwiseGeometry, _ slice: UnsafePointer<KernelSlice>) {
    let task = geometry.task
    let side = task.pointee.kernelHeight
    let plain = task.pointee.kernelWidth == side && task.pointee.dilationY == 1 && task.pointee.dilationX == 1
        && task.pointee.tapRepeat == 1 && task.pointee.strideX <= 2
    let slides = plain && side == 3 && task.pointee.padLeft <= 1
    let pairs = plain && side == 5 && task.pointee.strideY == task.pointee.strideX
    let endChannel = Int(slice.pointee.endChannel)
    let endPixel = Int(slice.pointee.endPixel)
    var pixel = Int(slice.pointee.firstPixel)
    while pixel < endPixel {
        let band = geometry.band(at: pixel, end: endPixel)
        var channel = Int(slice.pointee.firstChannel)
        while channel < endChannel {
            let valid = endChannel &- channel < 16 ? endChannel &- channel : 16
            if pairs {
                slide5x5(geometry, band, channel, valid, slice.pointee.scratch.assumingMemoryBound(to: Int8.self))
            } else if !slides {
                tapByTap(geometry, band, channel, valid)
            } else if task.pointee.strideX == 1 {
                slide3x3Stride1(geometry, band, channel, valid)
            } else {
                slide3x3Stride2(geometry, band, channel, valid)
            }
            channel &+= 16
        }
        pixel &+= band.rows &* (band.endX &- band.firstX)
    }
}

/// Any kernel, any place: taps outside read the zero point.
@inline(never)
func tapByTap(_ geometry: DepthwiseGeometry, _ band: DepthwiseBand, _ channel: Int, _ valid: Int) {
    let task = geometry.task
    let height = Int(task.pointee.inputHeight), width = Int(task.pointee.inputWidth)
    let dilationX = Int(task.pointee.dilationX), dilationY = Int(task.pointee.dilationY)
    let outside = load_i8x16(geometry.padding)
    let scales = Scales16(loading: task.pointee.scales + channel, vectors: 4)
    let step = dilationX &* geometry.pixelStride
    let rounded = geometry.channelsRounded
    var row = 0
    while row < band.rows {
        let top = (band.firstY &+ row) &* Int(task.pointee.strideY) &- Int(task.pointee.padTop)
        var outputX = band.firstX
        var output = band.output + (row &* geometry.outputRowStride &+ outputX &* geometry.outputStride &+ channel)
        while outputX < band.endX {
            var sums = Sums16(loading: task.pointee.bias + channel, vectors: 4)
            let left = outputX &* Int(task.pointee.strideX) &- Int(task.pointee.padLeft)
            let insideX = left >= 0 && left &+ (Int(task.pointee.kernelWidth) &- 1) &* dilationX < width
            var w = task.pointee.weights + channel
            var term = task.pointee.tapRepeat
            repeat {
                var y = top
                var ky = task.pointee.kernelHeight
                repeat {
                    let insideY = y >= 0 && y < height
                    var kx = task.pointee.kernelWidth
                    if insideY && insideX {
                        var tap = geometry.line(band.image, y) + (left &* geometry.pixelStride &+ channel)
                        while kx >= 2 {
                            sums.addPair(load_i8x16(w), load_i8x16(tap), load_i8x16(w + rounded), load_i8x16(tap + step))
                            w += 2 &* rounded
                            tap += 2 &* step
                            kx &-= 2
                        }
                        if kx > 0 {
                            sums.addSingle(load_i8x16(w), load_i8x16(tap))
                            w += rounded
                        }
                    } else {
                        var x = insideY ? left : width
                        var tap = insideY ? geometry.line(band.image, y) + (left &* geometry.pixelStride &+ channel) : band.image
                        while kx > 0 {
                            sums.addSingle(load_i8x16(w), x >= 0 && x < width ? load_i8x16(tap) : outside)
                            w += rounded
                            tap += step
                            x &+= dilationX
                            kx &-= 1
                        }
                    }
                    y &+= dilationY
                    ky &-= 1
                } while ky > 0
                term &-= 1
            } while term > 0
            geometry.requantizer.store(sums, scales, vectors: 4, valid: valid, to: output)
            output += geometry.outputStride
            outputX &+= 1
        }
        row &+= 1
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
