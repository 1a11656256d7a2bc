#if arch(arm64)
import CIntrinsics
import CKernels
import KernelsArmCommon

/// Float convolution: tiles of up to five pixels by sixteen channels, weights loaded once a tile.
@_cdecl("neon_float_convolution")
public func neonFloatConvolution(_ task: UnsafePointer<FloatConvolutionTask>, _ slice: UnsafePointer<KernelSlice>) {
    let windows = ConvolutionWindows(task, scratch: slice.pointee.scratch, rows: 5)
    let blockElements = Int(task.pointee.runCount) &* Int(task.pointee.runLength)
    let outputStride = Int(task.pointee.outputPixelStride)
    let endChannel = Int(slice.pointee.endChannel)
    let endPixel = Int(slice.pointee.endPixel)
    var pixel = Int(slice.pointee.firstPixel)
    while pixel < endPixel {
        let count = endPixel &- pixel < windows.pixels ? endPixel &- pixel : windows.pixels
        windows.fill(first: pixel, count: count)
        var channel = Int(slice.pointee.firstChannel)
        while channel < endChannel {
            let left = endChannel &- channel
            let block = FloatBlock(
                task: task, table: UnsafePointer(windows.table), columns: windows.columns, count: count,
                weights: task.pointee.weights + channel &* blockElements, channel: channel, valid: left < 16 ? left : 16,
                output: task.pointee.output + (pixel &* outputStride &+ channel))
            if left > 8 {
                floatTilesOf16(block)
            } else {
                floatTilesOf8(block)
            }
            channel &+= 16
        }
        pixel &+= count
    }
}

/// Up to sixteen output channels of a table of windows.
struct FloatBlock {
    let task: UnsafePointer<FloatConvolutionTask>
    let table: UnsafePointer<UnsafePointer<Int8>>
    let columns, count: Int
    let weights: UnsafePointer<Float>
    let channel, valid: Int
    let output: UnsafeMutablePointer<Float>
}

@inline(never) func floatTilesOf16(_ block: FloatBlock) { block.compute(vectors: 4, rows: 5) }
@inline(never) func floatTilesOf8(_ block: FloatBlock) { block.compute(vectors: 2, rows: 5) }

/// The sums of one pixel.
struct FloatSums {
    var v0, v1, v2, v3: float32x4_t

    @_transparent
    init(_ bias: UnsafePointer<Float>, vectors: Int) {
        v0 = load_f32x4(bias)
        v1 = load_f32x4(bias + 4)
        v2 = vectors > 2 ? load_f32x4(bias + 8) : v0
        v3 = vectors > 2 ? load_f32x4(bias + 12) : v0
    }

    @_transparent
    mutating func add(_ lane: Int, _ w0: float32x4_t, _ w1: float32x4_t, _ w2: float32x4_t, _ w3: float32x4_t, _ a: float32x4_t,
                      vectors: Int) {
        v0 = multiplyAdd(lane, v0, w0, a)
        v1 = multiplyAdd(lane, v1, w1, a)
        if vectors > 2 {
            v2 = multiplyAdd(lane, v2, w2, a)
            v3 = multiplyAdd(lane, v3, w3, a)
        }
    }

    @_transparent
    func store(_ p: UnsafeMutablePointer<Float>, vectors: Int, valid: Int, _ minimum: float32x4_t, _ maximum: float32x4_t) {
        storeFirst(minimum_f32(maximum_f32(v0, minimum), maximum), p, valid)
        storeFirst(minimum_f32(maximum_f32(v1, minimum), maximum), p + 4, valid &- 4)
        if vectors > 2 {
            storeFirst(minimum_f32(maximum_f32(v2, minimum), maximum), p + 8, valid &- 8)
            storeFirst(minimum_f32(maximum_f32(v3, minimum), maximum), p + 12, valid &- 12)
        }
    }
}

@_transparent
func multiplyAdd(_ lane: Int, _ sum: float32x4_t, _ w: float32x4_t, _ a: float32x4_t) -> float32x4_t {
    switch lane {
    case 0: multiply_add_lane0(sum, w, a)
    case 1: multiply_add_lane1(sum, w, a)
    case 2: multiply_add_lane2(sum, w, a)
    default: multiply_add_lane3(sum, w, a)
    }
}

@_transparent
func loadFloats(_ p: UnsafePointer<Int8>) -> float32x4_t { load_f32x4(UnsafeRawPointer(p).assumingMemoryBound(to: Float.self)) }

extension FloatBlock {
    /// All pixels of the table, `rows` at a time while there are that many. Both parameters are constants.
    @_transparent
    func compute(vectors: Int, rows: Int) {
        var row = 0
        while count &- row >= rows {
            tile(rows: rows, vectors: vectors, row: row)
            row &+= rows
        }
        if count &- row >= 2 && count &- row <= 3 {
            tile(rows: 2, vectors: vectors, row: row)
            row &+= 2
        }
        if count &- row == 4 {
            tile(rows: 4, vectors: vectors, row: row)
            row &+= 4
        }
        if row < count { tile(rows: 1, vectors: vectors, row: row) }
    }

