#if arch(arm64)
import CIntrinsics
import CKernels
import KernelsArmCommon

/// int8 convolution with smmla: two pixels by two channels an instruction, eight bytes deep; tiles of up to six pixels
/// by sixteen channels.
@_cdecl("i8mm_convolution")
public func i8mmConvolution(_ task: UnsafePointer<ConvolutionTask>, _ slice: UnsafePointer<KernelSlice>) {
    // A lone pixel would leave half of each product unused.
    if slice.pointee.endPixel &- slice.pointee.firstPixel == 1 {
        dotprod_convolution(task, slice)
        return
    }
    forEachBlock(task, slice, rows: 6, arrange: repeatBias, of16: tilesOf16, of12: tilesOf12, of8: tilesOf8, of4: tilesOf4)
}

/// The bias of each pair of channels twice, for the two pixels of a product.
@inline(__always)
func repeatBias(_ bias: UnsafePointer<Int32>, _ channels: Int, _ repeated: UnsafeMutablePointer<Int32>) {
    var i = 0
    while i < 16 && i < channels {
        let v = load_i32x4(bias + i)
        store_i32x4(repeated + 2 &* i, zip_low_i32_pairs(v, v))
        store_i32x4(repeated + (2 &* i &+ 4), zip_high_i32_pairs(v, v))
        i &+= 4
    }
}

@inline(never) func tilesOf16(_ block: ConvolutionBlock) { block.compute(vectors: 4) }
@inline(never) func tilesOf12(_ block: ConvolutionBlock) { block.compute(vectors: 3) }
@inline(never) func tilesOf8(_ block: ConvolutionBlock) { block.compute(vectors: 2) }
@inline(never) func tilesOf4(_ block: ConvolutionBlock) { block.compute(vectors: 1) }

/// The sums of two pixels and four channels: two by two in each vector.
struct SquareSums {
    var low, high: int32x4_t

    @_transparent
    init(loading p: UnsafePointer<Int32>) {
        low = load_i32x4(p)
        high = load_i32x4(p + 4)
    }

    @_transparent
    mutating func add(_ a: int8x16_t, _ wLow: int8x16_t, _ wHigh: int8x16_t) {
        low = matrix_multiply_add(low, a, wLow)
        high = matrix_multiply_add(high, a, wHigh)
    }
}

/// The sums of two pixels.
struct PairSums {
    var v0, v1, v2, v3: SquareSums

    @_transparent
    init(_ bias: UnsafePointer<Int32>, vectors: Int) {
        v0 = SquareSums(loading: bias)
        v1 = vectors > 1 ? SquareSums(loading: bias + 8) : v0
        v2 = vectors > 2 ? SquareSums(loading: bias + 16) : v0
        v3 = vectors > 3 ? SquareSums(loading: bias + 24) : v0
    }

    @_transparent
    func first(_ vectors: Int) -> Sums16 {
        let a = zip_low_i32_pairs(v0.low, v0.high)
        return Sums16(
            a, vectors > 1 ? zip_low_i32_pairs(v1.low, v1.high) : a, vectors > 2 ? zip_low_i32_pairs(v2.low, v2.high) : a,
            vectors > 3 ? zip_low_i32_pairs(v3.low, v3.high) : a)
    }

    @_transparent
    func second(_ vectors: Int) -> Sums16 {
        let a = zip_high_i32_pairs(v0.low, v0.high)
        return Sums16(
            a, vectors > 1 ? zip_high_i32_pairs(v1.low, v1.high) : a, vectors > 2 ? zip_high_i32_pairs(v2.low, v2.high) : a,
            vectors > 3 ? zip_high_i32_pairs(v3.low, v3.high) : a)
    }
}

extension ConvolutionBlock {
    /// All pixels of the table, six at a time while there are that many. `vectors` is a constant.
    @_transparent
    func compute(vectors: Int) {
        let requantizer = Requantizer(
            zeroPoint: task.pointee.outputZeroPoint, minimum: task.pointee.outputMinimum, maximum: task.pointee.outputMaximum)
        var row = 0
        if valid == vectors &* 4 {
            while count &- row >= 6 {
                tile(rows: 6, vectors: vectors, valid: vectors &* 4, row: row, requantizer)
                row &+= 6
            }
            while count &- row >= 2 {
                tile(rows: 2, vectors: vectors, valid: vectors &* 4, row: row, requantizer)
                row &+= 2
            }
        }
        while row < count {
            tile(rows: 1, vectors: vectors, valid: valid, row: row, requantizer)
            row &+= 1
        }
    }

