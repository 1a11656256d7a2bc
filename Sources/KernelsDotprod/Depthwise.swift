#if arch(arm64)
import CIntrinsics
import CKernels
import KernelsArmCommon

/// int8 depthwise convolution: 3x3 of stride 1 and 5x5 of stride 1 or 2 with sdot, anything else as the baseline does it.
@_cdecl("dotprod_depthwise")
public func dotprodDepthwise(_ task: UnsafePointer<DepthwiseTask>, _ slice: UnsafePointer<KernelSlice>) {
    let side = task.pointee.kernelHeight, stride = task.pointee.strideX
    let plain = task.pointee.kernelWidth == side && task.pointee.strideY == stride && task.pointee.dilationY == 1
        && task.pointee.dilationX == 1 && task.pointee.tapRepeat == 1
    if !plain || !(side == 5 && stride <= 2 || side == 3 && stride == 1 && task.pointee.padLeft <= 1) {
        neon_depthwise(task, slice)
        return
    }
    var padding = repeat_i8x16(Int8(truncatingIfNeeded: task.pointee.inputZeroPoint))
    withUnsafePointer(to: &padding) {
        depthwise(DepthwiseGeometry(task, padding: UnsafeRawPointer($0).assumingMemoryBound(to: Int8.self)), slice)
    }
}

@inline(__always)
func depthwise(_ geometry: DepthwiseGeometry, _ slice: UnsafePointer<KernelSlice>) {
    let endChannel = Int(slice.pointee.endChannel)
    let endPixel = Int(slice.pointee.endPixel)
    let step = geometry.task.pointee.kernelHeight == 5 ? 16 : 8
    var pixel = Int(slice.pointee.firstPixel)
    while pixel < endPixel {
        let band = geometry.band(at: pixel, end: endPixel)
        var channel = Int(slice.pointee.firstChannel)
        while channel < endChannel {
            let valid = endChannel &- channel < step ? endChannel &- channel : step
            if step == 16 {
                slide5x5(geometry, band, channel, valid, slice.pointee.scratch.assumingMemoryBound(to: Int8.self))
            } else {
                if band.rows > 1 { slidePairs(geometry, band, channel, valid) }
                if band.rows & 1 != 0 { slideLast(geometry, band, channel, valid) }
            }
            channel &+= step
        }
        pixel &+= band.rows &* (band.endX &- band.firstX)
    }
}

/// Two rows of windows at a time.
@inline(never)
func slidePairs(_ geometry: DepthwiseGeometry, _ band: DepthwiseBand, _ channel: Int, _ valid: Int) {
    let kernel = RowKernel(geometry, channel, pairs: true)
    var row = 0
    while row &+ 2 <= band.rows {
        kernel.slide(geometry, band, row, channel, valid, pairs: true)
        row &+= 2
    }
}

@inline(never)
func slideLast(_ geometry: DepthwiseGeometry, _ band: DepthwiseBand, _ channel: Int, _ valid: Int) {
    RowKernel(geometry, channel, pairs: false).slide(geometry, band, band.rows &- 1, channel, valid, pairs: false)
}

/// Four rows of one column of eight channels: the four bytes of a channel together, as sdot wants them.
struct Column {
    let low, high: int8x16_t

    @_transparent
    init(_ r0: int8x16_t, _ r1: int8x16_t, _ r2: int8x16_t, _ r3: int8x16_t) {
        let upper = zip_low_i8(r0, r1), lower = zip_low_i8(r2, r3)
        low = zip_low_pairs(upper, lower)
        high = zip_high_pairs(upper, lower)
    }
}

/// A 3x3 kernel of eight channels, each column in the first three of four rows and in the last three.
struct RowKernel {
    let top0, top1, top2, bottom0, bottom1, bottom2: Column
    let bias: UnsafePointer<Int32>
    let scaleLow, scaleHigh: float32x4_t

    @_transparent
    init(_ geometry: DepthwiseGeometry, _ channel: Int, pairs: Bool) {
        let w = geometry.task.pointee.weights + channel
        let step = geometry.channelsRounded
        let zero = repeat_i8x16(0)
        let w00 = load_low_i8x16(w), w01 = load_low_i8x16(w + step), w02 = load_low_i8x16(w + 2 &* step)
        let w10 = load_low_i8x16(w + 3 &* step), w11 = load_low_i8x16(w + 4 &* step), w12 = load_low_i8x16(w + 5 &* step)
        let w20 = load_low_i8x16(w + 6 &* step), w21 = load_low_i8x16(w + 7 &* step), w22 = load_low_i8x16(w + 8 &* step)
        top0 = Column(w00, w10, w20, zero)
        top1 = Column(w01, w11, w21, zero)
        top2 = Column(w02, w12, w22, zero)
        bottom0 = pairs ? Column(zero, w00, w10, w20) : top0
        bottom1 = pairs ? Column(zero, w01, w11, w21) : top1
        bottom2 = pairs ? Column(zero, w02, w12, w22) : top2
        bias = geometry.task.pointee.bias + channel
        scaleLow = load_f32x4(geometry.task.pointee.scales + channel)
        scaleHigh = load_f32x4(geometry.task.pointee.scales + channel + 4)
    }

