#if arch(arm64)
import CIntrinsics
import CKernels
import KernelsArmCommon

/// 5x5 windows of stride 1 or 2: sixteen channels of five input rows are copied into scratch with the padding around
/// them, so that columns lie side by side and no window meets a border; two outputs share the weights.
enum Layout5x5 {
    /// Columns of a row: what fits beside the weights into the scratch of 25 taps of the fewest channels.
    @_transparent static var columns: Int { 120 }
    @_transparent static var rowBytes: Int { columns &* 16 }
    @_transparent static var weightBytes: Int { 25 &* 16 }
}

@inline(never)
func slide5x5(_ geometry: DepthwiseGeometry, _ band: DepthwiseBand, _ channel: Int, _ valid: Int, _ scratch: UnsafeMutablePointer<Int8>) {
    let task = geometry.task
    let stride = Int(task.pointee.strideX)
    let lines = scratch + Layout5x5.weightBytes
    let table = UnsafeMutableRawPointer(lines + 5 &* Layout5x5.rowBytes).assumingMemoryBound(to: UnsafePointer<Int8>.self)
    var w = task.pointee.weights + channel
    var tap = 0
    while tap < 25 {
        store_i8x16(scratch + 16 &* tap, load_i8x16(w))
        w += geometry.channelsRounded
        tap &+= 1
    }
    let most = stride == 1 ? Layout5x5.columns &- 4 : (Layout5x5.columns &- 4) / 2
    var x = band.firstX
    while x < band.endX {
        let outputs = band.endX &- x < most ? band.endX &- x : most
        let columns = (((outputs &+ 1) & ~1) &- 1) &* stride &+ 5
        let left = x &* stride &- Int(task.pointee.padLeft)
        var top = band.firstY &* stride &- Int(task.pointee.padTop)
        var to = band.output + (x &* geometry.outputStride &+ channel)
        var l0 = lines, l1 = lines + Layout5x5.rowBytes, l2 = lines + 2 &* Layout5x5.rowBytes
        var l3 = lines + 3 &* Layout5x5.rowBytes, l4 = lines + 4 &* Layout5x5.rowBytes
        copyRow(geometry, band, y: top, x: left, columns, channel, l0)
        copyRow(geometry, band, y: top &+ 1, x: left, columns, channel, l1)
        copyRow(geometry, band, y: top &+ 2, x: left, columns, channel, l2)
        if stride == 1 { copyRow(geometry, band, y: top &+ 3, x: left, columns, channel, l3) }
        var row = 0
        while row < band.rows {
            if stride == 2 { copyRow(geometry, band, y: top &+ 3, x: left, columns, channel, l3) }
            copyRow(geometry, band, y: top &+ 4, x: left, columns, channel, l4)
            (table[0], table[1], table[2]) = (UnsafePointer(l0), UnsafePointer(l1), UnsafePointer(l2))
            (table[3], table[4]) = (UnsafePointer(l3), UnsafePointer(l4))
            let windows = Windows5x5(
                lines: table, weights: UnsafePointer(scratch), bias: task.pointee.bias + channel,
                scales: task.pointee.scales + channel, outputs: outputs, valid: valid, to: to, stride: geometry.outputStride)
            if stride == 1 {
                rowOfStride1(windows, geometry.requantizer)
                (l0, l1, l2, l3, l4) = (l1, l2, l3, l4, l0)
            } else {
                rowOfStride2(windows, geometry.requantizer)
                (l0, l1, l2, l3, l4) = (l2, l3, l4, l0, l1)
            }
            top &+= stride
            to += geometry.outputRowStride
            row &+= 1
        }
        x &+= outputs
    }
}

/// Sixteen channels of `columns` columns from `x` on, side by side.
@inline(never)
func copyRow(_ geometry: DepthwiseGeometry, _ band: DepthwiseBand, y: Int, x: Int, _ columns: Int, _ channel: Int,
             _ to: UnsafeMutablePointer<Int8>) {
    let width = Int(geometry.task.pointee.inputWidth)
    let outside = load_i8x16(geometry.padding)
    var before = x < 0 ? 0 &- x : 0
    if before > columns { before = columns }
    var inside = width &- x &- before
    if inside > columns &- before { inside = columns &- before }
    if inside < 0 { inside = 0 }
    var after = columns &- before &- inside
    var to = to
    var line = SlidingRow(geometry, band.image, y: y, x: x < 0 ? 0 : x, channel: channel)
    while before > 0 {
        store_i8x16(to, outside)
        to += 16
        before &-= 1
    }
    while inside >= 2 {
        let a = line.next(), b = line.next()
        store_i8x16(to, a)
        store_i8x16(to + 16, b)
        to += 32
        inside &-= 2
    }
    if inside > 0 {
        store_i8x16(to, line.next())
        to += 16
    }
    while after > 0 {
        store_i8x16(to, outside)
        to += 16
        after &-= 1
    }
}

