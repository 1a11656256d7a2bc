#if arch(arm64)
import CIntrinsics
import CKernels
import KernelsArmCommon

/// Three rows of one column, or of one column of the kernel.
struct Column {
    var r0, r1, r2: int8x16_t

    @inline(__always)
    init(_ p0: UnsafePointer<Int8>, _ p1: UnsafePointer<Int8>, _ p2: UnsafePointer<Int8>, _ offset: Int) {
        r0 = load_i8x16(p0 + offset)
        r1 = load_i8x16(p1 + offset)
        r2 = load_i8x16(p2 + offset)
    }
}

/// A 3x3 kernel of sixteen channels at one row: rows of the window that lie outside the image have zero weights, and
/// the padding value's share of them is in the bias.
struct Kernel3x3 {
    let left, middle, right: Column
    let bias: Sums16
    let row0, row1, row2: UnsafePointer<Int8>

    @inline(__always)
    init(_ geometry: DepthwiseGeometry, _ row: DepthwiseRow, _ channel: Int) {
        let task = geometry.task
        let w = task.pointee.weights + channel
        let step = geometry.channelsRounded
        let height = Int(task.pointee.inputHeight)
        var left = Column(w, w + 3 &* step, w + 6 &* step, 0)
        var middle = Column(w, w + 3 &* step, w + 6 &* step, step)
        var right = Column(w, w + 3 &* step, w + 6 &* step, 2 &* step)
        var bias = Sums16(loading: task.pointee.bias + channel, vectors: 4)
        let top = row.top
        var row0 = row.image, row1 = row.image, row2 = row.image
        let zero = repeat_i8x16(0), padding = repeat_i8x16(Int8(truncatingIfNeeded: task.pointee.inputZeroPoint))
        if top >= 0 {
            row0 = geometry.line(row.image, top)
        } else {
            bias.addPair(left.r0, padding, middle.r0, padding)
            bias.addSingle(right.r0, padding)
            left.r0 = zero
            middle.r0 = zero
            right.r0 = zero
        }
        if top &+ 1 >= 0 && top &+ 1 < height {
            row1 = geometry.line(row.image, top &+ 1)
        } else {
            bias.addPair(left.r1, padding, middle.r1, padding)
            bias.addSingle(right.r1, padding)
            left.r1 = zero
            middle.r1 = zero
            right.r1 = zero
        }
        if top &+ 2 < height {
            row2 = geometry.line(row.image, top &+ 2)
        } else {
            bias.addPair(left.r2, padding, middle.r2, padding)
            bias.addSingle(right.r2, padding)
            left.r2 = zero
            middle.r2 = zero
            right.r2 = zero
        }
        self.left = left
        self.middle = middle
        self.right = right
        self.bias = bias
        self.row0 = row0 + channel
        self.row1 = row1 + channel
        self.row2 = row2 + channel
    }

    @inline(__always)
    func column(_ offset: Int) -> Column { Column(row0, row1, row2, offset) }

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

/// Outputs [first, end), whose windows lie inside from left to right. The columns change places instead of being
/// copied: three outputs a round.
@inline(never)
func slide3x3Stride1(_ geometry: DepthwiseGeometry, _ row: DepthwiseRow, _ channel: Int, _ valid: Int, _ first: Int, _ end: Int) {
    let kernel = Kernel3x3(geometry, row, channel)
    let scales = geometry.task.pointee.scales + channel
    let step = geometry.pixelStride, outputStride = geometry.outputStride
    var offset = (first &- Int(geometry.task.pointee.padLeft)) &* step
    var output = row.output + (first &* outputStride &+ channel)
    var left = end &- first
    var a = kernel.column(offset), b = kernel.column(offset &+ step)
    offset &+= 2 &* step
    while left > 0 {
        let c = kernel.column(offset)
        geometry.requantizer.store(kernel.sums(a, b, c), Scales16(loading: scales, vectors: 4), vectors: 4, valid: valid, to: output)
        if left == 1 { return }
        output += outputStride
        offset &+= step
        a = kernel.column(offset)
        geometry.requantizer.store(kernel.sums(b, c, a), Scales16(loading: scales, vectors: 4), vectors: 4, valid: valid, to: output)
        if left == 2 { return }
        output += outputStride
        offset &+= step
        b = kernel.column(offset)
        geometry.requantizer.store(kernel.sums(c, a, b), Scales16(loading: scales, vectors: 4), vectors: 4, valid: valid, to: output)
        output += outputStride
        offset &+= step
        left &-= 3
    }
}

/// The same two columns apart: two outputs a round.
@inline(never)
func slide3x3Stride2(_ geometry: DepthwiseGeometry, _ row: DepthwiseRow, _ channel: Int, _ valid: Int, _ first: Int, _ end: Int) {
    let kernel = Kernel3x3(geometry, row, channel)
    let scales = geometry.task.pointee.scales + channel
    let step = geometry.pixelStride, outputStride = geometry.outputStride
    var offset = (2 &* first &- Int(geometry.task.pointee.padLeft)) &* step
    var output = row.output + (first &* outputStride &+ channel)
    var left = end &- first
    var a = kernel.column(offset)
    offset &+= step
    while left > 0 {
        let b = kernel.column(offset), c = kernel.column(offset &+ step)
        geometry.requantizer.store(kernel.sums(a, b, c), Scales16(loading: scales, vectors: 4), vectors: 4, valid: valid, to: output)
        if left == 1 { return }
        output += outputStride
        offset &+= 2 &* step
        let d = kernel.column(offset)
        a = kernel.column(offset &+ step)
        geometry.requantizer.store(kernel.sums(c, d, a), Scales16(loading: scales, vectors: 4), vectors: 4, valid: valid, to: output)
        output += outputStride
        offset &+= 2 &* step
        left &-= 2
    }
}
#endif
