#if arch(arm64)
import CIntrinsics
import CKernels
import KernelsArmCommon

/// 5x5 windows of stride 1 or 2. Six input rows are transposed once, column by column, into scratch, with the padding
/// around them: `Columns5x5`. Of each column four rows make one operand of sdot, and the last two rows of two columns
/// another. With stride 1 they serve two rows of outputs, with stride 2 one; two outputs of a row share the weights.
enum Layout5x5 {
    /// Bytes of eight channels: two columns of four rows, then two columns of two rows.
    @_transparent static var pairBytes: Int { 96 }
    /// What fits beside the weights into the scratch of 25 taps of the fewest channels.
    @_transparent static var pairs: Int { 46 }
    @_transparent static var columnsOffset: Int { 2 &* Weights5x5.bytes }
    @_transparent static var halfBytes: Int { pairs &* pairBytes }
}

@inline(never)
func slide5x5(_ geometry: DepthwiseGeometry, _ band: DepthwiseBand, _ channel: Int, _ valid: Int, _ scratch: UnsafeMutablePointer<Int8>) {
    let task = geometry.task
    let stride = Int(task.pointee.strideX)
    Weights5x5.prepare(geometry, channel, scratch)
    let most = stride == 1 ? 2 &* Layout5x5.pairs &- 4 : Layout5x5.pairs &- 2
    let rowsAtOnce = stride == 1 ? 2 : 1
    let lowValid = valid < 8 ? valid : 8
    var row = 0
    while row < band.rows {
        let pairs = stride == 1 && row &+ 1 < band.rows
        var x = band.firstX
        while x < band.endX {
            let outputs = band.endX &- x < most ? band.endX &- x : most
            let even = (outputs &+ 1) & ~1
            let columns = scratch + Layout5x5.columnsOffset
            transpose(geometry, band, y: (band.firstY &+ row) &* stride &- Int(task.pointee.padTop),
                      x: x &* stride &- Int(task.pointee.padLeft),
                      pairs: stride == 1 ? even / 2 &+ 2 : even &+ 2, sixth: pairs, channel, columns)
            let to = band.output + (row &* geometry.outputRowStride &+ x &* geometry.outputStride &+ channel)
            var half = 0
            while half &* 8 < valid {
                let windows = Windows5x5(
                    columns: UnsafePointer(columns) + half &* Layout5x5.halfBytes,
                        weights: UnsafePointer(scratch) + half &* Weights5x5.bytes,
                    bias: task.pointee.bias + (channel &+ 8 &* half), scales: task.pointee.scales + (channel &+ 8 &* half),
                    outputs: outputs, valid: half == 0 ? lowValid : valid &- 8, to: to + 8 &* half,
                    stride: geometry.outputStride, rowStride: geometry.outputRowStride)
                if stride == 2 {
                    rowOfStride2(windows, geometry.requantizer)
                } else if pairs {
                    rowPair(windows, geometry.requantizer)
                } else {
                    rowOfStride1(windows, geometry.requantizer)
                }
                half &+= 1
            }
            x &+= outputs
        }
        row &+= rowsAtOnce
    }
}

/// Sixteen channels of six rows from column `x` on, in two halves.
@inline(never)
func transpose(_ geometry: DepthwiseGeometry, _ band: DepthwiseBand, y: Int, x: Int, pairs: Int, sixth: Bool, _ channel: Int,
               _ columns: UnsafeMutablePointer<Int8>) {
    let width = Int(geometry.task.pointee.inputWidth)
    let start = x < 0 ? 0 : x
    var r0 = SlidingRow(geometry, band.image, y: y, x: start, channel: channel)
    var r1 = SlidingRow(geometry, band.image, y: y &+ 1, x: start, channel: channel)
    var r2 = SlidingRow(geometry, band.image, y: y &+ 2, x: start, channel: channel)
    var r3 = SlidingRow(geometry, band.image, y: y &+ 3, x: start, channel: channel)
    var r4 = SlidingRow(geometry, band.image, y: y &+ 4, x: start, channel: channel)
    var r5 = SlidingRow(geometry, band.image, y: sixth ? y &+ 5 : -1, x: start, channel: channel)
    let outside = load_i8x16(geometry.padding)
    var x = x
    var to = columns
    var left = pairs
    while left > 0 {
        var a4 = outside, a5 = outside
        var low = Column(outside, outside, outside, outside), high = low
        if x >= 0 && x < width {
            let v0 = r0.next(), v1 = r1.next(), v2 = r2.next(), v3 = r3.next()
            low = Column(v0, v1, v2, v3)
            high = Column(upper: v0, v1, v2, v3)
            a4 = r4.next()
            a5 = r5.next()
        }
        low.store(to)
        high.store(to + Layout5x5.halfBytes)
        var b4 = outside, b5 = outside
        low = Column(outside, outside, outside, outside)
        high = low
        if x &+ 1 >= 0 && x &+ 1 < width {
            let v0 = r0.next(), v1 = r1.next(), v2 = r2.next(), v3 = r3.next()
            low = Column(v0, v1, v2, v3)
            high = Column(upper: v0, v1, v2, v3)
            b4 = r4.next()
            b5 = r5.next()
        }
        low.store(to + 32)
        high.store(to + 32 + Layout5x5.halfBytes)
        Column(a4, a5, b4, b5).store(to + 64)
        Column(upper: a4, a5, b4, b5).store(to + 64 + Layout5x5.halfBytes)
        to += Layout5x5.pairBytes
        x &+= 2
        left &-= 1
    }
}

