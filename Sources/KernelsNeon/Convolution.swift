#if arch(arm64)
import CIntrinsics
import CKernels
import KernelsArmCommon

/// int8 convolution with the baseline's widening multiplications: two products are summed in 16 bits (smull, smlal)
/// before they are added to the 32-bit sums of even and odd pairs (sadalp).
@_cdecl("neon_convolution")
public func neonConvolution(_ task: UnsafePointer<ConvolutionTask>, _ slice: UnsafePointer<KernelSlice>) {
    forEachBlock(task, slice, rows: 4, arrange: spreadBias, of16: tilesOf16, of12: tilesOf12, of8: tilesOf8, of4: tilesOf4)
}

/// The bias of each channel beside a zero: a channel has two sums, of its even and its odd pairs of products.
@inline(__always)
func spreadBias(_ bias: UnsafePointer<Int32>, _ channels: Int, _ spread: UnsafeMutablePointer<Int32>) {
    let zero = repeat_i32x4(0)
    var i = 0
    while i < 16 && i < channels {
        let v = load_i32x4(bias + i)
        store_i32x4(spread + 2 &* i, zip_low_i32(v, zero))
        store_i32x4(spread + (2 &* i &+ 4), zip_high_i32(v, zero))
        i &+= 4
    }
}

@inline(never) func tilesOf16(_ block: ConvolutionBlock) { block.compute(vectors: 4, rows: 2) }
@inline(never) func tilesOf12(_ block: ConvolutionBlock) { block.compute(vectors: 3, rows: 2) }
@inline(never) func tilesOf8(_ block: ConvolutionBlock) { block.compute(vectors: 2, rows: 4) }
@inline(never) func tilesOf4(_ block: ConvolutionBlock) { block.compute(vectors: 1, rows: 4) }

/// The two sums of four channels.
struct PairSums {
    var low, high: int32x4_t

    @_transparent
    init(loading p: UnsafePointer<Int32>) {
        low = load_i32x4(p)
        high = load_i32x4(p + 4)
    }

    /// Eight bytes of input against four channels.
    @_transparent
    mutating func add(_ w0: int8x16_t, _ a0: int8x16_t, _ w1: int8x16_t, _ a1: int8x16_t) {
        low = add_neighbours(low, add_product_low(product_low(w0, a0), w1, a1))
        high = add_neighbours(high, add_product_high(product_high(w0, a0), w1, a1))
    }

    /// Four bytes of input against four channels.
    @_transparent
    mutating func add(_ w0: int8x16_t, _ a0: int8x16_t) {
        low = add_neighbours(low, product_low(w0, a0))
        high = add_neighbours(high, product_high(w0, a0))
    }
}

/// The sums of one pixel.
struct PixelSums {
    var v0, v1, v2, v3: PairSums

    @_transparent
    init(_ bias: UnsafePointer<Int32>, vectors: Int) {
        v0 = PairSums(loading: bias)
        v1 = vectors > 1 ? PairSums(loading: bias + 8) : v0
        v2 = vectors > 2 ? PairSums(loading: bias + 16) : v0
        v3 = vectors > 3 ? PairSums(loading: bias + 24) : v0
    }

