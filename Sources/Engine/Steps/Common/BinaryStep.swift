import CKernels
import CLinux
import Kernels
import Nest

/// Elementwise function of two tensors; the second may be one pixel or one channel, then it is repeated.
final class BinaryStep: Step {
    private let a: View, b: View, y: View
    private let attributes: BinaryAttributes
    private let addition: UnsafeMutablePointer<AddTask>?
    private let add: (UnsafePointer<AddTask>, Int32, Int32) -> Void
    private let pixelsPerSlice: Int

    init(_ context: StepContext) {
        attributes = BinaryAttributes(words: context.words)!
        a = context.view(context.instruction.inputs.0)
        b = context.view(context.instruction.inputs.1)
        y = context.view(context.instruction.outputs.0)
        add = context.kernels.add
        let sameShape = a.pixels == b.pixels && a.channels == b.channels
        let larger = max(a.record.scale, b.record.scale) / y.record.scale
        // The fixed-point kernel has room for ratios in this range only (the one XNNPACK documents).
        if y.type == .int8, attributes.function == .add, sameShape, larger < 256, larger > 1.0 / 1024 {
            var task = additionTask(scaleA: a.record.scale, zeroPointA: a.record.zeroPoint, b.record, y.record,
                                    minimum: attributes.outputMinimum, maximum: attributes.outputMaximum)
            task.a = UnsafePointer(a.bytes)
            task.b = UnsafePointer(b.bytes)
            task.output = y.bytes
            task.strideA = a.record.pixelStride
            addition = allocated(task)
        } else {
            addition = nil
        }
        let partition = Partition(pixels: y.pixels, channels: y.channels, operations: 16, threads: context.threads, splitChannels: false)
        pixelsPerSlice = partition.pixelsPerSlice
        super.init(index: context.index)
        slices = partition.count
    }

    deinit { addition?.deallocate() }

    override func execute(_ slice: Int, worker: Int) {
        let first = slice * pixelsPerSlice, end = min(first + pixelsPerSlice, y.pixels)
        if let addition {
            add(addition, Int32(first), Int32(end))
            return
        }
        if y.type == .int32 { return wholeNumbers(first, end) }
        switch attributes.function {
        case .add: each(first, end) { $0 + $1 }
        case .subtract: each(first, end) { $0 - $1 }
        case .multiply: each(first, end) { $0 * $1 }
        case .divide: each(first, end) { $0 / $1 }
        case .maximum: each(first, end) { max($0, $1) }
        case .minimum: each(first, end) { min($0, $1) }
        case .squaredDifference: each(first, end) { ($0 - $1) * ($0 - $1) }
        case .prelu: each(first, end) { $0 < 0 ? $0 * $1 : $0 }
        case .power: each(first, end) { powf($0, $1) }
        case .less: each(first, end) { $0 < $1 ? 1 : 0 }
        case .lessOrEqual: each(first, end) { $0 <= $1 ? 1 : 0 }
        case .equal: each(first, end) { $0 == $1 ? 1 : 0 }
        }
    }

    private func wholeNumbers(_ first: Int, _ end: Int) {
        let p = a.address.assumingMemoryBound(to: Int32.self), q = b.address.assumingMemoryBound(to: Int32.self)
        let out = y.address.assumingMemoryBound(to: Int32.self), step = b.channels == 1 && y.channels > 1 ? 0 : 1
        for pixel in first..<end {
            for c in 0..<y.channels {
                let left = p[pixel * a.stride + c], right = q[other(pixel) * b.stride + c * step]
                switch attributes.function {
                case .add: out[pixel * y.stride + c] = left &+ right
                case .subtract: out[pixel * y.stride + c] = left &- right
                case .multiply: out[pixel * y.stride + c] = left &* right
                case .maximum: out[pixel * y.stride + c] = max(left, right)
                default: out[pixel * y.stride + c] = min(left, right)
                }
            }
        }
    }

    /// The pixel of b that goes with a pixel of the output.
    private func other(_ pixel: Int) -> Int {
        if b.pixels == y.pixels { return pixel }
        return b.record.batch == 1 ? 0 : pixel / (y.pixels / Int(y.record.batch))
    }

    @inline(__always)
    private func each(_ first: Int, _ end: Int, _ f: (Float, Float) -> Float) {
        let step = b.channels == 1 && y.channels > 1 ? 0 : 1
        for pixel in first..<end {
            if y.type == .float32 {
                floats(pixel, step, f)
            } else {
                bytes(pixel, step, f)
            }
        }
    }

    @inline(__always)
    private func floats(_ pixel: Int, _ step: Int, _ f: (Float, Float) -> Float) {
        let minimum = attributes.floatMinimum, maximum = attributes.floatMaximum
        let p = a.floats + pixel * a.stride, q = b.floats + other(pixel) * b.stride, out = y.floats + pixel * y.stride
        for c in 0..<y.channels { out[c] = min(max(f(p[c], q[c * step]), minimum), maximum) }
    }

    @inline(__always)
    private func bytes(_ pixel: Int, _ step: Int, _ f: (Float, Float) -> Float) {
        let p = a.bytes + pixel * a.stride, q = b.bytes + other(pixel) * b.stride, out = y.bytes + pixel * y.stride
        let scaleA = a.record.scale, scaleB = b.record.scale, inverse = 1 / y.record.scale
        let zeroA = a.record.zeroPoint, zeroB = b.record.zeroPoint, zero = y.record.zeroPoint
        for c in 0..<y.channels {
            let value = f(Float(Int32(p[c]) - zeroA) * scaleA, Float(Int32(q[c * step]) - zeroB) * scaleB)
            out[c] = quantised(value * inverse, zero, attributes.outputMinimum, attributes.outputMaximum)
        }
    }
}

/// clamp(roundToNearestEven(x) + zeroPoint, minimum, maximum); NaN gives the minimum.
@inline(__always)
func quantised(_ x: Float, _ zeroPoint: Int32, _ minimum: Int32, _ maximum: Int32) -> Int8 {
    // Clamped as a float first: a conversion of what doesn't fit 32 bits would stop the program. The order of max
    // decides what NaN becomes.
    let low = Float(minimum &- zeroPoint), high = Float(maximum &- zeroPoint)
    let bounded = x > low ? (x < high ? x : high) : low
    return Int8(truncatingIfNeeded: Int32(bounded.rounded(.toNearestOrEven)) &+ zeroPoint)
}
