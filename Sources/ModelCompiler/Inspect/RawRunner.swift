import Engine
import Kernels
import Nest
import Platform

/// Runs a nest on raw bytes: what tests against other runtimes and `nestc run` need.
public final class RawRunner {
    public let model: Model
    private let inputIsUnsigned: Bool
    private let outputIsUnsigned: Bool

    /// - Parameter kernels: a family's name, or nil for the best of this machine.
    public init(_ nest: NestReader, kernels: String? = nil, threads: Int = 1, batch: Int? = nil) throws {
        let table: KernelTable
        if let kernels {
            guard let named = KernelTable.named(kernels) else { throw Failure(.usage, "no kernels \"\(kernels)\" on this machine") }
            table = named
        } else {
            table = KernelTable.chosen(for: .detect())
        }
        var options = ModelOptions()
        options.batch = batch
        model = try Model(nest: nest, options: options, kernels: table, pool: try ThreadPool(threads: threads))
        inputIsUnsigned = nest.metadata("input.unsigned") == "1"
        outputIsUnsigned = nest.metadata("output.unsigned") == "1"
    }

    /// One run. Bytes of int8 tensors are xor 0x80 where the source model's were unsigned.
    public func run(_ inputs: [[UInt8]]) throws -> [[UInt8]] {
        guard inputs.count == model.inputCount else {
            throw Failure(.usage, "the model takes \(model.inputCount) inputs, not \(inputs.count)")
        }
        for (index, bytes) in inputs.enumerated() {
            let target = model.input(index)
            guard bytes.count == target.count else {
                throw Failure(.usage, "input \(index) takes \(target.count) bytes, not \(bytes.count)")
            }
            let flip: UInt8 = inputIsUnsigned && model.inputRecord(index).type == .int8 ? 0x80 : 0
            for (position, byte) in bytes.enumerated() { target[position] = byte ^ flip }
        }
        try model.run()
        return (0..<model.outputCount).map { index in
            let flip: UInt8 = outputIsUnsigned && model.outputRecord(index).type == .int8 ? 0x80 : 0
            return model.output(index).map { $0 ^ flip }
        }
    }
}
