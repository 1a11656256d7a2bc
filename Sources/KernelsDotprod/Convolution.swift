#if arch(arm64)
import CIntrinsics
import CKernels
import KernelsArmCommon

/// int8 convolution with sdot: tiles of up to five pixels by sixteen channels, weights loaded once a tile.
@_cdecl("dotprod_convolution")
public func dotprodConvolution(_ task: UnsafePointer<ConvolutionTask>, _ slice: UnsafePointer<KernelSlice>) {
    forEachBlock(task, slice, rows: 5, arrange: { _, _, _ in }, of16: tilesOf16, of12: tilesOf12, of8: tilesOf8, of4: tilesOf4)
}

@inline(never) func tilesOf16(_ block: ConvolutionBlock) { block.compute(vectors: 4, rows: 5) }
@inline(never) func tilesOf12(_ block: ConvolutionBlock) { block.compute(vectors: 3, rows: 5) }
@inline(never) func tilesOf8(_ block: ConvolutionBlock) { block.compute(vectors: 2, rows: 5) }
@inline(never) func tilesOf4(_ block: ConvolutionBlock) { block.compute(vectors: 1, rows: 5) }

extension ConvolutionBlock {
    /// All pixels of the table, `rows` at a time while there are that many. Both parameters are constants.
    @_transparent
    func compute(vectors: Int, rows: Int) {
        let requantizer = Requantizer(
            zeroPoint: task.pointee.outputZeroPoint, minimum: task.pointee.outputMinimum, maximum: task.pointee.outputMaximum)
        var row = 0
        if valid == vectors &* 4 {
            while count &- row >= rows {
                tile(rows: rows, vectors: vectors, valid: vectors &* 4, row: row, requantizer)
                row &+= rows
            }
            if rows > 4 && count &- row >= 4 {
                tile(rows: 4, vectors: vectors, valid: vectors &* 4, row: row, requantizer)
                row &+= 4
            }
            if count &- row >= 2 {
                tile(rows: 2, vectors: vectors, valid: vectors &* 4, row: row, requantizer)
                row &+= 2
            }
            if row == count { return }
        }
        while row < count {
            tile(rows: 1, vectors: vectors, valid: valid, row: row, requantizer)
            row &+= 1
        }
    }

    @_transparent
    func tile(rows: Int, vectors: Int, valid: Int, row: Int, _ requantizer: Requantizer) {
        var bias = reloaded_i32(task.pointee.bias + channel)
        var s0 = Sums16(loading: bias!, vectors: vectors)
        bias = reloaded_i32(bias)
        var s1 = rows > 1 ? Sums16(loading: bias!, vectors: vectors) : s0
        bias = reloaded_i32(bias)
        var s2 = rows > 2 ? Sums16(loading: bias!, vectors: vectors) : s0
        bias = reloaded_i32(bias)
        var s3 = rows > 3 ? Sums16(loading: bias!, vectors: vectors) : s0
        bias = reloaded_i32(bias)
        var s4 = rows > 4 ? Sums16(loading: bias!, vectors: vectors) : s0

        var w = weights
        var term = task.pointee.runRepeat
        repeat {
            var entry = table + row
            var run = runCount
            repeat {
                var p0 = entry[0]
                var p1 = rows > 1 ? entry[1] : p0
                var p2 = rows > 2 ? entry[2] : p0
                var p3 = rows > 3 ? entry[3] : p0
                var p4 = rows > 4 ? entry[4] : p0
                entry += columns
                var groups = quadCount >> 2
                while groups != 0 {
                    let a0 = load_i8x16(p0)
                    let a1 = rows > 1 ? load_i8x16(p1) : a0
                    let a2 = rows > 2 ? load_i8x16(p2) : a0
                    let a3 = rows > 3 ? load_i8x16(p3) : a0
                    let a4 = rows > 4 ? load_i8x16(p4) : a0
                    p0 = opaque_i8(p0 + 16)
                    if rows > 1 { p1 = opaque_i8(p1 + 16) }
                    if rows > 2 { p2 = opaque_i8(p2 + 16) }
                    if rows > 3 { p3 = opaque_i8(p3 + 16) }
                    if rows > 4 { p4 = opaque_i8(p4 + 16) }
                    quad(0, w, rows, vectors, a0, a1, a2, a3, a4, &s0, &s1, &s2, &s3, &s4)
                    quad(1, w, rows, vectors, a0, a1, a2, a3, a4, &s0, &s1, &s2, &s3, &s4)
                    quad(2, w, rows, vectors, a0, a1, a2, a3, a4, &s0, &s1, &s2, &s3, &s4)
                    quad(3, w, rows, vectors, a0, a1, a2, a3, a4, &s0, &s1, &s2, &s3, &s4)
                    w = opaque_i8(w + 64 &* vectors)
                    groups &-= 1
                }
                let quads = quadCount & 3
                if quads != 0 {
                    let a0 = load_i8x16(p0)
                    let a1 = rows > 1 ? load_i8x16(p1) : a0
                    let a2 = rows > 2 ? load_i8x16(p2) : a0
                    let a3 = rows > 3 ? load_i8x16(p3) : a0
                    let a4 = rows > 4 ? load_i8x16(p4) : a0
                    quad(0, w, rows, vectors, a0, a1, a2, a3, a4, &s0, &s1, &s2, &s3, &s4)
                    if quads > 1 { quad(1, w, rows, vectors, a0, a1, a2, a3, a4, &s0, &s1, &s2, &s3, &s4) }
                    if quads > 2 { quad(2, w, rows, vectors, a0, a1, a2, a3, a4, &s0, &s1, &s2, &s3, &s4) }
                    w += 16 &* vectors &* quads
                }
                run &-= 1
            } while run > 0
            term &-= 1
        } while term > 0

        let scales = Scales16(loading: task.pointee.scales + channel, vectors: vectors)
        let stride = Int(task.pointee.outputPixelStride)
        var to = output + row &* stride
        requantizer.store(s0, scales, vectors: vectors, valid: valid, to: to)
        to += stride
        if rows > 1 { requantizer.store(s1, scales, vectors: vectors, valid: valid, to: to) }
        to += stride
        if rows > 2 { requantizer.store(s2, scales, vectors: vectors, valid: valid, to: to) }
        to += stride
        if rows > 3 { requantizer.store(s3, scales, vectors: vectors, valid: valid, to: to) }
        to += stride
        if rows > 4 { requantizer.store(s4, scales, vectors: vectors, valid: valid, to: to) }
    }

