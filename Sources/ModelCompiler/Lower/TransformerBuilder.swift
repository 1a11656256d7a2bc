import Nest
import Platform

/// Puts a transformer's program together: tensors, instructions, pieces of matrices in chunks of their own.
struct TransformerBuilder {
    struct Blob {
        var chunk: Int, offset: Int64, bytes: Int
    }

    let rows: Int, logitRows: Int, pieceBytes: Int, activationBits: Int
    /// Speech: the most rows of the encoder, and what its activations are rounded to.
    let frames: Int, frameBits: Int
    private(set) var chunks: [LazyChunk] = []
    private(set) var strings: [String] = []
    private var tensors: [TensorRecord] = []
    /// The buffer of each tensor, and where in it the tensor begins.
    private var homes: [(buffer: Int, bytes: Int)] = []
    private var buffers: [Int] = []
    private var stateBytes = 0
    private var instructions: [Instruction] = []
    /// Small weights that go before the next matrix, into its chunk.
    private var waiting: LazyChunk?

    init(rows: Int, logitRows: Int, pieceBytes: Int, activationBits: Int, frames: Int = 0, frameBits: Int = 16) {
        self.frames = frames
        self.frameBits = frameBits
        self.rows = rows
        self.logitRows = logitRows
        self.pieceBytes = pieceBytes
        self.activationBits = activationBits
    }

    // MARK: Tensors

    mutating func tokens() -> Int32 { add("tokens", .int32, rows: rows, channels: 1, stride: 1) }

    mutating func floats(_ name: String, _ columns: Int, _ selection: RowSelection = .all) -> Int32 {
        add(name, .float32, rows: rows(selection), channels: columns, stride: roundUp(columns, to: 16))
    }

    /// A quantised activation of so many values.
    mutating func activation(_ name: String, _ values: Int, _ selection: RowSelection = .all) -> Int32 {
        add(name, .int8, rows: rows(selection), channels: values / 32 * 40, stride: values / 32 * 40,
            height: (selection.isOfEncoder ? frameBits : activationBits) / 8)
    }

    private func rows(_ selection: RowSelection) -> Int {
        switch selection {
        case .all: rows
        case .logits: logitRows
        case .frames, .stem: frames
        }
    }

    /// Positions of the encoder's rows.
    mutating func positions() -> Int32 { add("positions", .int32, rows: frames, channels: 1, stride: 1) }

    /// Float rows as they come in: as many as asked for, without gaps.
    mutating func dense(_ name: String, rows: Int, _ columns: Int) -> Int32 {
        add(name, .float32, rows: rows, channels: columns, stride: columns)
    }

    /// A number for each of the encoder's rows that stays from run to run.
    mutating func frameState(_ name: String) -> Int32 { addState(name, .float32, rows: frames, channels: 1) }

    /// Keys and values, `width` half floats each; those that stay from run to run, or those of the encoder's own attention.
    mutating func memory(_ name: String, slots: Int, width: Int, stays: Bool) -> Int32 {
        stays ? addState(name, .float16, rows: slots, channels: width, height: 2)
            : add(name, .float16, rows: slots, channels: width, stride: width, height: 2)
    }

    private mutating func addState(_ name: String, _ type: ElementType, rows: Int, channels: Int, height: Int = 1) -> Int32 {
        strings.append(name)
        homes.append((-1, stateBytes))
        tensors.append(TensorRecord(type: type, storage: .state, batch: 1, height: Int32(height), width: Int32(rows),
                                    channels: Int32(channels), name: Int32(strings.count - 1)))
        stateBytes += roundUp(height * rows * channels * type.size, to: NestLayout.blobAlignment)
        return Int32(tensors.count - 1)
    }

    private mutating func add(_ name: String, _ type: ElementType, rows: Int, channels: Int, stride: Int, height: Int = 1) -> Int32 {
        strings.append(name)
        buffers.append(height * rows * stride * type.size)
        homes.append((buffers.count - 1, 0))
        tensors.append(TensorRecord(type: type, storage: .arena, batch: 1, height: Int32(height), width: Int32(rows),
                                    channels: Int32(channels),
                                    pixelStride: Int32(stride), name: Int32(strings.count - 1)))
        return Int32(tensors.count - 1)
    }