    /// One or two rows of outputs from three or four rows of inputs.
    @_transparent
    func slide(_ geometry: DepthwiseGeometry, _ band: DepthwiseBand, _ row: Int, _ channel: Int, _ valid: Int, pairs: Bool) {
        let requantizer = geometry.requantizer
        let stride = geometry.outputStride
        let width = Int(geometry.task.pointee.inputWidth)
        let left = band.firstX &- Int(geometry.task.pointee.padLeft)
        let y = band.firstY &+ row &- Int(geometry.task.pointee.padTop)
        let x = left < 0 ? 0 : left
        var r0 = SlidingRow(geometry, band.image, y: y, x: x, channel: channel)
        var r1 = SlidingRow(geometry, band.image, y: y &+ 1, x: x, channel: channel)
        var r2 = SlidingRow(geometry, band.image, y: y &+ 2, x: x, channel: channel)
        var r3 = pairs ? SlidingRow(geometry, band.image, y: y &+ 3, x: x, channel: channel) : r2
        var to = band.output + (row &* geometry.outputRowStride &+ band.firstX &* stride &+ channel)
        var below = to + geometry.outputRowStride
        var a = left >= 0 && left < width ? next(&r0, &r1, &r2, &r3, pairs: pairs) : outside(geometry)
        var b = left &+ 1 < width ? next(&r0, &r1, &r2, &r3, pairs: pairs) : outside(geometry)
        let outputs = band.endX &- band.firstX
        // Outputs whose third column lies inside, and the rest.
        var inside = width &- left &- 2
        if inside < 0 { inside = 0 }
        if inside > outputs { inside = outputs }
        var rest = outputs &- inside
        while inside >= 3 {
            let c = next(&r0, &r1, &r2, &r3, pairs: pairs)
            store(requantizer, a, b, c, valid, to, below, pairs: pairs)
            to += stride
            below += stride
            a = next(&r0, &r1, &r2, &r3, pairs: pairs)
            store(requantizer, b, c, a, valid, to, below, pairs: pairs)
            to += stride
            below += stride
            b = next(&r0, &r1, &r2, &r3, pairs: pairs)
            store(requantizer, c, a, b, valid, to, below, pairs: pairs)
            to += stride
            below += stride
            inside &-= 3
        }
        rest &+= inside
        while rest > 0 {
            let c = inside > 0 ? next(&r0, &r1, &r2, &r3, pairs: pairs) : outside(geometry)
            store(requantizer, a, b, c, valid, to, below, pairs: pairs)
            a = b
            b = c
            to += stride
            below += stride
            inside &-= 1
            rest &-= 1
        }
    }

    @_transparent
    func next(_ r0: inout SlidingRow, _ r1: inout SlidingRow, _ r2: inout SlidingRow, _ r3: inout SlidingRow, pairs: Bool) -> Column {
        let v0 = r0.nextHalf(), v1 = r1.nextHalf(), v2 = r2.nextHalf()
        return Column(v0, v1, v2, pairs ? r3.nextHalf() : v2)
    }

    @_transparent
    func outside(_ geometry: DepthwiseGeometry) -> Column {
        let v = load_i8x16(geometry.padding)
        return Column(v, v, v, v)
    }

    @_transparent
    func store(_ requantizer: Requantizer, _ a: Column, _ b: Column, _ c: Column, _ valid: Int,
               _ to: UnsafeMutablePointer<Int8>, _ below: UnsafeMutablePointer<Int8>, pairs: Bool) {
        let first = reloaded_i32(bias)!
        let t0 = dot(dot(dot(load_i32x4(first), a.low, top0.low), b.low, top1.low), c.low, top2.low)
        let t1 = dot(dot(dot(load_i32x4(first + 4), a.high, top0.high), b.high, top1.high), c.high, top2.high)
        let q0 = requantizer.scaled(t0, scaleLow), q1 = requantizer.scaled(t1, scaleHigh)
        if pairs {
            let second = reloaded_i32(first)!
            let b0 = dot(dot(dot(load_i32x4(second), a.low, bottom0.low), b.low, bottom1.low), c.low, bottom2.low)
            let b1 = dot(dot(dot(load_i32x4(second + 4), a.high, bottom0.high), b.high, bottom1.high), c.high, bottom2.high)
            let q = requantizer.packed(q0, q1, requantizer.scaled(b0, scaleLow), requantizer.scaled(b1, scaleHigh))
            if valid == 8 {
                store_i8x8(to, low_half_i8(q))
                store_i8x8(below, high_half_i8(q))
            } else {
                store_low_i8(to, q, Int32(truncatingIfNeeded: valid))
                store_low_i8(below, zip_high_octets(q, q), Int32(truncatingIfNeeded: valid))
            }
        } else {
            store_low_i8(to, requantizer.packed(q0, q1, q0, q1), Int32(truncatingIfNeeded: valid))
        }
    }
}
#endif