extension Column {
    /// The upper eight channels of sixteen.
    @_transparent
    init(upper r0: int8x16_t, _ r1: int8x16_t, _ r2: int8x16_t, _ r3: int8x16_t) {
        let upper = zip_high_i8(r0, r1), lower = zip_high_i8(r2, r3)
        low = zip_low_pairs(upper, lower)
        high = zip_high_pairs(upper, lower)
    }

    @_transparent
    init(_ p: UnsafePointer<Int8>) {
        low = load_i8x16(p)
        high = load_i8x16(p + 16)
    }

    @_transparent
    func store(_ p: UnsafeMutablePointer<Int8>) {
        store_i8x16(p, low)
        store_i8x16(p + 16, high)
    }
}

/// Weights of eight channels: for each column of the kernel its first four rows, as the upper and as the lower row of
/// outputs meets them; then, for three pairs of columns, its rest as the even and the odd output of a row meet it, again
/// for both rows.
enum Weights5x5 {
    @_transparent static var bytes: Int { 5 &* 64 &+ 3 &* 128 }

    /// Sixteen channels: two halves of `bytes`.
    @inline(never)
    static func prepare(_ geometry: DepthwiseGeometry, _ channel: Int, _ to: UnsafeMutablePointer<Int8>) {
        let step = geometry.channelsRounded
        let zero = repeat_i8x16(0)
        var w = geometry.task.pointee.weights + channel
        var p = to
        var even3 = zero, even4 = zero
        var last3 = zero, last4 = zero
        var rest = to + 5 &* 64
        var kx = 0
        while kx < 6 {
            let inside = kx < 5
            let w3 = inside ? load_i8x16(w + 15 &* step) : zero, w4 = inside ? load_i8x16(w + 20 &* step) : zero
            if inside {
                let w0 = load_i8x16(w), w1 = load_i8x16(w + 5 &* step), w2 = load_i8x16(w + 10 &* step)
                Column(w0, w1, w2, w3).store(p)
                Column(upper: w0, w1, w2, w3).store(p + bytes)
                Column(zero, w0, w1, w2).store(p + 32)
                Column(upper: zero, w0, w1, w2).store(p + 32 + bytes)
            }
            if kx & 1 == 0 {
                // The odd output: the columns before and at this one.
                Column(last4, zero, w4, zero).store(rest + 64)
                Column(upper: last4, zero, w4, zero).store(rest + 64 + bytes)
                Column(last3, last4, w3, w4).store(rest + 96)
                Column(upper: last3, last4, w3, w4).store(rest + 96 + bytes)
                even3 = w3
                even4 = w4
            } else {
                Column(even4, zero, w4, zero).store(rest)
                Column(upper: even4, zero, w4, zero).store(rest + bytes)
                Column(even3, even4, w3, w4).store(rest + 32)
                Column(upper: even3, even4, w3, w4).store(rest + 32 + bytes)
                rest += 128
            }
            last3 = w3
            last4 = w4
            w += step
            p += 64
            kx &+= 1
        }
    }
}

@inline(never) func rowPair(_ windows: Windows5x5, _ requantizer: Requantizer) { windows.slide(stride: 1, pairs: true, requantizer) }
@inline(never) func rowOfStride1(_ windows: Windows5x5, _ requantizer: Requantizer) { windows.slide(stride: 1, pairs: false, requantizer) }
@inline(never) func rowOfStride2(_ windows: Windows5x5, _ requantizer: Requantizer) { windows.slide(stride: 2, pairs: false, requantizer) }

/// A row of windows over transposed columns, eight channels.
struct Windows5x5 {
    let columns, weights: UnsafePointer<Int8>
    let bias: UnsafePointer<Int32>
    let scales: UnsafePointer<Float>
    let outputs, valid: Int
    let to: UnsafeMutablePointer<Int8>
    let stride, rowStride: Int

