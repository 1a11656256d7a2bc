import Engine
import Kernels
import Nest
import Platform

/// Builds small nests by hand: every tensor gets bytes of its own in the arena.
final class NestBuilder {
    var tensors: [TensorRecord] = []
    var instructions: [Instruction] = []
    var chunks: [[UInt8]] = []
    var strings: [String] = ["tensor", "instruction"]
    var arenaBytes = 0, stateBytes = 0
    /// A chunk of its own for every instruction, instead of one for all.
    var chunkPerInstruction = false

    func tensor(_ type: ElementType = .int8, _ shape: [Int], stride: Int? = nil, scale: Float = 0, zeroPoint: Int32 = 0,
                storage: TensorStorage = .arena) -> Int32 {
        var record = TensorRecord(type: type, storage: storage, batch: Int32(shape[0]), height: Int32(shape[1]), width: Int32(shape[2]),
                                  channels: Int32(shape[3]),
                                  pixelStride: stride.map { Int32($0) }, scale: scale, zeroPoint: zeroPoint, name: 0)
        let bytes = roundUp(record.bytes, to: 64)
        if storage == .state {
            record.offset = Int64(stateBytes)
            stateBytes += bytes
        } else {
            record.offset = Int64(arenaBytes)
            arenaBytes += bytes
        }
        tensors.append(record)
        return Int32(tensors.count - 1)
    }

    /// Some channels of a wider tensor.
    func slice(_ parent: Int32, channels: Range<Int>) -> Int32 {
        var record = tensors[Int(parent)]
        record.offset += Int64(channels.lowerBound * record.type.size)
        record.channels = Int32(channels.count)
        tensors.append(record)
        return Int32(tensors.count - 1)
    }

    func constant(_ type: ElementType = .int8, _ shape: [Int], bytes: [UInt8], scale: Float = 0, zeroPoint: Int32 = 0) -> Int32 {
        chunks.append(bytes)
        tensors.append(TensorRecord(type: type, storage: .constant, batch: Int32(shape[0]), height: Int32(shape[1]), width: Int32(shape[2]),
                                    channels: Int32(shape[3]),
                                    offset: 0, chunk: Int32(chunks.count - 1), scale: scale, zeroPoint: zeroPoint))
        return Int32(tensors.count - 1)
    }

    func emit(_ opcode: Opcode, _ inputs: [Int32], _ outputs: [Int32], _ words: [Int32] = [], blob: Blob = Blob()) {
        var instruction = Instruction(opcode: opcode, name: 1, attributes: words)
        let i = inputs + [Int32](repeating: noTensor, count: 3 - inputs.count),
            o = outputs + [Int32](repeating: noTensor, count: 4 - outputs.count)
        instruction.inputs = (i[0], i[1], i[2])
        instruction.outputs = (o[0], o[1], o[2], o[3])
        if !blob.bytes.isEmpty {
            if chunkPerInstruction || chunks.isEmpty { chunks.append([]) }
            let chunk = chunks.count - 1
            chunks[chunk] += [UInt8](repeating: 0, count: roundUp(chunks[chunk].count, to: 64) - chunks[chunk].count)
            instruction.chunk = Int32(chunk)
            instruction.blobOffset = Int64(chunks[chunk].count)
            instruction.blobLength = Int64(blob.bytes.count)
            chunks[chunk] += blob.bytes
        }
        instructions.append(instruction)
    }

    func contents(inputs: [Int32], outputs: [Int32]) -> NestContents {
        let placed = tensors.map { tensor in
            var tensor = tensor
            if tensor.storage == .arena { tensor.offset += Int64(stateBytes) }
            return tensor
        }
        let program = Program(name: "main", batch: 1, arenaBytes: Int64(stateBytes + arenaBytes), stateBytes: Int64(stateBytes),
                              inputs: inputs, outputs: outputs, tensors: placed, instructions: instructions)
        return NestContents(metadata: [("name", "test"), ("labels", "a\nb")], strings: strings, programs: [program], chunks: chunks)
    }

    func model(inputs: [Int32], outputs: [Int32], threads: Int = 1, kernels: KernelTable = .reference) throws -> Model {
        try Model(contents: contents(inputs: inputs, outputs: outputs), kernels: kernels, pool: try pool(threads))
    }
}

/// A pool of so many threads however few cores there are.
func pool(_ threads: Int) throws -> ThreadPool {
    let cores = Processors.available()
    return try ThreadPool(threads: threads, processors: (0..<threads).map { cores[$0 % cores.count] })
}

/// Parts of an instruction's weights, each at a multiple of 64.
struct Blob {
    var bytes: [UInt8] = []

    @discardableResult
    mutating func add<T: BitwiseCopyable>(_ values: [T]) -> Int32 {
        bytes += [UInt8](repeating: 0, count: roundUp(bytes.count, to: 64) - bytes.count)
        let offset = bytes.count
        values.withUnsafeBytes { bytes += $0 }
        return Int32(offset)
    }
}

extension Model {
    func set<T: BitwiseCopyable>(_ index: Int, _ values: [T]) {
        let buffer = input(index)
        values.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[0..<min($0.count, buffer.count)])) }
    }

    func get<T: BitwiseCopyable>(_ index: Int, as type: T.Type) -> [T] { values(Int(program.outputs[index]), as: type) }

    func values<T: BitwiseCopyable>(_ tensor: Int, as type: T.Type) -> [T] {
        let bytes = tensorBytes(tensor)
        return (0..<bytes.count / MemoryLayout<T>.size).map { bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: type) }
    }
}
