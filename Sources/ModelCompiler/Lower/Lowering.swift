import Nest
import Platform

/// What several programs of one nest share: weights and strings.
public struct SharedParts {
    var blobs = BlobStore()
    private(set) var strings: [String] = []
    private var known: [String: Int32] = [:]

    public init() {}

    mutating func string(_ text: String) -> Int32 {
        if let index = known[text] { return index }
        strings.append(text)
        known[text] = Int32(strings.count - 1)
        return Int32(strings.count - 1)
    }
}

/// A program and what people want to know about how it came to be.
public struct LoweredProgram: Sendable {
    public var program: Program
    /// Buffers of the arena in plan order, and their plan; offsets count from the end of the state part.
    public var buffers: [ArenaBuffer]
    public var plan: ArenaPlan
    /// For each tensor of the program, the graph's tensor that it holds; nil for those that only the program has.
    public var graphTensors: [TensorID?]
    /// For each instruction, the node it came from.
    public var nodeOfInstruction: [NodeID]
    /// Blob of each instruction and of each constant tensor, to be placed once all programs are lowered.
    var blobOfInstruction: [Int?]
    var blobOfTensor: [Int?]
}

/// Turns one graph into one program: instructions, packed weights, tensors at planned offsets.
struct Lowering {
    enum Home {
        case buffer(Int, bytes: Int)
        case state(Int64)
        case blob(Int)
    }

    let graph: Graph
    let sharing: BufferSharing
    var shared: SharedParts
    private var records: [TensorRecord] = []
    private var homes: [Home] = []
    private var recordOfView: [[Int]: Int32] = [:]
    private var graphTensors: [TensorID?] = []
    private var bufferBytes: [Int] = []
    private var bufferOfRoot: [TensorID: Int] = [:]
    private var stateOfRoot: [TensorID: Int64] = [:]
    private var stateBytes: Int64 = 0
    private var instructions: [Instruction] = []
    private var blobs: [Int?] = []
    private var nodeOfInstruction: [NodeID] = []
    private(set) var currentNode: NodeID = 0

    init(_ graph: Graph, shared: SharedParts) {
        self.graph = graph
        self.shared = shared
        sharing = BufferSharing(graph)
    }

    /// - Throws: a failure that names the first node that can't be lowered.
    mutating func lower(name: String) throws -> LoweredProgram {
        let inputs = try graph.inputs.map { try record($0) }
        for (id, node) in graph.nodes.enumerated() {
            currentNode = id
            try lower(node)
        }
        let outputs = try graph.outputs.map { try outputRecord($0) }
        return finish(name: name, inputs: inputs, outputs: outputs)
    }

    /// An output is in the arena, where who asked for it may change it; one that doesn't depend on the inputs is copied there.
    private mutating func outputRecord(_ tensor: TensorID) throws -> Int32 {
        let index = try record(tensor)
        guard self[index].storage == .constant else { return index }
        guard !graph.nodes.isEmpty else {
            throw Failure(.unsupported, "output \"\(graph.tensors[tensor].name)\" is a constant, and nothing is computed")
        }
        let source = self[index], shape = [source.batch, source.height, source.width, source.channels].map { Int($0) }
        let copy = temporary(graph.tensors[tensor].name, shape: shape, type: source.type, quantization: graph.tensors[tensor].quantization)
        var attributes = CopyAttributes()
        attributes.sourceStrides = SIMD4(0, 0, source.channels, 1)
        attributes.extent = SIMD4(1, 1, Int32(shape[0] * shape[1] * shape[2]), source.channels)
        emit(.copy, [index], [view(copy, shape: [1, 1, shape[0] * shape[1] * shape[2], shape[3]])], words: attributes.words)
        return copy
    }

    private mutating func finish(name: String, inputs: [Int32], outputs: [Int32]) -> LoweredProgram {
        let buffers = lifetimes(inputs: inputs, outputs: outputs)
        let plan = ArenaPlanner.plan(buffers)
        var blobOfTensor = [Int?](repeating: nil, count: records.count)
        for index in records.indices {
            switch homes[index] {
            case .buffer(let buffer, let bytes): records[index].offset = stateBytes + Int64(plan.offsets[buffer] + bytes)
            case .state(let offset): records[index].offset = offset
            case .blob(let blob): blobOfTensor[index] = blob
            }
        }
        let batch = inputs.first.map { records[Int($0)].batch } ?? 1
        let program = Program(name: name, batch: batch, arenaBytes: stateBytes + Int64(plan.bytes + BlobStore.slack),
                              stateBytes: stateBytes,
                              inputs: inputs, outputs: outputs, tensors: records, instructions: instructions)
        return LoweredProgram(program: program, buffers: buffers, plan: plan, graphTensors: graphTensors,
                              nodeOfInstruction: nodeOfInstruction, blobOfInstruction: blobs, blobOfTensor: blobOfTensor)
    }