    mutating func slice(_ tensor: Int32, _ columns: Range<Int>) -> Int32 {
        var record = tensors[Int(tensor)]
        if columns == 0..<Int(record.channels) { return tensor }
        record.channels = Int32(columns.count)
        tensors.append(record)
        homes.append((homes[Int(tensor)].buffer, homes[Int(tensor)].bytes + columns.lowerBound * record.type.size))
        return Int32(tensors.count - 1)
    }

    // MARK: Weights

    /// Small weights in the chunk of the matrix that comes next.
    mutating func leading(_ values: [Float]) -> Blob {
        var chunk = waiting ?? LazyChunk()
        let offset = chunk.append(bytes: values.count * 4) { values.littleEndianBytes }
        waiting = chunk
        return Blob(chunk: chunks.count, offset: offset, bytes: values.count * 4)
    }

    /// A table of half floats in a chunk of its own.
    mutating func table(_ halves: [UInt16]) -> Blob {
        var chunk = LazyChunk()
        let offset = chunk.append(bytes: halves.count * 2) { halves.littleEndianBytes }
        chunks.append(chunk)
        return Blob(chunk: chunks.count - 1, offset: offset, bytes: halves.count * 2)
    }

    /// Small weights in the chunk of the matrix that came last.
    mutating func trailing(_ values: [Float]) -> Blob {
        let offset = chunks[chunks.count - 1].append(bytes: values.count * 4) { values.littleEndianBytes }
        return Blob(chunk: chunks.count - 1, offset: offset, bytes: values.count * 4)
    }

    /// A matrix in pieces of `unit` outputs or a multiple; calls `use` with each.
    @discardableResult
    private mutating func pieces(_ matrix: MatrixRows, unit: Int, bias: [Float] = [],
                                 _ use: (inout Self, Range<Int>, Blob) -> Void) -> Int {
        let unitBytes = matrix.layout(0..<unit).bytes
        let share = max(1, pieceBytes / unitBytes) * unit
        var first = 0
        while first < matrix.outputs {
            let range = first..<min(first + share, matrix.outputs)
            var chunk = waiting ?? LazyChunk()
            waiting = nil
            let bytes = matrix.layout(range).bytes
            let offset = chunk.append(bytes: bytes) { () throws(Failure) in try matrix.packed(range) }
            var end = offset + Int64(bytes)
            if !bias.isEmpty {
                end = chunk.append(bytes: range.count * 4) { Array(bias[range]).littleEndianBytes } + Int64(range.count * 4)
            }
            chunks.append(chunk)
            use(&self, range, Blob(chunk: chunks.count - 1, offset: offset, bytes: Int(end - offset)))
            first += share
        }
        return share
    }

    /// A matrix that no instruction reads whole: the first of its chunks and the rows of each.
    mutating func store(_ matrix: MatrixRows) -> (chunk: Int, pieceRows: Int) {
        let chunk = chunks.count
        return (chunk, pieces(matrix, unit: 16) { _, _, _ in })
    }

    // MARK: Instructions

    /// Gives the instruction's index.
    @discardableResult
    mutating func emit(_ opcode: Opcode, _ name: String, _ inputs: [Int32], _ outputs: [Int32], words: [Int32] = [],
                       blob: Blob? = nil) -> Int {
        func at(_ list: [Int32], _ index: Int) -> Int32 { index < list.count ? list[index] : noTensor }
        strings.append(name)
        instructions.append(Instruction(
            opcode: opcode, inputs: (at(inputs, 0), at(inputs, 1), at(inputs, 2)),
            outputs: (at(outputs, 0), at(outputs, 1), noTensor, noTensor),
            chunk: Int32(blob?.chunk ?? -1), blobOffset: blob?.offset ?? 0, blobLength: Int64(blob?.bytes ?? 0),
            name: Int32(strings.count - 1), attributes: words))
        return instructions.count - 1
    }

