#if arch(arm64)
import CIntrinsics
import CKernels
import KernelsArmCommon

/// Three rows of one column, or of one column of the kernel.
struct Column {
    let r0, r1, r2: int8x16_t

    @inline(__always)
    init(_ r0: int8x16_t, _ r1: int8x16_t, _ r2: int8x16_t) {
        self.r0 = r0
        self.r1 = r1
        self.r2 = r2
    }
}

/// A 3x3 kernel of sixteen channels.
struct Kernel3x3 {
    let left, middle, right: Column
    let bias: Sums16

    @inline(__always)
    init(_ geometry: DepthwiseGeometry, _ channel: Int) {
        let w = geometry.task.pointee.weights + channel
        let step = geometry.channelsRounded
        left = Column(load_i8x16(w), load_i8x16(w + 3 &* step), load_i8x16(w + 6 &* step))
        middle = Column(load_i8x16(w + step), load_i8x16(w + 4 &* step), load_i8x16(w + 7 &* step))
        right = Column(load_i8x16(w + 2 &* step), load_i8x16(w + 5 &* step), load_i8x16(w + 8 &* step))
        bias = Sums16(loading: geometry.task.pointee.bias + channel, vectors: 4)
    }

    @inline(__always)
    func sums(_ a: Column, _ b: Column, _ c: Column) -> Sums16 {
        var sums = bias
        sums.addPair(left.r0, a.r0, left.r1, a.r1)
        sums.addPair(left.r2, a.r2, middle.r0, b.r0)
        sums.addPair(middle.r1, b.r1, middle.r2, b.r2)
        sums.addPair(right.r0, c.r0, right.r1, c.r1)
        sums.addSingle(right.r2, c.r2)
        return sums
    }
}

/// The three input rows of a row of windows.
struct WindowRows {
    var r0, r1, r2: SlidingRow
    let padding: UnsafePointer<Int8>

    @inline(__always)
    init(_ geometry: DepthwiseGeometry, _ band: DepthwiseBand, row: Int, x: Int, channel: Int) {
        let top = (band.firstY &+ row) &* Int(geometry.task.pointee.strideY) &- Int(geometry.task.pointee.padTop)
        r0 = SlidingRow(geometry, band.image, y: top, x: x, channel: channel)
        r1 = SlidingRow(geometry, band.image, y: top &+ 1, x: x, channel: channel)
        r2 = SlidingRow(geometry, band.image, y: top &+ 2, x: x, channel: channel)
        padding = geometry.padding
    }

    @inline(__always)
    mutating func next() -> Column { Column(r0.next(), r1.next(), r2.next()) }

    /// A column that may lie to the left or the right of the image: outside there is padding.
    @inline(__always)
    mutating func next(inside: Bool) -> Column {
        if inside { return next() }
        let v = load_i8x16(padding)
        return Column(v, v, v)
    }
}

/// The columns change places instead of being copied: three outputs a round.
@inline(never)
func slide3x3Stride1(_ geometry: DepthwiseGeometry, _ band: DepthwiseBand, _ channel: Int, _ valid: Int) {
    let kernel = Kernel3x3(geometry, channel)
    let requantizer = geometry.requantizer
    let scales = geometry.task.pointee.scales + channel
    let stride = geometry.outputStride
    let width = Int(geometry.task.pointee.inputWidth)
    let left = band.firstX &- Int(geometry.task.pointee.padLeft)
    var row = 0
    while row < band.rows {
        var rows = WindowRows(geometry, band, row: row, x: left < 0 ? 0 : left, channel: channel)
        var output = band.output + (row &* geometry.outputRowStride &+ band.firstX &* stride &+ channel)
        var a = rows.next(inside: left >= 0 && left < width)
        var b = rows.next(inside: left &+ 1 < width)
        let outputs = band.endX &- band.firstX
        // Outputs whose third column lies inside, and the rest.
        var inside = width &- left &- 2
        if inside < 0 { inside = 0 }
        if inside > outputs { inside = outputs }
        var rest = outputs &- inside
        while inside >= 3 {
            let c = rows.next()
            requantizer.store(kernel.sums(a, b, c), Scales16(loading: scales, vectors: 4), vectors: 4, valid: valid, to: output)
            a = rows.next()
            requantizer.store(kernel.sums(b, c, a), Scales16(loading: scales, vectors: 4), vectors: 4, valid: valid, to: output + stride)
            b = rows.next()
            requantizer.store(kernel.sums(c, a, b), Scales16(loading: scales, vectors: 4), vectors: 4, valid: valid,
                              to: output + 2 &* stride)
            output += 3 &* stride
            inside &-= 3
        }
        rest &+= inside
        while rest > 0 {
            let c = rows.next(inside: inside > 0)
            requantizer.store(kernel.sums(a, b, c), Scales16(loading: scales, vectors: 4), vectors: 4, valid: valid, to: output)
            a = b
            b = c
            output += stride
            inside &-= 1
            rest &-= 1
        }
        row &+= 1
    }
}

/// The same two columns apart: two outputs a round.
@inline(never)
func slide3x3Stride2(_ geometry: DepthwiseGeometry, _ band: DepthwiseBand, _ channel: Int, _ valid: Int) {
    let kernel = Kernel3x3(geometry, channel)
    let requantizer = geometry.requantizer
    let scales = geometry.task.pointee.scales + channel
    let stride = geometry.outputStride
    let width = Int(geometry.task.pointee.inputWidth)
    let left = 2 &* band.firstX &- Int(geometry.task.pointee.padLeft)
    var row = 0
    while row < band.rows {
        var rows = WindowRows(geometry, band, row: row, x: left < 0 ? 0 : left, channel: channel)
        var output = band.output + (row &* geometry.outputRowStride &+ band.firstX &* stride &+ channel)
        var a = rows.next(inside: left >= 0 && left < width)
        let outputs = band.endX &- band.firstX
        var inside = (width &- left &- 1) >> 1
        if inside < 0 { inside = 0 }
        if inside > outputs { inside = outputs }
        var rest = outputs &- inside
        var x = left &+ 1 &+ 2 &* inside
        while inside >= 2 {
            let b = rows.next(), c = rows.next()
            requantizer.store(kernel.sums(a, b, c), Scales16(loading: scales, vectors: 4), vectors: 4, valid: valid, to: output)
            let d = rows.next()
            a = rows.next()
            requantizer.store(kernel.sums(c, d, a), Scales16(loading: scales, vectors: 4), vectors: 4, valid: valid, to: output + stride)
            output += 2 &* stride
            inside &-= 2
        }
        rest &+= inside
        x &-= 2 &* inside
        while rest > 0 {
            let b = rows.next(inside: x < width), c = rows.next(inside: x &+ 1 < width)
            requantizer.store(kernel.sums(a, b, c), Scales16(loading: scales, vectors: 4), vectors: 4, valid: valid, to: output)
            a = c
            x &+= 2
            output += stride
            rest &-= 1
        }
        row &+= 1
    }
}
#endif