    /// From the first to the last instruction that names any tensor of a buffer. Inputs are there before the first
    /// instruction, outputs stay after the last.
    private func lifetimes(inputs: [Int32], outputs: [Int32]) -> [ArenaBuffer] {
        var buffers = bufferBytes.map { ArenaBuffer(bytes: $0, first: Int.max, last: -1) }
        func touch(_ tensor: Int32, at step: Int) {
            guard tensor >= 0, case .buffer(let buffer, _) = homes[Int(tensor)] else { return }
            buffers[buffer].first = min(buffers[buffer].first, step)
            buffers[buffer].last = max(buffers[buffer].last, step)
        }
        for input in inputs { touch(input, at: 0) }
        for (step, instruction) in instructions.enumerated() {
            let (a, b, c) = instruction.inputs
            let (p, q, r, s) = instruction.outputs
            for tensor in [a, b, c, p, q, r, s] { touch(tensor, at: step) }
        }
        for output in outputs { touch(output, at: max(0, instructions.count - 1)) }
        for index in buffers.indices where buffers[index].last < 0 { buffers[index].first = 0; buffers[index].last = 0 }
        return buffers
    }

    // MARK: Tensors

    /// (batch, height, width, channels): a sequence is (batch, 1, time, channels), a vector (batch, 1, 1, channels);
    /// leading axes beyond four become one.
    static func shape4(_ shape: [Int]) -> [Int] {
        switch shape.count {
        case 0: [1, 1, 1, 1]
        case 1: [1, 1, 1, shape[0]]
        case 2: [shape[0], 1, 1, shape[1]]
        case 3: [shape[0], 1, shape[1], shape[2]]
        case 4: shape
        default: [shape[..<(shape.count - 3)].reduce(1, *)] + shape.suffix(3)
        }
    }

    /// The program's tensor for a tensor of the graph, seen as four dimensions of the same number of elements.
    mutating func record(_ tensor: TensorID, as shape: [Int]? = nil) throws -> Int32 {
        let source = graph.tensors[tensor]
        let own = Self.shape4(source.shape)
        let dimensions = shape ?? own
        if let known = recordOfView[[tensor] + dimensions] { return known }
        let stride = sharing.pixelStrides[tensor]
        if stride != nil, dimensions.last != own.last {
            throw Failure(.unsupported, "tensor \"\(source.name)\" lies among other channels and can't be seen as \(dimensions)")
        }
        let index = add(dimensions, type: source.type, quantization: source.quantization, name: source.name,
                        home: try home(tensor), pixelStride: stride)
        recordOfView[[tensor] + dimensions] = index
        graphTensors[Int(index)] = tensor
        return index
    }

    private mutating func home(_ tensor: TensorID) throws -> Home {
        let source = graph.tensors[tensor]
        if let bytes = source.constant { return .blob(shared.blobs.add(bytes)) }
        let (root, offset) = sharing.resolve(tensor)
        if graph.tensors[root].isState {
            if let start = stateOfRoot[root] { return .state(start + Int64(offset)) }
            let start = stateBytes
            stateOfRoot[root] = start
            stateBytes += Int64(ArenaPlanner.aligned(graph.tensors[root].elements * graph.tensors[root].type.size))
            return .state(start + Int64(offset))
        }
        if let buffer = bufferOfRoot[root] { return .buffer(buffer, bytes: offset) }
        bufferBytes.append(graph.tensors[root].elements * graph.tensors[root].type.size)
        bufferOfRoot[root] = bufferBytes.count - 1
        return .buffer(bufferBytes.count - 1, bytes: offset)
    }

    private mutating func add(_ shape: [Int], type: ElementType, quantization: Quantization?, name: String, home: Home, pixelStride: Int?)
        -> Int32 {
        let storage: TensorStorage
        switch home {
        case .buffer: storage = .arena
        case .state: storage = .state
        case .blob: storage = .constant
        }
        let label = shared.string(name)
        records.append(TensorRecord(type: type, storage: storage, batch: Int32(shape[0]), height: Int32(shape[1]), width: Int32(shape[2]),
                                    channels: Int32(shape[3]), pixelStride: pixelStride.map { Int32($0) },
                                    scale: quantization?.scale ?? 0, zeroPoint: quantization?.zeroPoint ?? 0, name: label))
        homes.append(home)
        graphTensors.append(nil)
        return Int32(records.count - 1)
    }

    /// A tensor that only the program knows, with a buffer of its own.
    mutating func temporary(_ name: String, shape: [Int], type: ElementType, quantization: Quantization? = nil) -> Int32 {
        bufferBytes.append(shape.reduce(1, *) * type.size)
        return add(shape, type: type, quantization: quantization, name: name, home: .buffer(bufferBytes.count - 1, bytes: 0),
                   pixelStride: nil)
    }

