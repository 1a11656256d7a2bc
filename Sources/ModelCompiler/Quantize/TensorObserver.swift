import Engine
import Kernels
import Nest
import Platform

/// Runs a lowered program and shows every tensor of the graph that it stores, as soon as it is complete.
public final class TensorObserver {
    public let model: Model
    private let program: LoweredProgram
    /// For each instruction, the program's tensors that it completes.
    private var completed: [[(record: Int, tensor: TensorID)]]

    /// Loads the nest's first program with the kernels of this processor. Throws what loading throws.
    public init(_ nest: CompiledNest, threads: Int = Processors.available().count) throws {
        program = nest.programs[0]
        model = try Model(contents: nest.contents, kernels: KernelTable.chosen(for: .detect()), pool: try ThreadPool(threads: threads))
        var last: [TensorID: (step: Int, record: Int)] = [:]
        for (step, instruction) in program.program.instructions.enumerated() {
            let (p, q, r, s) = instruction.outputs
            for output in [p, q, r, s] where output >= 0 {
                if let tensor = program.graphTensors[Int(output)] { last[tensor] = (step, Int(output)) }
            }
        }
        completed = Array(repeating: [], count: program.program.instructions.count)
        for (tensor, place) in last { completed[place.step].append((place.record, tensor)) }
    }

    /// One run; the model's inputs must have been filled. Quantised tensors are shown as real values.
    public func run(only isWanted: (TensorID) -> Bool = { _ in true }, _ show: (TensorID, [Float]) -> Void) throws {
        for input in model.program.inputs {
            if let tensor = program.graphTensors[Int(input)], isWanted(tensor) { show(tensor, values(Int(input))) }
        }
        try model.run { instruction in
            for (record, tensor) in completed[instruction] where isWanted(tensor) { show(tensor, values(record)) }
        }
    }

    private func values(_ index: Int) -> [Float] {
        let record = model.program.tensors[index], bytes = model.tensorBytes(index)
        let channels = Int(record.channels), stride = Int(record.pixelStride)
        if record.type == .float32, stride == channels { return Array(bytes.bindMemory(to: Float.self).prefix(record.elements)) }
        var all = [Float](repeating: 0, count: record.elements)
        switch record.type {
        case .float32:
            let elements = bytes.assumingMemoryBound(to: Float.self)
            for pixel in 0..<record.pixels { for c in 0..<channels { all[pixel * channels + c] = elements[pixel * stride + c] } }
        case .int8:
            let elements = bytes.assumingMemoryBound(to: Int8.self)
            let scale = record.scale == 0 ? 1 : record.scale
            for pixel in 0..<record.pixels {
                for c in 0..<channels { all[pixel * channels + c] = Float(Int32(elements[pixel * stride + c]) - record.zeroPoint) * scale }
            }
        default: return []
        }
        return all
    }
}

/// Inputs to calibrate or compare with: how many, and how to put one into a model.
public struct Samples {
    public var count: Int
    public var fill: (Model, Int) throws -> Void

    public init(count: Int, fill: @escaping (Model, Int) throws -> Void) {
        self.count = count
        self.fill = fill
    }

    /// Float vectors, each the whole of a model's only input.
    public static func vectors(_ vectors: [[Float]]) -> Samples {
        Samples(count: vectors.count) { model, index in
            let record = model.inputRecord(0), target = model.input(0)
            guard record.elements == vectors[index].count else {
                throw Failure(.usage, "sample \(index) has \(vectors[index].count) elements, the input \(record.elements)")
            }
            for (position, value) in vectors[index].enumerated() {
                if record.type == .int8 {
                    let bytes = UnsafeMutableRawBufferPointer(target)
                    bytes[position] = UInt8(bitPattern: Int8(quantized(value, scale: record.scale, zeroPoint: record.zeroPoint)))
                } else {
                    target.storeBytes(of: value, toByteOffset: position * 4, as: Float.self)
                }
            }
        }
    }
}