    @_transparent
    func tile(rows: Int, vectors: Int, row: Int) {
        let bias = task.pointee.bias + channel
        var s0 = FloatSums(bias, vectors: vectors)
        var s1 = s0, s2 = s0, s3 = s0, s4 = s0
        var w = weights
        var entry = table + row
        var run = task.pointee.runCount
        repeat {
            var p0 = entry[0]
            var p1 = rows > 1 ? entry[1] : p0
            var p2 = rows > 2 ? entry[2] : p0
            var p3 = rows > 3 ? entry[3] : p0
            var p4 = rows > 4 ? entry[4] : p0
            entry += columns
            var groups = Int(task.pointee.runLength) >> 2
            while groups != 0 {
                let a0 = loadFloats(p0)
                let a1 = rows > 1 ? loadFloats(p1) : a0
                let a2 = rows > 2 ? loadFloats(p2) : a0
                let a3 = rows > 3 ? loadFloats(p3) : a0
                let a4 = rows > 4 ? loadFloats(p4) : a0
                p0 += 16
                p1 += 16
                p2 += 16
                p3 += 16
                p4 += 16
                element(0, w, rows, vectors, a0, a1, a2, a3, a4, &s0, &s1, &s2, &s3, &s4)
                element(1, w + 16, rows, vectors, a0, a1, a2, a3, a4, &s0, &s1, &s2, &s3, &s4)
                element(2, w + 32, rows, vectors, a0, a1, a2, a3, a4, &s0, &s1, &s2, &s3, &s4)
                element(3, w + 48, rows, vectors, a0, a1, a2, a3, a4, &s0, &s1, &s2, &s3, &s4)
                w += 64
                groups &-= 1
            }
            let rest = task.pointee.runLength & 3
            if rest != 0 {
                let a0 = loadFloats(p0)
                let a1 = rows > 1 ? loadFloats(p1) : a0
                let a2 = rows > 2 ? loadFloats(p2) : a0
                let a3 = rows > 3 ? loadFloats(p3) : a0
                let a4 = rows > 4 ? loadFloats(p4) : a0
                element(0, w, rows, vectors, a0, a1, a2, a3, a4, &s0, &s1, &s2, &s3, &s4)
                if rest > 1 { element(1, w + 16, rows, vectors, a0, a1, a2, a3, a4, &s0, &s1, &s2, &s3, &s4) }
                if rest > 2 { element(2, w + 32, rows, vectors, a0, a1, a2, a3, a4, &s0, &s1, &s2, &s3, &s4) }
                w += 16 &* Int(rest)
            }
            run &-= 1
        } while run > 0

        let minimum = repeat_f32x4(task.pointee.outputMinimum), maximum = repeat_f32x4(task.pointee.outputMaximum)
        let stride = Int(task.pointee.outputPixelStride)
        var to = output + row &* stride
        s0.store(to, vectors: vectors, valid: valid, minimum, maximum)
        to += stride
        if rows > 1 { s1.store(to, vectors: vectors, valid: valid, minimum, maximum) }
        to += stride
        if rows > 2 { s2.store(to, vectors: vectors, valid: valid, minimum, maximum) }
        to += stride
        if rows > 3 { s3.store(to, vectors: vectors, valid: valid, minimum, maximum) }
        to += stride
        if rows > 4 { s4.store(to, vectors: vectors, valid: valid, minimum, maximum) }
    }

    /// One input element of every row.
    @_transparent
    func element(_ lane: Int, _ w: UnsafePointer<Float>, _ rows: Int, _ vectors: Int,
                 _ a0: float32x4_t, _ a1: float32x4_t, _ a2: float32x4_t, _ a3: float32x4_t, _ a4: float32x4_t,
                 _ s0: inout FloatSums, _ s1: inout FloatSums, _ s2: inout FloatSums, _ s3: inout FloatSums, _ s4: inout FloatSums) {
        let w0 = load_f32x4(w), w1 = load_f32x4(w + 4)
        let w2 = vectors > 2 ? load_f32x4(w + 8) : w0, w3 = vectors > 2 ? load_f32x4(w + 12) : w0
        s0.add(lane, w0, w1, w2, w3, a0, vectors: vectors)
        if rows > 1 { s1.add(lane, w0, w1, w2, w3, a1, vectors: vectors) }
        if rows > 2 { s2.add(lane, w0, w1, w2, w3, a2, vectors: vectors) }
        if rows > 3 { s3.add(lane, w0, w1, w2, w3, a3, vectors: vectors) }
        if rows > 4 { s4.add(lane, w0, w1, w2, w3, a4, vectors: vectors) }
    }
}
#endif
