#if arch(x86_64)
import CIntrinsics
import CKernels
import KernelsX86Common

/// Four registers that together hold 64 channels: register j has channels 4j..<4j+4 of every 16, which is what
/// interleaving the bytes of four taps within 128-bit lanes gives.
struct ChannelQuads {
    var a = __m512i(), b = __m512i(), c = __m512i(), d = __m512i()

    /// Four taps of 64 channels each, interleaved so that a 32-bit lane holds the four taps of one channel.
    @inline(__always)
    init(taps t0: __m512i, _ t1: __m512i, _ t2: __m512i, _ t3: __m512i) {
        let low01 = avx512_low_bytes(t0, t1), high01 = avx512_high_bytes(t0, t1)
        let low23 = avx512_low_bytes(t2, t3), high23 = avx512_high_bytes(t2, t3)
        a = avx512_low_pairs(low01, low23)
        b = avx512_high_pairs(low01, low23)
        c = avx512_low_pairs(high01, high23)
        d = avx512_high_pairs(high01, high23)
    }

    /// The same 64 bytes as all four taps.
    @inline(__always)
    init(all tap: __m512i) {
        let low = avx512_low_bytes(tap, tap), high = avx512_high_bytes(tap, tap)
        a = avx512_low_pairs(low, low)
        b = avx512_high_pairs(low, low)
        c = avx512_low_pairs(high, high)
        d = avx512_high_pairs(high, high)
    }

    /// 32-bit values of `count` channels (a multiple of 16, at most 64) in channel order; the rest is zero.
    @inline(__always)
    init(words: UnsafeRawPointer, count: Int) {
        var ordered = InlineArray<16, SIMD4<Int32>>(repeating: .zero)
        for lane in 0..<count / 16 {
            for j in 0..<4 { ordered[j * 4 + lane] = (words + lane * 64 + j * 16).loadUnaligned(as: SIMD4<Int32>.self) }
        }
        withUnsafePointer(to: &ordered) {
            let p = UnsafeRawPointer($0)
            a = avx512_load(p)
            b = avx512_load(p + 64)
            c = avx512_load(p + 128)
            d = avx512_load(p + 192)
        }
    }

    @inline(__always)
    mutating func add(_ values: ChannelQuads, times weights: ChannelQuads) {
        a = avx512_dot(a, values.a, weights.a)
        b = avx512_dot(b, values.b, weights.b)
        c = avx512_dot(c, values.c, weights.c)
        d = avx512_dot(d, values.d, weights.d)
    }

    @inline(__always)
    mutating func subtract(_ other: ChannelQuads) {
        a = avx512_subtract32(a, other.a)
        b = avx512_subtract32(b, other.b)
        c = avx512_subtract32(c, other.c)
        d = avx512_subtract32(d, other.d)
    }
}

extension Requantizer {
    @inline(__always)
    func bytes(_ sums: ChannelQuads, scales: ChannelQuads) -> __m512i {
        bytesByLane(scaled(sums.a, scales.a), scaled(sums.b, scales.b), scaled(sums.c, scales.c), scaled(sums.d, scales.d))
    }

    @inline(__always)
    private func scaled(_ sums: __m512i, _ scales: __m512i) -> __m512i {
        avx512_scale(sums, unsafeBitCast(scales, to: __m512.self), upper)
    }
}

/// Up to 64 channels of a depthwise convolution, weights interleaved by fours of taps.
struct DepthwiseBlock {
    let task: DepthwiseTask
    let channel: Int
    let mask: UInt64
    let starts: ChannelQuads
    let scales: ChannelQuads
    let requantizer: Requantizer
    let flip: __m512i
    /// In the plan's order of groups.
    let weights: UnsafeMutablePointer<ChannelQuads>

    /// `weights`: room for the plan's groups.
    @inline(__always)
    init(_ task: DepthwiseTask, _ plan: DepthwisePlan, channel: Int, end: Int, weights: UnsafeMutablePointer<ChannelQuads>) {
        self.task = task
        self.channel = channel
        self.weights = weights
        let count = Swift.min(64, end - channel), rounded = (count + 15) / 16 * 16
        mask = byteMask(count)
        requantizer = Requantizer(zeroPoint: task.outputZeroPoint, minimum: task.outputMinimum, maximum: task.outputMaximum)
        flip = avx512_fill8(-128)
        let tapStride = (Int(task.channels) + 15) / 16 * 16
        let source = UnsafeRawPointer(task.weights) + channel
        for group in 0..<plan.allGroups {
            var four = InlineArray<4, __m512i>(repeating: __m512i())
            for i in 0..<4 {
                if let tap = plan.tap(group: group, i) { four[i] = avx512_load(source + tap * tapStride) }
            }
            weights[group] = ChannelQuads(taps: four[0], four[1], four[2], four[3])
        }
        // Inputs are read 128 too high (unsigned); what that adds is taken off the bias.
        var excess = ChannelQuads(taps: __m512i(), __m512i(), __m512i(), __m512i())
        let offset = ChannelQuads(taps: flip, flip, flip, flip)
        for group in 0..<plan.allGroups { excess.add(offset, times: weights[group]) }
        var starts = ChannelQuads(words: task.bias + channel, count: rounded)
        starts.subtract(excess)
        self.starts = starts
        scales = ChannelQuads(words: task.scales + channel, count: rounded)
    }
}
#endif