    mutating func setWords(_ instruction: Int, _ words: [Int32]) { instructions[instruction].attributes = words }

    /// A product into columns of `to`, from `column` on; `bias`: one an output, or none. Gives the outputs of a piece.
    @discardableResult
    mutating func matrix(_ matrix: MatrixRows, _ name: String, from: Int32, to: Int32, adding: Int32? = nil, column: Int = 0,
                         bias: [Float] = [], attributes: MatrixAttributes = MatrixAttributes()) -> Int {
        pieces(matrix, unit: 16, bias: bias) { builder, range, blob in
            var a = attributes
            if !bias.isEmpty { a.biasOffset = Int32(blob.bytes - range.count * 4) }
            (a.format, a.inputs, a.outputs) = (matrix.format.rawValue, Int32(matrix.inputs), Int32(range.count))
            let y = builder.slice(to, column + range.lowerBound..<column + range.upperBound)
            let addend = adding.map { $0 == to ? y : builder.slice($0, column + range.lowerBound..<column + range.upperBound) }
            builder.emit(.matrix, name, [from, addend ?? noTensor], [y], words: a.words, blob: blob)
        }
    }

    /// Interleaved gate and up projections.
    mutating func gated(_ matrix: MatrixRows, _ name: String, from: Int32, to: Int32, attributes: GatedAttributes) {
        pieces(matrix, unit: 64) { builder, range, blob in
            var a = attributes
            (a.format, a.inputs) = (matrix.format.rawValue, Int32(matrix.inputs))
            (a.firstFeature, a.features) = (Int32(range.lowerBound / 2), Int32(range.count / 2))
            builder.emit(.gatedMatrix, name, [from], [to], words: a.words, blob: blob)
        }
    }

    /// A matrix with its bias and GELU behind it.
    mutating func activated(_ matrix: MatrixRows, _ name: String, from: Int32, to: Int32, bias: [Float], _ selection: RowSelection) {
        pieces(matrix, unit: 32, bias: bias) { builder, range, blob in
            var a = ActivatedAttributes()
            (a.format, a.inputs, a.selection) = (matrix.format.rawValue, Int32(matrix.inputs), selection)
            (a.firstFeature, a.features) = (Int32(range.lowerBound), Int32(range.count))
            a.biasOffset = Int32(blob.bytes - range.count * 4)
            builder.emit(.activatedMatrix, name, [from], [to], words: a.words, blob: blob)
        }
    }

    func program(_ name: String = "language", inputs: [Int32], outputs: [Int32]) -> Program {
        var lives = buffers.map { ArenaBuffer(bytes: $0, first: .max, last: -1) }
        func touch(_ tensor: Int32, _ step: Int) {
            guard tensor >= 0 else { return }
            let buffer = homes[Int(tensor)].buffer
            guard buffer >= 0 else { return }
            lives[buffer].first = min(lives[buffer].first, step)
            lives[buffer].last = max(lives[buffer].last, step)
        }
        for input in inputs { touch(input, 0) }
        for (step, instruction) in instructions.enumerated() {
            for tensor in [instruction.inputs.0, instruction.inputs.1, instruction.inputs.2, instruction.outputs.0, instruction.outputs.1] {
                touch(tensor, step)
            }
        }
        for output in outputs { touch(output, instructions.count - 1) }
        // Layers are alike: the orders of the planner find the best plan without trying swaps.
        let plan = ArenaPlanner.plan(lives, swaps: 0)
        let placed = tensors.indices.map { index in
            var record = tensors[index]
            let home = homes[index]
            record.offset = Int64((home.buffer < 0 ? 0 : stateBytes + plan.offsets[home.buffer]) + home.bytes)
            return record
        }
        return Program(name: name, batch: 1, arenaBytes: Int64(stateBytes + plan.bytes + NestLayout.slack), stateBytes: Int64(stateBytes),
                       inputs: inputs,
                       outputs: outputs,
                       tensors: placed, instructions: instructions)
    }
}

private extension RowSelection {
    var isOfEncoder: Bool { self == .frames || self == .stem }
}