@inline(never) func rowOfStride1(_ windows: Windows5x5, _ requantizer: Requantizer) { windows.slide(windowStride: 1, requantizer) }
@inline(never) func rowOfStride2(_ windows: Windows5x5, _ requantizer: Requantizer) { windows.slide(windowStride: 2, requantizer) }

/// A row of windows over five lines of sixteen channels a column.
struct Windows5x5 {
    /// Five lines.
    let lines: UnsafePointer<UnsafePointer<Int8>>
    let weights: UnsafePointer<Int8>
    let bias: UnsafePointer<Int32>
    let scales: UnsafePointer<Float>
    let outputs, valid: Int
    let to: UnsafeMutablePointer<Int8>
    let stride: Int

    /// Two outputs at a time; where their number is odd the last one is written over the one too many.
    @_transparent
    func slide(windowStride: Int, _ requantizer: Requantizer) {
        var offset = 0
        var to = to
        var left = outputs
        let odd = 16 &* windowStride
        while left > 0 {
            var w = opaque_i8(weights)!
            let first = reloaded_i32(bias)!
            var a = Sums16(loading: first, vectors: 4), b = Sums16(loading: reloaded_i32(first)!, vectors: 4)
            // Two rows a round of a loop: were they in a line, the compiler would compute products ahead and spill them.
            var line = lines
            var rounds = 2
            repeat {
                let upper = opaque_i8(line[0])! + offset, lower = opaque_i8(line[1])! + offset
                row(w, upper, odd, &a, &b)
                row(w + 80, lower, odd, &a, &b)
                column(w + 64, w + 144, upper + 64, lower + 64, odd, &a, &b)
                w = opaque_i8(w + 160)!
                line += 2
                rounds &-= 1
            } while rounds > 0
            let upper = line[0] + offset
            row(w, upper, odd, &a, &b)
            let last = load_i8x16(w + 64)
            addSingle(&a, last, load_i8x16(upper + 64))
            addSingle(&b, last, load_i8x16(upper + (64 &+ odd)))
            let next = left > 1 ? to + stride : to
            let scale = Scales16(loading: scales, vectors: 4)
            requantizer.store(b, scale, vectors: 4, valid: valid, to: next)
            requantizer.store(a, scale, vectors: 4, valid: valid, to: to)
            to += 2 &* stride
            offset &+= 2 &* odd
            left &-= 2
        }
    }

    /// Four taps of a row of the kernel.
    @_transparent
    func row(_ w: UnsafePointer<Int8>, _ p: UnsafePointer<Int8>, _ odd: Int, _ a: inout Sums16, _ b: inout Sums16) {
        column(w, w + 16, p, p + 16, odd, &a, &b)
        column(w + 32, w + 48, p + 32, p + 48, odd, &a, &b)
    }

    /// Two taps of both outputs.
    @_transparent
    func column(_ w: UnsafePointer<Int8>, _ v: UnsafePointer<Int8>, _ p: UnsafePointer<Int8>, _ q: UnsafePointer<Int8>, _ odd: Int,
                _ a: inout Sums16, _ b: inout Sums16) {
        let w0 = load_i8x16(w), w1 = load_i8x16(v)
        addPair(&a, w0, load_i8x16(p), w1, load_i8x16(q))
        addPair(&b, w0, load_i8x16(p + odd), w1, load_i8x16(q + odd))
    }

    @_transparent
    func addPair(_ sums: inout Sums16, _ w0: int8x16_t, _ a0: int8x16_t, _ w1: int8x16_t, _ a1: int8x16_t) {
        let low = add_product_low(product_low(w0, a0), w1, a1), high = add_product_high(product_high(w0, a0), w1, a1)
        sums.v0 = add_widened_low(sums.v0, low)
        sums.v1 = add_widened_high(sums.v1, low)
        sums.v2 = add_widened_low(sums.v2, high)
        sums.v3 = add_widened_high(sums.v3, high)
    }

    @_transparent
    func addSingle(_ sums: inout Sums16, _ w: int8x16_t, _ a: int8x16_t) {
        let low = product_low(w, a), high = product_high(w, a)
        sums.v0 = add_widened_low(sums.v0, low)
        sums.v1 = add_widened_high(sums.v1, low)
        sums.v2 = add_widened_low(sums.v2, high)
        sums.v3 = add_widened_high(sums.v3, high)
    }
}
#endif