    /// With one row, the second pixel of the pair is the first again, and not stored.
    @_transparent
    func tile(rows: Int, vectors: Int, valid: Int, row: Int, _ requantizer: Requantizer) {
        var start = reloaded_i32(bias)
        var s0 = PairSums(start!, vectors: vectors)
        start = reloaded_i32(start)
        var s1 = rows > 2 ? PairSums(start!, vectors: vectors) : s0
        start = reloaded_i32(start)
        var s2 = rows > 4 ? PairSums(start!, vectors: vectors) : s0

        var w = weights
        var term = task.pointee.runRepeat
        repeat {
            var entry = table + row
            var run = runCount
            repeat {
                var p0: UnsafePointer<Int8>? = entry[0]
                var p1: UnsafePointer<Int8>? = rows > 1 ? entry[1] : p0
                var p2: UnsafePointer<Int8>? = rows > 2 ? entry[2] : p0
                var p3: UnsafePointer<Int8>? = rows > 3 ? entry[3] : p0
                var p4: UnsafePointer<Int8>? = rows > 4 ? entry[4] : p0
                var p5: UnsafePointer<Int8>? = rows > 5 ? entry[5] : p0
                entry += columns
                var octets = quadCount >> 1
                while octets != 0 {
                    let a0 = take_two_i8x8(&p0, &p1)
                    let a1 = rows > 2 ? take_two_i8x8(&p2, &p3) : a0
                    let a2 = rows > 4 ? take_two_i8x8(&p4, &p5) : a0
                    add(load_i8x16(w), load_i8x16(w + 16 &* vectors), a0, a1, a2, &s0.v0, &s1.v0, &s2.v0, rows: rows)
                    if vectors > 1 {
                        add(load_i8x16(w + 16), load_i8x16(w + (16 &* vectors &+ 16)), a0, a1, a2, &s0.v1, &s1.v1, &s2.v1, rows: rows)
                    }
                    if vectors > 2 {
                        add(load_i8x16(w + 32), load_i8x16(w + (16 &* vectors &+ 32)), a0, a1, a2, &s0.v2, &s1.v2, &s2.v2, rows: rows)
                    }
                    if vectors > 3 {
                        add(load_i8x16(w + 48), load_i8x16(w + (16 &* vectors &+ 48)), a0, a1, a2, &s0.v3, &s1.v3, &s2.v3, rows: rows)
                    }
                    w = opaque_i8(w + 32 &* vectors)
                    octets &-= 1
                }
                if quadCount & 1 != 0 {
                    let a0 = take_two_i8x8(&p0, &p1)
                    let a1 = rows > 2 ? take_two_i8x8(&p2, &p3) : a0
                    let a2 = rows > 4 ? take_two_i8x8(&p4, &p5) : a0
                    let zero = repeat_i8x16(0)
                    add(load_i8x16(w), zero, a0, a1, a2, &s0.v0, &s1.v0, &s2.v0, rows: rows)
                    if vectors > 1 { add(load_i8x16(w + 16), zero, a0, a1, a2, &s0.v1, &s1.v1, &s2.v1, rows: rows) }
                    if vectors > 2 { add(load_i8x16(w + 32), zero, a0, a1, a2, &s0.v2, &s1.v2, &s2.v2, rows: rows) }
                    if vectors > 3 { add(load_i8x16(w + 48), zero, a0, a1, a2, &s0.v3, &s1.v3, &s2.v3, rows: rows) }
                    w += 16 &* vectors
                }
                run &-= 1
            } while run > 0
            term &-= 1
        } while term > 0

        let scales = Scales16(loading: task.pointee.scales + channel, vectors: vectors)
        let stride = Int(task.pointee.outputPixelStride)
        var to = output + row &* stride
        requantizer.store(s0.first(vectors), scales, vectors: vectors, valid: valid, to: to)
        to += stride
        if rows > 1 { requantizer.store(s0.second(vectors), scales, vectors: vectors, valid: valid, to: to) }
        to += stride
        if rows > 2 { requantizer.store(s1.first(vectors), scales, vectors: vectors, valid: valid, to: to) }
        to += stride
        if rows > 3 { requantizer.store(s1.second(vectors), scales, vectors: vectors, valid: valid, to: to) }
        to += stride
        if rows > 4 { requantizer.store(s2.first(vectors), scales, vectors: vectors, valid: valid, to: to) }
        to += stride
        if rows > 5 { requantizer.store(s2.second(vectors), scales, vectors: vectors, valid: valid, to: to) }
    }

    /// Four channels: two groups of four weights a channel become eight in a row.
    @_transparent
    func add(_ w0: int8x16_t, _ w1: int8x16_t, _ a0: int8x16_t, _ a1: int8x16_t, _ a2: int8x16_t,
             _ s0: inout SquareSums, _ s1: inout SquareSums, _ s2: inout SquareSums, rows: Int) {
        if rows > 4 {
            matrix_multiply_add_6x4(&s0.low, &s0.high, &s1.low, &s1.high, &s2.low, &s2.high, a0, a1, a2, w0, w1)
            return
        }
        let low = zip_low_quads(w0, w1), high = zip_high_quads(w0, w1)
        s0.add(a0, low, high)
        if rows > 2 { s1.add(a1, low, high) }
    }
}
#endif