    /// Four input bytes of every row against `vectors` vectors of weights, two at a time: that is all the registers
    /// that are left.
    @_transparent
    func quad(_ lane: Int, _ w: UnsafePointer<Int8>, _ rows: Int, _ vectors: Int,
              _ a0: int8x16_t, _ a1: int8x16_t, _ a2: int8x16_t, _ a3: int8x16_t, _ a4: int8x16_t,
              _ s0: inout Sums16, _ s1: inout Sums16, _ s2: inout Sums16, _ s3: inout Sums16, _ s4: inout Sums16) {
        let p = w + lane &* vectors &* 16
        let w0 = load_i8x16(p)
        let w1 = vectors > 1 ? load_i8x16(p + 16) : w0
        dotPair(lane, vectors, w0, w1, a0, &s0.v0, &s0.v1)
        if rows > 1 { dotPair(lane, vectors, w0, w1, a1, &s1.v0, &s1.v1) }
        if rows > 2 { dotPair(lane, vectors, w0, w1, a2, &s2.v0, &s2.v1) }
        if rows > 3 { dotPair(lane, vectors, w0, w1, a3, &s3.v0, &s3.v1) }
        if rows > 4 { dotPair(lane, vectors, w0, w1, a4, &s4.v0, &s4.v1) }
        if vectors <= 2 { return }
        let w2 = load_i8x16(p + 32)
        let w3 = vectors > 3 ? load_i8x16(p + 48) : w2
        dotPair(lane, vectors &- 2, w2, w3, a0, &s0.v2, &s0.v3)
        if rows > 1 { dotPair(lane, vectors &- 2, w2, w3, a1, &s1.v2, &s1.v3) }
        if rows > 2 { dotPair(lane, vectors &- 2, w2, w3, a2, &s2.v2, &s2.v3) }
        if rows > 3 { dotPair(lane, vectors &- 2, w2, w3, a3, &s3.v2, &s3.v3) }
        if rows > 4 { dotPair(lane, vectors &- 2, w2, w3, a4, &s4.v2, &s4.v3) }
    }

    @_transparent
    func dotPair(_ lane: Int, _ vectors: Int, _ w0: int8x16_t, _ w1: int8x16_t, _ a: int8x16_t, _ s0: inout int32x4_t,
                 _ s1: inout int32x4_t) {
        s0 = dotLane(lane, s0, w0, a)
        if vectors > 1 { s1 = dotLane(lane, s1, w1, a) }
    }
}
#endif