    /// Two outputs at a time; where their number is odd the last one is written over the one too many.
    @_transparent
    func slide(stride windowStride: Int, pairs: Bool, _ requantizer: Requantizer) {
        let scale = Scales16(loading: scales, vectors: 2)
        var left = outputs
        var columns = columns
        var to = to
        while left > 0 {
            let w = opaque_i8(weights)!
            let first = reloaded_i32(bias)!
            var evenTop = Sums8(first), oddTop = Sums8(reloaded_i32(first)!)
            var evenBelow = pairs ? Sums8(reloaded_i32(first)!) : evenTop, oddBelow = pairs ? Sums8(reloaded_i32(first)!) : evenTop
            column(0, w, columns, windowStride, pairs, &evenTop, &oddTop, &evenBelow, &oddBelow)
            column(1, w, columns, windowStride, pairs, &evenTop, &oddTop, &evenBelow, &oddBelow)
            column(2, w, columns, windowStride, pairs, &evenTop, &oddTop, &evenBelow, &oddBelow)
            column(3, w, columns, windowStride, pairs, &evenTop, &oddTop, &evenBelow, &oddBelow)
            column(4, w, columns, windowStride, pairs, &evenTop, &oddTop, &evenBelow, &oddBelow)
            rest(0, w, columns, windowStride, pairs, &evenTop, &oddTop, &evenBelow, &oddBelow)
            rest(1, w, columns, windowStride, pairs, &evenTop, &oddTop, &evenBelow, &oddBelow)
            rest(2, w, columns, windowStride, pairs, &evenTop, &oddTop, &evenBelow, &oddBelow)
            let top = requantizer.packed(
                requantizer.scaled(evenTop.low, scale.v0), requantizer.scaled(evenTop.high, scale.v1),
                requantizer.scaled(oddTop.low, scale.v0), requantizer.scaled(oddTop.high, scale.v1))
            let next = left > 1 ? to + stride : to
            store(top, to, next)
            if pairs {
                let below = requantizer.packed(
                    requantizer.scaled(evenBelow.low, scale.v0), requantizer.scaled(evenBelow.high, scale.v1),
                    requantizer.scaled(oddBelow.low, scale.v0), requantizer.scaled(oddBelow.high, scale.v1))
                store(below, to + rowStride, next + rowStride)
            }
            to += 2 &* stride
            columns += Layout5x5.pairBytes &* windowStride
            left &-= 2
        }
    }

    @_transparent
    func store(_ q: int8x16_t, _ to: UnsafeMutablePointer<Int8>, _ next: UnsafeMutablePointer<Int8>) {
        if valid == 8 {
            store_i8x8(next, high_half_i8(q))
            store_i8x8(to, low_half_i8(q))
        } else {
            store_low_i8(next, zip_high_octets(q, q), Int32(truncatingIfNeeded: valid))
            store_low_i8(to, q, Int32(truncatingIfNeeded: valid))
        }
    }

    /// Four rows of one column of the kernel.
    @_transparent
    func column(_ kx: Int, _ w: UnsafePointer<Int8>, _ columns: UnsafePointer<Int8>, _ windowStride: Int, _ pairs: Bool,
                _ evenTop: inout Sums8, _ oddTop: inout Sums8, _ evenBelow: inout Sums8, _ oddBelow: inout Sums8) {
        let odd = kx &+ windowStride
        let a = Column(columns + (kx >> 1 &* Layout5x5.pairBytes &+ (kx & 1) &* 32))
        let b = Column(columns + (odd >> 1 &* Layout5x5.pairBytes &+ (odd & 1) &* 32))
        let top = Column(w + 64 &* kx)
        evenTop.add(a, top)
        oddTop.add(b, top)
        if pairs {
            let below = Column(w + (64 &* kx &+ 32))
            evenBelow.add(a, below)
            oddBelow.add(b, below)
        }
    }

    /// The rest of two columns.
    @_transparent
    func rest(_ pair: Int, _ w: UnsafePointer<Int8>, _ columns: UnsafePointer<Int8>, _ windowStride: Int, _ pairs: Bool,
              _ evenTop: inout Sums8, _ oddTop: inout Sums8, _ evenBelow: inout Sums8, _ oddBelow: inout Sums8) {
        let a = Column(columns + (pair &* Layout5x5.pairBytes &+ 64))
        let p = w + (320 &+ 128 &* pair)
        let even = Column(p)
        evenTop.add(a, even)
        if windowStride == 2 {
            oddTop.add(Column(columns + ((pair &+ 1) &* Layout5x5.pairBytes &+ 64)), even)
            return
        }
        oddTop.add(a, Column(p + 64))
        if pairs {
            evenBelow.add(a, Column(p + 32))
            oddBelow.add(a, Column(p + 96))
        }
    }
}

/// Sums of eight channels.
struct Sums8 {
    var low, high: int32x4_t

    @_transparent
    init(_ bias: UnsafePointer<Int32>) {
        low = load_i32x4(bias)
        high = load_i32x4(bias + 4)
    }

    @_transparent
    mutating func add(_ a: Column, _ w: Column) {
        low = dot(low, a.low, w.low)
        high = dot(high, a.high, w.high)
    }
}
#endif