    /// State that only the program knows.
    mutating func state(_ name: String, shape: [Int]) -> Int32 {
        let start = stateBytes
        stateBytes += Int64(ArenaPlanner.aligned(shape.reduce(1, *) * 4))
        return add(shape, type: .float32, quantization: nil, name: name, home: .state(start), pixelStride: nil)
    }

    /// The same bytes as another tensor of the program, seen as other dimensions.
    mutating func view(_ tensor: Int32, shape: [Int]) -> Int32 {
        let source = records[Int(tensor)]
        let quantization = source.scale == 0 ? nil : Quantization(scale: source.scale, zeroPoint: source.zeroPoint)
        return add(shape, type: source.type, quantization: quantization, name: shared.strings[Int(source.name)], home: homes[Int(tensor)],
                   pixelStride: nil)
    }

    mutating func constant(_ name: String, shape: [Int], type: ElementType, bytes: [UInt8], quantization: Quantization? = nil) -> Int32 {
        add(shape, type: type, quantization: quantization, name: name, home: .blob(shared.blobs.add(bytes)), pixelStride: nil)
    }

    subscript(tensor: Int32) -> TensorRecord { records[Int(tensor)] }

    // MARK: Instructions

    mutating func emit(_ opcode: Opcode, _ inputs: [Int32], _ outputs: [Int32], words: [Int32] = [], blob: [UInt8]? = nil) {
        func at(_ list: [Int32], _ index: Int) -> Int32 { index < list.count ? list[index] : noTensor }
        let index = blob.map { shared.blobs.add($0) }
        let node = graph.nodes[currentNode]
        instructions.append(Instruction(
            opcode: opcode, inputs: (at(inputs, 0), at(inputs, 1), at(inputs, 2)),
            outputs: (at(outputs, 0), at(outputs, 1), at(outputs, 2), at(outputs, 3)),
            blobLength: Int64(index.map { shared.blobs.length($0) } ?? 0),
            name: shared.string(([node.name] + node.fused).joined(separator: " + ")), attributes: words))
        blobs.append(index)
        nodeOfInstruction.append(currentNode)
    }

    private mutating func lower(_ node: Node) throws {
        switch node.operation {
        case .convolution(let window, let activation): try lowerConvolution(node, window, activation)
        case .depthwiseConvolution(let window, let multiplier, let activation):
            try lowerDepthwise(node, window, multiplier: multiplier, activation)
        case .fullyConnected(let activation): try lowerFullyConnected(node, activation)
        case .binary(let function, let activation): try lowerBinary(node, function, activation)
        case .unary(let function, let alpha, let beta): try lowerUnary(node, function, alpha, beta)
        case .averagePool(let window, let countPadding, let activation):
            try lowerPool(node, .averagePool, window, countPadding: countPadding, activation)
        case .maxPool(let window, let activation): try lowerPool(node, .maxPool, window, countPadding: false, activation)
        case .mean(let axes, _): try lowerMean(node, axes: axes)
        case .softmax(let axis, let beta): try lowerSoftmax(node, axis: axis, beta: beta)
        case .concatenate(let axis, let activation): try lowerConcatenation(node, axis: axis, activation)
        case .reshape: try lowerReshape(node)
        case .transpose(let permutation): try lowerTranspose(node, permutation)
        case .slice(let starts, let steps): try lowerSlice(node, starts: starts, steps: steps)
        case .pad(let before, let after, let value): try lowerPad(node, before: before, after: after, value: value)
        case .resize(let mode, let alignCorners, let halfPixelCentres):
            var attributes = ResizeAttributes(mode: mode)
            attributes.alignCorners = alignCorners ? 1 : 0
            attributes.halfPixelCentres = halfPixelCentres ? 1 : 0
            emit(.resize, [try record(node.inputs[0])], [try record(node.outputs[0])], words: attributes.words)
        case .quantize: try lowerQuantize(node)
        case .detectionPostprocess(let attributes): try lowerDetection(node, attributes)
        case .gru(let layer): try lowerRecurrent(node, layer, isLSTM: false)
        case .lstm(let layer): try lowerRecurrent(node, layer, isLSTM: true)
        case .gather(let axis): try lowerGather(node, axis: axis)
        case .lookUp(let depth): try lowerLookUp(node, depth: depth)
        case .batchNormalization: throw graph.failure(node, "must be turned into a convolution before lowering")
        case .matrixMultiply: try lowerProduct(node)
        case .broadcast: try lowerBroadcast(node)
        case .select: emit(.select, try node.inputs.prefix(3).map { try record($0) }, [try record(node.outputs[0])])
        case .reduceMaximum(let axes, _): try lowerReduceMaximum(node, axes: axes)
        case .argumentMaximum(let axis, _): try lowerArgumentMaximum(node, axis: axis)
        case .logSoftmax(let axis): try lowerSoftmax(node, axis: axis, beta: 1, isLogarithm: true)
        case .readState(let initial): try lowerState(node, adding: initial)
        case .writeState(let initial): try lowerState(node, adding: 0 &- initial)
        }
    }
}
