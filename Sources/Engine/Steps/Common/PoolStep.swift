import Nest

/// Average and maximum over windows, a row of output pixels a slice or more.
final class PoolStep: Step {
    private let x: View, y: View
    private let a: PoolAttributes
    private let maximum: Bool
    private let rowsPerSlice: Int
    private let rows: Int

    init(_ context: StepContext) {
        x = context.view(context.instruction.inputs.0)
        y = context.view(context.instruction.outputs.0)
        a = PoolAttributes(words: context.words)!
        maximum = context.instruction.opcode == .maxPool
        rows = Int(y.record.batch) * Int(y.record.height)
        let partition = Partition(pixels: rows, channels: Int(y.record.width) * y.channels,
                                  operations: Int(a.kernelHeight) * Int(a.kernelWidth) * 2,
                                  threads: context.threads, row: 1, splitChannels: false)
        rowsPerSlice = partition.pixelsPerSlice
        super.init(index: context.index)
        slices = partition.count
        scratchBytes = y.channels * 4
    }

    override func execute(_ slice: Int, worker: Int) {
        let sums = scratch(worker)
        for row in slice * rowsPerSlice..<min((slice + 1) * rowsPerSlice, rows) {
            let height = Int(y.record.height), image = row / height, oy = row % height
            let top = oy * Int(a.strideY) - Int(a.padTop)
            let ys = max(top, 0)..<min(top + Int(a.kernelHeight), Int(x.record.height))
            for ox in 0..<Int(y.record.width) {
                let left = ox * Int(a.strideX) - Int(a.padLeft)
                let window = Window(image: image, ys: ys, xs: max(left, 0)..<min(left + Int(a.kernelWidth), Int(x.record.width)))
                let pixel = row * Int(y.record.width) + ox
                if x.type == .int8 {
                    if maximum {
                        maximumBytes(window, pixel)
                    } else {
                        averageBytes(window, pixel, sums.assumingMemoryBound(to: Int32.self))
                    }
                } else {
                    if maximum { maximumFloats(window, pixel) } else { averageFloats(window, pixel) }
                }
            }
        }
    }

    /// The part of a window that lies in the image; never empty (checked at load).
    private struct Window {
        let image: Int
        let ys: Range<Int>, xs: Range<Int>
        var count: Int { ys.count * xs.count }
    }

    private func first(_ window: Window, _ y: Int) -> Int {
        ((window.image * Int(x.record.height) + y) * Int(x.record.width) + window.xs.lowerBound) * x.stride
    }

    private func divisor(_ window: Window) -> Int { a.countPadding != 0 ? Int(a.kernelHeight) * Int(a.kernelWidth) : window.count }

    private func maximumBytes(_ window: Window, _ pixel: Int) {
        let out = y.bytes + pixel * y.stride, channels = y.channels
        let low = Int8(a.outputMinimum), high = Int8(a.outputMaximum)
        for c in 0..<channels { out[c] = low }
        for row in window.ys {
            var p = x.bytes + first(window, row)
            for _ in window.xs {
                for c in 0..<channels { out[c] = max(out[c], p[c]) }
                p += x.stride
            }
        }
        if high < 127 { for c in 0..<channels { out[c] = min(out[c], high) } }
    }

    private func averageBytes(_ window: Window, _ pixel: Int, _ sums: UnsafeMutablePointer<Int32>) {
        let out = y.bytes + pixel * y.stride, channels = y.channels
        // Padding, where it counts, is real zeros.
        let padded = divisor(window) - window.count
        let start = Int32(truncatingIfNeeded: padded) &* x.record.zeroPoint
        for c in 0..<channels { sums[c] = start }
        for row in window.ys {
            var p = x.bytes + first(window, row)
            for _ in window.xs {
                for c in 0..<channels { sums[c] = sums[c] &+ Int32(p[c]) }
                p += x.stride
            }
        }
        let count = Int32(divisor(window)), half = count / 2
        let low = a.outputMinimum, high = a.outputMaximum
        for c in 0..<channels {
            let sum = sums[c]
            let mean = sum > 0 ? (sum &+ half) / count : (sum &- half) / count
            out[c] = Int8(truncatingIfNeeded: min(max(mean, low), high))
        }
    }

    private func maximumFloats(_ window: Window, _ pixel: Int) {
        let out = y.floats + pixel * y.stride, channels = y.channels
        for c in 0..<channels { out[c] = -.infinity }
        for row in window.ys {
            var p = x.floats + first(window, row)
            for _ in window.xs {
                for c in 0..<channels { out[c] = p[c] > out[c] ? p[c] : out[c] }
                p += x.stride
            }
        }
    }

    private func averageFloats(_ window: Window, _ pixel: Int) {
        let out = y.floats + pixel * y.stride, channels = y.channels
        for c in 0..<channels { out[c] = 0 }
        for row in window.ys {
            var p = x.floats + first(window, row)
            for _ in window.xs {
                for c in 0..<channels { out[c] += p[c] }
                p += x.stride
            }
        }
        let factor = 1 / Float(divisor(window))
        for c in 0..<channels { out[c] *= factor }
    }
}
