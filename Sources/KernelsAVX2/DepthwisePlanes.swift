#if arch(x86_64)
import CIntrinsics
import CKernels
import KernelsX86Common

/// Two taps of 16 channels widened to 16 bits: a 32-bit lane holds both taps of a channel.
struct TapPairs {
    let low: __m256i, high: __m256i

    @inline(__always)
    init(_ first: UnsafeRawPointer, _ second: UnsafeRawPointer) {
        low = avx2_low_tap_pairs(first, second)
        high = avx2_high_tap_pairs(first, second)
    }
}

/// One row of outputs of a depthwise convolution, 16 channels: the input columns of some neighbouring outputs are
/// paired into planes (see `DepthwisePlan`) in scratch, then each group of weights meets them.
struct DepthwisePlanes {
    let task: DepthwiseTask
    let plan: DepthwisePlan
    let channel: Int
    /// Channels that exist.
    let valid: Int
    let weights: UnsafePointer<TapPairs>
    let columns: UnsafeMutablePointer<TapPairs>
    /// Outputs whose columns fit.
    let outputs: Int
    let outside: UnsafeRawPointer

    /// Outputs firstX..<endX of row oy into `output`, which points at the first of them.
    @inline(__always)
    func row(image: Int, oy: Int, firstX: Int, endX: Int, output: UnsafeMutablePointer<Int8>) {
        let pixelStride = Int(task.outputPixelStride)
        plan.forEachTile(firstX: firstX, endX: endX, outputs: outputs) { x, width in
            pair(image: image, oy: oy, ox: x, width: width)
        } four: { column, width, place in
            Tile<4>.run(self, from: columns + column, width: width, output: output + place * pixelStride)
        } one: { column, width, place in
            Tile<1>.run(self, from: columns + column, width: width, output: output + place * pixelStride)
        }
    }

    /// Fills the planes with `width` columns from the first that output `ox` sees.
    @inline(never)
    private func pair(image: Int, oy: Int, ox: Int, width: Int) {
        let x0 = ox * plan.strideX - Int(task.padLeft), y0 = oy * Int(task.strideY) - Int(task.padTop)
        // Columns inside the input.
        let left = Swift.min(Swift.max(-x0, 0), width), right = Swift.max(Swift.min(Int(task.inputWidth) - x0, width), left)
        var to = columns
        for plane in 0..<plan.rowPlanes {
            let first = row(image, y0 + plane * 2 * Int(task.dilationY)), second = row(image, y0 + (plane * 2 + 1) * Int(task.dilationY))
            let firstStep = first == nil ? 0 : Int(task.inputPixelStride), secondStep = second == nil ? 0 : Int(task.inputPixelStride)
            var a = (first ?? outside) + (x0 + left) * firstStep, b = (second ?? outside) + (x0 + left) * secondStep
            let none = TapPairs(outside, outside)
            for x in 0..<left { to[x] = none }
            for x in left..<right {
                to[x] = TapPairs(a, b)
                a += firstStep
                b += secondStep
            }
            for x in right..<width { to[x] = none }
            to += width
        }
        guard plan.hasTail else { return }
        let tail = row(image, y0 + (plan.kernelHeight - 1) * Int(task.dilationY))
        let inputWidth = tail == nil ? 0 : Int(task.inputWidth), start = tail ?? outside
        let pixelStride = Int(task.inputPixelStride)
        let value = { (x: Int) -> UnsafeRawPointer in x >= 0 && x < inputWidth ? start + x * pixelStride : outside }
        for x in 0..<width { to[x] = TapPairs(value(x0 + x), value(x0 + x + plan.dilationX)) }
    }

    /// Row y of an image, at column 0 and this block's first channel; nil outside the input.
    @inline(__always)
    private func row(_ image: Int, _ y: Int) -> UnsafeRawPointer? {
        guard y >= 0 && y < Int(task.inputHeight) else { return nil }
        return task.row(image, y, channel: channel)
    }
}

/// The sums of some neighbouring outputs, 16 channels each, which stay in registers.
private struct Tile<let Pixels: Int> {
    @inline(never)
    static func run(_ planes: borrowing DepthwisePlanes, from: UnsafePointer<TapPairs>, width: Int, output: UnsafeMutablePointer<Int8>) {
        let plan = planes.plan, channel = planes.channel
        let bias = planes.task.bias + channel, scales = planes.task.scales + channel
        var low = InlineArray<Pixels, __m256i>(repeating: avx2_load(bias)), high = InlineArray<Pixels,
            __m256i>(repeating: avx2_load(bias + 8))
        var weights = planes.weights
        let stride = plan.strideX
        for _ in 0..<plan.terms {
            var plane = from
            for index in 0..<plan.planes {
                let step = index < plan.rowPlanes ? plan.dilationX : plan.dilationX * 2
                var column = plane
                for _ in 0..<plan.groups(plane: index) {
                    let lowWeights = weights.pointee.low, highWeights = weights.pointee.high
                    for p in 0..<Pixels {
                        low[p] = avx2_dot(low[p], column[p * stride].low, lowWeights)
                        high[p] = avx2_dot(high[p], column[p * stride].high, highWeights)
                    }
                    column += step
                    weights += 1
                }
                plane += width
            }
        }
        let task = planes.task
        let upper = avx2_fill_floats(Float(task.outputMaximum - task.outputZeroPoint))
        let lowScales = avx2_load_floats(scales), highScales = avx2_load_floats(scales + 8)
        for p in 0..<Pixels {
            let bytes = avx2_to_bytes(avx2_scale(low[p], lowScales, upper), avx2_scale(high[p], highScales, upper),
                                      task.outputZeroPoint, task.outputMinimum, task.outputMaximum)
            storeBytes(output + p * Int(task.outputPixelStride), bytes, planes.valid)
        }
    }
}
#endif
