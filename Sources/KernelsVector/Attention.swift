#if arch(arm64) || arch(x86_64)
import CIntrinsics
import CKernels

/// Attention of one query row. Heads that share keys and values go together, up to four; positions go by 64 at a time,
/// so that keys and values are read from the nearest cache the second time, with a running maximum and total (softmax
/// as in Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018).
/// `attend` is given one to four heads at a time, and how many they are.
@inline(__always)
func attention(_ task: UnsafePointer<AttentionTask>, _ row: Int32, _ firstHead: Int32, _ endHead: Int32,
               _ scratch: UnsafeMutablePointer<Float>,
                      _ attend: (AttentionHeads, Int) -> Void) {
    let shared = Int(task.pointee.heads / task.pointee.keyValueHeads)
    var head = Int(firstHead)
    while head < Int(endHead) {
        let group = head / shared
        let groupEnd = (group &+ 1) &* shared
        let left = (groupEnd < Int(endHead) ? groupEnd : Int(endHead)) &- head
        let count = left < 4 ? left : 4
        attend(AttentionHeads(task, row: Int(row), head: head, shared: group, scratch), count)
        head &+= count
    }
}

/// Up to four heads over the same keys and values.
struct AttentionHeads {
    let query: UnsafePointer<Float>
    let keys, values: UnsafePointer<UInt16>
    let output: UnsafeMutablePointer<Float>
    let weights: UnsafeMutablePointer<Float>
    let dimension, stride, slots, first, end: Int
    let scale, softCap: Float
    let bias: UnsafePointer<Float>?

    @inline(__always)
    init(_ task: UnsafePointer<AttentionTask>, row: Int, head: Int, shared: Int, _ scratch: UnsafeMutablePointer<Float>) {
        dimension = Int(task.pointee.headDimension)
        stride = Int(task.pointee.keyValueHeads) &* dimension
        slots = Int(task.pointee.slots)
        query = task.pointee.queries + (row &* Int(task.pointee.queryStride) &+ head &* dimension)
        output = task.pointee.output + (row &* Int(task.pointee.outputStride) &+ head &* dimension)
        keys = task.pointee.keys + shared &* dimension
        values = task.pointee.cachedValues + shared &* dimension
        weights = scratch
        let own = Int(task.pointee.position) &+ row
        let oldest = own &- Int(task.pointee.window) &+ 1
        first = oldest > 0 ? oldest : 0
        end = own &+ 1
        scale = task.pointee.scale
        softCap = task.pointee.softCap
        bias = task.pointee.bias
    }
}

extension AttentionHeads {
    /// Positions that go together: their scores fill the scratch memory's first 4 * 64 floats.
    @_transparent
    static var step: Int { 64 }

    /// `heads` is a constant.
    @_transparent
    func attend(heads: Int) {
        var maxima = fill_floats4(-Float.infinity), totals = fill_floats4(0)
        var position = first
        while position < end {
            let slot = position % slots
            var count = end &- position < AttentionHeads.step ? end &- position : AttentionHeads.step
            if slots &- slot < count { count = slots &- slot }
            let greatest = score(heads: heads, maxima, keys + slot &* stride, position, count)
            let correction = low_floats4(exponential(twice_floats4(subtract_floats4(maxima, greatest))))
            totals = add_floats4(multiply_floats4(totals, correction), weigh(greatest, count))
            maxima = greatest
            sum(heads: heads, values + slot &* stride, count, correction, isFirst: position == first)
            position &+= count
        }
        scaleOutput(heads: heads, totals)
    }

    /// Scores of `count` positions into `weights`, four a position, and the greatest so far of each head.
    @_transparent
    func score(heads: Int, _ maxima: floats4, _ keys: UnsafePointer<UInt16>, _ position: Int, _ count: Int) -> floats4 {
        var greatest = maxima
        var p = 0
        while p < count {
            let key = keys + p &* stride
            // The odd last position goes twice; the second is then taken out.
            let next = p &+ 1 < count ? key + stride : key
            let zero = fill_floats8(0)
            var a0 = zero, a1 = zero, a2 = zero, a3 = zero, b0 = zero, b1 = zero, b2 = zero, b3 = zero
            var d = 0
            while d < dimension {
                let k = load_halves8(key + d), l = load_halves8(next + d)
                let q0 = load_floats8(query + d)
                a0 = multiply_add_floats8(a0, q0, k)
                b0 = multiply_add_floats8(b0, q0, l)
                if heads > 1 {
                    let q1 = load_floats8(query + (d &+ dimension))
                    a1 = multiply_add_floats8(a1, q1, k)
                    b1 = multiply_add_floats8(b1, q1, l)
                }
                if heads > 2 {
                    let q2 = load_floats8(query + (d &+ 2 &* dimension))
                    a2 = multiply_add_floats8(a2, q2, k)
                    b2 = multiply_add_floats8(b2, q2, l)
                }
                if heads > 3 {
                    let q3 = load_floats8(query + (d &+ 3 &* dimension))
                    a3 = multiply_add_floats8(a3, q3, k)
                    b3 = multiply_add_floats8(b3, q3, l)
                }
                d &+= 8
            }
            var s = scaled(totals_floats8(a0, a1, a2, a3)), t = scaled(totals_floats8(b0, b1, b2, b3))
            if let bias {
                s = add_floats4(s, fill_floats4(bias[position &+ p]))
                t = add_floats4(t, fill_floats4(bias[position &+ (p &+ 1 < count ? p &+ 1 : p)]))
            }
            store_floats4(weights + p &* 4, s)
            store_floats4(weights + (p &* 4 &+ 4), p &+ 1 < count ? t : fill_floats4(-Float.infinity))
            greatest = maximum_floats4(maximum_floats4(greatest, s), t)
            p &+= 2
        }
        return greatest
    }

