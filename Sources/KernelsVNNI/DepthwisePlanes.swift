#if arch(x86_64)
import CIntrinsics
import CKernels
import KernelsX86Common

/// One row of outputs of any depthwise kernel: the input columns of some neighbouring outputs are interleaved into
/// planes (see `DepthwisePlan`) in scratch, then each group of weights meets them.
struct DepthwisePlanes {
    let block: DepthwiseBlock
    let plan: DepthwisePlan
    let columns: UnsafeMutablePointer<ChannelQuads>
    /// Outputs whose columns fit.
    let outputs: Int
    let outside: UnsafeRawPointer

    /// Outputs firstX..<endX of row oy into `output`, which points at the first of them.
    @inline(__always)
    func row(image: Int, oy: Int, firstX: Int, endX: Int, output: UnsafeMutablePointer<Int8>) {
        let pixelStride = Int(block.task.outputPixelStride)
        plan.forEachTile(firstX: firstX, endX: endX, outputs: outputs) { x, width in
            interleave(image: image, oy: oy, ox: x, width: width)
        } four: { column, width, place in
            Tile<4>.run(self, from: columns + column, width: width, output: output + place * pixelStride)
        } one: { column, width, place in
            Tile<1>.run(self, from: columns + column, width: width, output: output + place * pixelStride)
        }
    }

    /// Fills the planes with `width` columns from the first that output `ox` sees.
    @inline(never)
    private func interleave(image: Int, oy: Int, ox: Int, width: Int) {
        let task = block.task
        let x0 = ox * plan.strideX - Int(task.padLeft), y0 = oy * Int(task.strideY) - Int(task.padTop)
        // Columns inside the input.
        let left = Swift.min(Swift.max(-x0, 0), width), right = Swift.max(Swift.min(Int(task.inputWidth) - x0, width), left)
        for plane in 0..<plan.rowPlanes {
            var rows = InlineArray<4, UnsafeRawPointer>(repeating: outside)
            var steps = InlineArray<4, Int>(repeating: 0)
            for i in 0..<4 {
                let y = y0 + (plane * 4 + i) * Int(task.dilationY)
                if plane * 4 + i < plan.kernelHeight && y >= 0 && y < Int(task.inputHeight) {
                    steps[i] = Int(task.inputPixelStride)
                    rows[i] = block.task.row(image, y, channel: block.channel) + (x0 + left) * steps[i]
                }
            }
            fill(columns + plane * width, left: left, right: right, width: width, rows, steps)
        }
        guard plan.hasTail else { return }
        let y = y0 + (plan.kernelHeight - 1) * Int(task.dilationY), to = columns + plan.rowPlanes * width
        if y < 0 || y >= Int(task.inputHeight) {
            fill(to, left: width, right: width, width: width, .init(repeating: outside), .init(repeating: 0))
        } else {
            fillTail(to, row: block.task.row(image, y, channel: block.channel), x0: x0, width: width)
        }
    }

    @inline(__always)
    private func fill(_ to: UnsafeMutablePointer<ChannelQuads>, left: Int, right: Int, width: Int,
                      _ rows: InlineArray<4, UnsafeRawPointer>, _ steps: InlineArray<4, Int>) {
        let flip = block.flip
        let none = avx512_xor(avx512_load(outside), flip)
        for x in 0..<left { to[x] = ChannelQuads(all: none) }
        var a = rows[0], b = rows[1], c = rows[2], d = rows[3]
        for x in left..<right {
            to[x] = ChannelQuads(taps: avx512_xor(avx512_load(a), flip), avx512_xor(avx512_load(b), flip),
                                 avx512_xor(avx512_load(c), flip), avx512_xor(avx512_load(d), flip))
            a += steps[0]
            b += steps[1]
            c += steps[2]
            d += steps[3]
        }
        for x in right..<width { to[x] = ChannelQuads(all: none) }
    }

    /// Groups along one row: each column, and the three after it that the kernel sees.
    @inline(__always)
    private func fillTail(_ to: UnsafeMutablePointer<ChannelQuads>, row: UnsafeRawPointer, x0: Int, width: Int) {
        let flip = block.flip
        let task = block.task, dilation = plan.dilationX, inputWidth = Int(task.inputWidth), pixelStride = Int(task.inputPixelStride)
        let value = { (x: Int) in
            avx512_xor(avx512_load(x >= 0 && x < inputWidth ? row + x * pixelStride : outside), flip)
        }
        for i in 0..<width {
            let x = x0 + i
            to[i] = ChannelQuads(taps: value(x), value(x + dilation), value(x + 2 * dilation), value(x + 3 * dilation))
        }
    }
}

/// The sums of some neighbouring outputs, 64 channels each, which stay in registers.
private struct Tile<let Pixels: Int> {
    @inline(never)
    static func run(_ planes: borrowing DepthwisePlanes, from: UnsafePointer<ChannelQuads>, width: Int,
                    output: UnsafeMutablePointer<Int8>) {
        let plan = planes.plan
        var sums = InlineArray<Pixels, ChannelQuads>(repeating: planes.block.starts)
        var weights = UnsafePointer(planes.block.weights)
        let stride = plan.strideX
        for _ in 0..<plan.terms {
            var plane = from
            for index in 0..<plan.planes {
                let step = index < plan.rowPlanes ? plan.dilationX : plan.dilationX * 4
                var column = plane
                for _ in 0..<plan.groups(plane: index) {
                    let group = weights.pointee
                    for p in 0..<Pixels { sums[p].add(column[p * stride], times: group) }
                    column += step
                    weights += 1
                }
                plane += width
            }
        }
        let pixelStride = Int(planes.block.task.outputPixelStride)
        for p in 0..<Pixels {
            avx512_store_bytes(output + p * pixelStride, planes.block.mask,
                               planes.block.requantizer.bytes(sums[p], scales: planes.block.scales))
        }
    }
}
#endif