    @_transparent
    func whole(_ vectors: Int) -> Sums16 {
        let a = neighbour_sums(v0.low, v0.high)
        return Sums16(
            a, vectors > 1 ? neighbour_sums(v1.low, v1.high) : a, vectors > 2 ? neighbour_sums(v2.low, v2.high) : a,
            vectors > 3 ? neighbour_sums(v3.low, v3.high) : a)
    }
}

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
            if row == count { return }
        }
        while row < count {
            tile(rows: 1, vectors: vectors, valid: valid, row: row, requantizer)
            row &+= 1
        }
    }

    @_transparent
    func tile(rows: Int, vectors: Int, valid: Int, row: Int, _ requantizer: Requantizer) {
        var start = reloaded_i32(bias)
        var s0 = PixelSums(start!, vectors: vectors)
        start = reloaded_i32(start)
        var s1 = rows > 1 ? PixelSums(start!, vectors: vectors) : s0
        start = reloaded_i32(start)
        var s2 = rows > 2 ? PixelSums(start!, vectors: vectors) : s0
        start = reloaded_i32(start)
        var s3 = rows > 3 ? PixelSums(start!, vectors: vectors) : s0

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
                entry += columns
                var pairs = quadCount >> 1
                while pairs != 0 {
                    let a00 = take_repeated_4(&p0), a01 = take_repeated_4(&p0)
                    let a10 = rows > 1 ? take_repeated_4(&p1) : a00, a11 = rows > 1 ? take_repeated_4(&p1) : a01
                    let a20 = rows > 2 ? take_repeated_4(&p2) : a00, a21 = rows > 2 ? take_repeated_4(&p2) : a01
                    let a30 = rows > 3 ? take_repeated_4(&p3) : a00, a31 = rows > 3 ? take_repeated_4(&p3) : a01
                    let w00 = load_i8x16(w), w01 = load_i8x16(w + 16 &* vectors)
                    s0.v0.add(w00, a00, w01, a01)
                    if rows > 1 { s1.v0.add(w00, a10, w01, a11) }
                    if rows > 2 { s2.v0.add(w00, a20, w01, a21) }
                    if rows > 3 { s3.v0.add(w00, a30, w01, a31) }
                    if vectors > 1 {
                        let w10 = load_i8x16(w + 16), w11 = load_i8x16(w + (16 &* vectors &+ 16))
                        s0.v1.add(w10, a00, w11, a01)
                        if rows > 1 { s1.v1.add(w10, a10, w11, a11) }
                        if rows > 2 { s2.v1.add(w10, a20, w11, a21) }
                        if rows > 3 { s3.v1.add(w10, a30, w11, a31) }
                    }
                    if vectors > 2 {
                        let w20 = load_i8x16(w + 32), w21 = load_i8x16(w + (16 &* vectors &+ 32))
                        s0.v2.add(w20, a00, w21, a01)
                        if rows > 1 { s1.v2.add(w20, a10, w21, a11) }
                    }
                    if vectors > 3 {
                        let w30 = load_i8x16(w + 48), w31 = load_i8x16(w + (16 &* vectors &+ 48))
                        s0.v3.add(w30, a00, w31, a01)
                        if rows > 1 { s1.v3.add(w30, a10, w31, a11) }
                    }
                    w += 32 &* vectors
                    pairs &-= 1
                }
                if quadCount & 1 != 0 {
                    let a0 = take_repeated_4(&p0)
                    let a1 = rows > 1 ? take_repeated_4(&p1) : a0
                    let a2 = rows > 2 ? take_repeated_4(&p2) : a0
                    let a3 = rows > 3 ? take_repeated_4(&p3) : a0
                    let w0 = load_i8x16(w)
                    s0.v0.add(w0, a0)
                    if rows > 1 { s1.v0.add(w0, a1) }
                    if rows > 2 { s2.v0.add(w0, a2) }
                    if rows > 3 { s3.v0.add(w0, a3) }
                    if vectors > 1 {
                        let w1 = load_i8x16(w + 16)
                        s0.v1.add(w1, a0)
                        if rows > 1 { s1.v1.add(w1, a1) }
                        if rows > 2 { s2.v1.add(w1, a2) }
                        if rows > 3 { s3.v1.add(w1, a3) }
                    }
                    if vectors > 2 {
                        let w2 = load_i8x16(w + 32)
                        s0.v2.add(w2, a0)
                        if rows > 1 { s1.v2.add(w2, a1) }
                    }
                    if vectors > 3 {
                        let w3 = load_i8x16(w + 48)
                        s0.v3.add(w3, a0)
                        if rows > 1 { s1.v3.add(w3, a1) }
                    }
                    w += 16 &* vectors
                }
                run &-= 1
            } while run > 0
            term &-= 1
        } while term > 0

        let scales = Scales16(loading: task.pointee.scales + channel, vectors: vectors)
        let stride = Int(task.pointee.outputPixelStride)
        var to = output + row &* stride
        requantizer.store(s0.whole(vectors), scales, vectors: vectors, valid: valid, to: to)
        to += stride
        if rows > 1 { requantizer.store(s1.whole(vectors), scales, vectors: vectors, valid: valid, to: to) }
        to += stride
        if rows > 2 { requantizer.store(s2.whole(vectors), scales, vectors: vectors, valid: valid, to: to) }
        to += stride
        if rows > 3 { requantizer.store(s3.whole(vectors), scales, vectors: vectors, valid: valid, to: to) }
    }
}
#endif
