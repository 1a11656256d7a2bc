import Kernels
import Nest

/// int8 to int8 through a table of 256.
final class LookupStep: ElementStep {
    private let table: UnsafePointer<Int8>
    private let lookup: (UnsafePointer<Int8>, UnsafeMutablePointer<Int8>, UnsafePointer<Int8>, Int32) -> Void

    init(_ context: StepContext) {
        table = context.blob.assumingMemoryBound(to: Int8.self)
        lookup = context.kernels.lookup
        super.init(context, operations: 2)
    }

    override func apply(from: Int, to: Int, count: Int) { lookup(x.bytes + from, y.bytes + to, table, Int32(count)) }
}