    @_transparent
    func scaled(_ scores: floats4) -> floats4 {
        let s = multiply_floats4(scores, fill_floats4(scale))
        if softCap == 0 { return s }
        let capped = hyperbolicTangent(twice_floats4(multiply_floats4(s, fill_floats4(1 / softCap))))
        return multiply_floats4(low_floats4(capped), fill_floats4(softCap))
    }

    /// e^(score - greatest) in place of the scores, and their sums.
    @_transparent
    func weigh(_ greatest: floats4, _ count: Int) -> floats4 {
        let most = twice_floats4(greatest)
        var totals = fill_floats8(0)
        var p = 0
        while p < count {
            let w = exponential(subtract_floats8(load_floats8(weights + p &* 4), most))
            store_floats8(weights + p &* 4, w)
            totals = add_floats8(totals, w)
            p &+= 2
        }
        return add_floats4(low_floats4(totals), high_floats4(totals))
    }

    /// Adds the weighted values of `count` positions to the output, after what is there has been corrected.
    @_transparent
    func sum(heads: Int, _ values: UnsafePointer<UInt16>, _ count: Int, _ correction: floats4, isFirst: Bool) {
        var d = 0
        while d < dimension {
            var a0 = start(0, d, correction[0], isFirst), b0 = start(0, d &+ 8, correction[0], isFirst)
            var a1 = heads > 1 ? start(1, d, correction[1], isFirst) : a0, b1 = heads > 1 ? start(1, d &+ 8, correction[1], isFirst) : b0
            var a2 = heads > 2 ? start(2, d, correction[2], isFirst) : a0, b2 = heads > 2 ? start(2, d &+ 8, correction[2], isFirst) : b0
            var a3 = heads > 3 ? start(3, d, correction[3], isFirst) : a0, b3 = heads > 3 ? start(3, d &+ 8, correction[3], isFirst) : b0
            var value = values + d
            var weight = weights
            var left = count
            repeat {
                let v = load_halves8(value), u = load_halves8(value + 8)
                let w0 = fill_floats8(weight[0])
                a0 = multiply_add_floats8(a0, v, w0)
                b0 = multiply_add_floats8(b0, u, w0)
                if heads > 1 {
                    let w1 = fill_floats8(weight[1])
                    a1 = multiply_add_floats8(a1, v, w1)
                    b1 = multiply_add_floats8(b1, u, w1)
                }
                if heads > 2 {
                    let w2 = fill_floats8(weight[2])
                    a2 = multiply_add_floats8(a2, v, w2)
                    b2 = multiply_add_floats8(b2, u, w2)
                }
                if heads > 3 {
                    let w3 = fill_floats8(weight[3])
                    a3 = multiply_add_floats8(a3, v, w3)
                    b3 = multiply_add_floats8(b3, u, w3)
                }
                value += stride
                weight += 4
                left &-= 1
            } while left != 0
            put(0, d, a0, b0)
            if heads > 1 { put(1, d, a1, b1) }
            if heads > 2 { put(2, d, a2, b2) }
            if heads > 3 { put(3, d, a3, b3) }
            d &+= 16
        }
    }

    @_transparent
    func start(_ head: Int, _ d: Int, _ correction: Float, _ isFirst: Bool) -> floats8 {
        isFirst ? fill_floats8(0) : multiply_floats8(load_floats8(output + (head &* dimension &+ d)), fill_floats8(correction))
    }

    @_transparent
    func put(_ head: Int, _ d: Int, _ a: floats8, _ b: floats8) {
        store_floats8(output + (head &* dimension &+ d), a)
        store_floats8(output + (head &* dimension &+ d &+ 8), b)
    }

    @_transparent
    func scaleOutput(heads: Int, _ totals: floats4) {
        var head = 0
        while head < heads {
            let factor = fill_floats8(1 / (head == 0 ? totals[0] : head == 1 ? totals[1] : head == 2 ? totals[2] : totals[3]))
            var d = 0
            while d < dimension {
                let p = output + (head &* dimension &+ d)
                store_floats8(p, multiply_floats8(load_floats8(p), factor))
                d &+= 8
            }
            head &+= 1
        }
    }
}
#endif
