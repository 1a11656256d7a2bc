import Kernels
import Nest

/// Between float32 and int8 or int32, and from int8 to int8 of another scale (through a table of all 256 values).
final class ConvertStep: ElementStep {
    private let kernels: KernelTable
    private let table: UnsafeMutablePointer<Int8>

    init(_ context: StepContext) {
        kernels = context.kernels
        table = .allocate(capacity: 256)
        super.init(context, operations: 4)
        for value in 0..<256 where x.type == .int8 && y.type == .int8 {
            let real = Float(Int32(value) - 128 - x.record.zeroPoint) * x.record.scale
            table[value] = quantised(real / y.record.scale, y.record.zeroPoint, -128, 127)
        }
    }

    deinit { table.deallocate() }

    override func apply(from: Int, to: Int, count: Int) {
        switch (x.type, y.type) {
        case (.float32, .int8): kernels.quantize(x.floats + from, y.bytes + to, 1 / y.record.scale, y.record.zeroPoint, Int32(count))
        case (.int8, .float32): kernels.dequantize(x.bytes + from, y.floats + to, x.record.scale, x.record.zeroPoint, Int32(count))
        case (.float32, .int32):
            let out = y.address.assumingMemoryBound(to: Int32.self) + to
            for i in 0..<count { out[i] = truncated(x.floats[from + i]) }
        case (.int32, _):
            let source = x.address.assumingMemoryBound(to: Int32.self) + from
            for i in 0..<count { y.floats[to + i] = Float(source[i]) }
        case (.int8, _): kernels.lookup(x.bytes + from, y.bytes + to, table, Int32(count))
        default: (y.floats + to).update(from: x.floats + from, count: count)
        }
    }
}

/// The whole part; what has none in 32 bits becomes the nearest that has, NaN 0.
@inline(__always)
private func truncated(_ value: Float) -> Int32 {
    guard value == value else { return 0 }
    return value >= 0x1p31 ? .max : value <= -0x1p31 ? .min : Int32(value)
}
