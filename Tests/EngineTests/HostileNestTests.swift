import Engine
import FuzzTargets
import Kernels
import Nest
import Platform
import TestSupport
import Testing

/// Files made to harm: whatever a nest says, reading and running it ends in a Failure or in a result.
@Suite(.serialized)
struct HostileNestTests {
    private static let extremes: [UInt32] = [0, 1, 2, 3, 7, 15, 16, 17, 63, 64, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000,
                                             0x7FFF_FFFF, 0x8000_0000,
                                             0xFFFF_FF80, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0x0080_0000,
                                                 0x3F80_0000]

    /// The file, with the length of its tables.
    private static func file(_ seed: UInt64) -> (bytes: [UInt8], tables: Int) {
        let (builder, input, output) = smallNetwork(seed: seed, layers: 4, channels: 20, size: 8, chunkPerInstruction: seed % 2 == 0)
        addRest(builder)
        let bytes = NestWriter.bytes(builder.contents(inputs: [input], outputs: [output]))
        var length = 0
        for i in 0..<8 { length |= Int(bytes[24 + i]) << (8 * i) }
        return (bytes, 64 + length)
    }

    /// The kinds of instruction that the small network lacks.
    static func addRest(_ builder: NestBuilder) {
        var random = Random(3)
        let x = builder.tensor(.float32, [1, 1, 3, 4]), h = builder.tensor(.float32, [1, 1, 1, 5], storage: .state),
            c = builder.tensor(.float32, [1, 1, 1, 5], storage: .state)
        for (opcode, gates) in [(Opcode.gru, 3), (.lstm, 4)] {
            var a = RecurrentAttributes(), blob = Blob()
            let rows = roundUp(gates * 5, to: 16)
            a.hidden = 5
            a.inputs = 4
            blob.add(random.floats(rows * 4))
            a.recurrentOffset = blob.add(random.floats(rows * 5))
            a.inputBiasOffset = blob.add(random.floats(rows))
            a.recurrentBiasOffset = blob.add(random.floats(rows))
            builder.emit(opcode, opcode == .lstm ? [x, h, c] : [x, h], [builder.tensor(.float32, [1, 1, 3, 5])], a.words, blob: blob)

            var int8 = Blob()
            (a.inputFormat, a.recurrentFormat) = (RecurrentAttributes.int8, RecurrentAttributes.int8)
            let block = [UInt8](repeating: 1, count: rows / 16 * 544)
            int8.add(block)
            a.recurrentOffset = int8.add(block)
            a.inputBiasOffset = int8.add(random.floats(rows))
            a.recurrentBiasOffset = int8.add(random.floats(rows))
            builder.emit(opcode, opcode == .lstm ? [x, h, c] : [x, h], [builder.tensor(.float32, [1, 1, 3, 5])], a.words, blob: int8)
        }
        let matrix = builder.tensor(.float32, [2, 1, 3, 4])
        builder.emit(.product, [matrix, builder.tensor(.float32, [1, 1, 4, 5])], [builder.tensor(.float32, [2, 1, 3, 5])])
        builder.emit(.select, [matrix, matrix, builder.tensor(.float32, [2, 1, 3, 4])], [builder.tensor(.float32, [2, 1, 3, 4])])
        let places = builder.tensor(.int32, [2, 1, 1, 4])
        builder.emit(.argumentMaximum, [matrix], [places])
        var rows = RowsAttributes()
        rows.sizes[0] = 6
        builder.emit(.rows, [builder.tensor(.float32, [1, 1, 6, 4]), builder.tensor(.int32, [1, 1, 3, 1])],
                     [builder.tensor(.float32, [1, 1, 3, 4])], rows.words)
        builder.emit(.convert, [places], [builder.tensor(.float32, [2, 1, 1, 4])])
        var d = DetectionAttributes(), anchors = Blob()
        d.classes = 3
        anchors.add(random.floats(9 * 4, 0.1...0.5))
        builder.emit(.detectionPostprocess, [builder.tensor(.float32, [1, 1, 9, 4]), builder.tensor(.int8, [1, 1, 9, 4], scale: 0.1)],
                     [builder.tensor(.float32, [1, 1, 10, 4]), builder.tensor(.float32, [1, 1, 1, 10]),
                      builder.tensor(.float32, [1, 1, 1, 10]), builder.tensor(.float32, [1, 1, 1, 1])],
                     d.words, blob: anchors)
        var pointwise = PlainConvolution(), depthwise = PlainConvolution()
        (pointwise.height, pointwise.width, pointwise.channels, pointwise.outputChannels) = (6, 6, 5, 18)
        (depthwise.height, depthwise.width, depthwise.channels, depthwise.outputChannels, depthwise.isDepthwise) = (6, 6, 18, 18, true)
        (depthwise.attributes.kernelHeight, depthwise.attributes.kernelWidth, depthwise.attributes.padTop, depthwise.attributes.padLeft) =
            (3, 3, 1, 1)
        var pair = PairAttributes(), blob = Blob()
        pointwise.append(&blob, random.bytes(90, -127...127), bias: random.int32s(18, -9...9), scales: random.floats(18, 0.001...0.01),
                         lookup: random.bytes(256))
        pair.depthwiseWeightsOffset = depthwise.append(&blob, random.bytes(162, -127...127), bias: random.int32s(18, -9...9),
                                                       scales: random.floats(18, 0.001...0.01))
        (pair.pointwise, pair.depthwise, pair.middleChannels, pair.ringRows) = (pointwise.attributes, depthwise.attributes, 18, 4)
        builder.emit(.pointwiseDepthwise, [builder.tensor(.int8, [1, 6, 6, 5], scale: 0.1)],
                     [builder.tensor(.int8, [1, 6, 6, 18], scale: 0.1)], pair.words, blob: blob)
        let f = builder.tensor(.float32, [1, 6, 6, 5]), g = builder.tensor(.float32, [1, 6, 6, 7])
        var real = PlainConvolution()
        (real.height, real.width, real.channels, real.outputChannels) = (6, 6, 5, 7)
        real.attributes.floatFunction = 4
        let weights = real.blob(random.floats(35), bias: random.floats(7))
        builder.emit(.convolution, [f], [g], real.attributes.words, blob: weights)
        var table = Blob()
        table.add(random.bytes(256))
        builder.emit(.lookup, [builder.tensor(.int8, [1, 2, 2, 9], scale: 1)], [builder.tensor(.int8, [1, 2, 2, 9], scale: 1)], blob: table)
        builder.emit(.averagePool, [f], [builder.tensor(.float32, [1, 6, 6, 5])], PoolAttributes().words)
    }

    /// Reads and runs a file; true where it got as far as a run. Runs that a mutation made long are left out.
    private func survives(_ bytes: [UInt8], _ pool: ThreadPool, _ kernels: KernelTable) -> Bool {
        guard let nest = try? NestReader(bytes: bytes) else { return false }
        let work = nest.programs[0].instructions.reduce(0) { sum, instruction in
            let output = instruction.outputs.0 == noTensor ? 0 : nest.programs[0].tensors[Int(instruction.outputs.0)].elements
            return min(sum + output * Int(max(1, instruction.blobLength / 64)), 1 << 40)
        }
        var options = ModelOptions()
        options.verify = false
        guard work < 1 << 22, nest.programs[0].arenaBytes < 1 << 24,
              let model = try? Model(nest: nest, options: options, kernels: kernels, pool: pool) else {
            return false
        }
        return (try? model.run()) != nil
    }

    @Test func mutationsWithTheChecksumPutRight() throws {
        var random = Random(71)
        let pools = [try pool(1), try pool(2)], tables = ConvolutionTests.tables
        var accepted = 0
        for seed in 0..<2 as Range<UInt64> {
            let (original, tables_) = HostileNestTests.file(seed)
            #expect(survives(original, pools[0], .reference))
            for _ in 0..<3000 {
                var bytes = original
                for _ in 0..<random.int(1...3) {
                    let at = random.int(16...tables_ - 4)
                    switch random.int(0...4) {
                    case 0: bytes[at] ^= 1 << UInt8(random.int(0...7))
                    case 1: bytes[at] = UInt8(random.int(0...255))
                    case 2:
                        // Fields of tensors and instructions lie at multiples of four from each other.
                        let value = HostileNestTests.extremes[random.int(0...HostileNestTests.extremes.count - 1)],
                            field = at / 4 * 4 + random.int(0...3)
                        if field + 4 <= tables_ {
                            for i in 0..<4 { bytes[field + i] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(i))) }
                        }
                    case 3:
                        let from = random.int(16...tables_ - 4)
                        for i in 0..<4 { bytes[at + i] = bytes[from + i] }
                    default: bytes[at] = bytes[at] &+ (random.bool() ? 1 : 255)
                    }
                }
                NestWriter.seal(&bytes)
                if survives(bytes, pools[random.int(0...1)], tables[random.int(0...tables.count - 1)]) { accepted += 1 }
            }
        }
        // If nothing got through, the checks behind the checksum were not reached.
        #expect(accepted > 100)
    }

    /// Weights are data without structure: anything may stand in them.
    @Test func randomWeights() throws {
        var random = Random(72)
        let pool = try pool(2)
        for round in 0..<300 {
            let (original, tables) = HostileNestTests.file(UInt64(round % 2))
            var bytes = original
            let start = tables / 16384 * 16384 + 16384
            for _ in 0..<random.int(1...3000) {
                bytes[random.int(start...bytes.count - 1)] = round % 3 == 0 ? 0xFF : UInt8(random.int(0...255))
            }
            for kernels in ConvolutionTests.tables { _ = survives(bytes, pool, kernels) }
        }
    }

    @Test func mutationsWithoutPuttingTheChecksumRightAreAllFound() throws {
        var random = Random(73)
        let (original, tables) = HostileNestTests.file(0)
        for _ in 0..<2000 {
            var bytes = original
            bytes[random.int(0...tables - 1)] ^= 1 << UInt8(random.int(0...7))
            #expect(throws: Failure.self) { try NestReader(bytes: bytes) }
        }
    }

    @Test func fuzzEntryTakesAnything() {
        var random = Random(74)
        let (original, _) = HostileNestTests.file(1)
        for _ in 0..<300 {
            var bytes = original
            if random.bool() { bytes.removeLast(random.int(0...bytes.count)) }
            for _ in 0..<4 where !bytes.isEmpty { bytes[random.int(0...bytes.count - 1)] = UInt8(random.int(0...255)) }
            fuzzNest(bytes)
        }
        fuzzNest([])
        fuzzNest(Array("NEST".utf8))
    }

    // MARK: what is written must be the arena's

    private func refusal(_ builder: NestBuilder, inputs: [Int32], outputs: [Int32]) -> String? {
        do throws(Failure) {
            _ = try NestReader(bytes: NestWriter.bytes(builder.contents(inputs: inputs, outputs: outputs)))
        } catch {
            return error.description
        }
        return nil
    }

    /// Users change outputs where they lie, as a sampler does with logits: weights are a read-only mapping.
    @Test func aConstantIsNoOutput() {
        let builder = NestBuilder(), x = builder.tensor(.float32, [1, 1, 1, 4]), y = builder.tensor(.float32, [1, 1, 1, 4])
        let constant = builder.constant(.float32, [1, 1, 1, 4], bytes: [UInt8](repeating: 0, count: 16))
        builder.emit(.unary, [x], [y], UnaryAttributes(function: .relu).words)
        #expect(refusal(builder, inputs: [x], outputs: [y]) == nil)
        #expect(refusal(builder, inputs: [x], outputs: [constant])?.contains("output \(constant) is no tensor of the arena") == true)
        #expect(refusal(builder, inputs: [x], outputs: [y, constant]) != nil)
        #expect(refusal(builder, inputs: [constant], outputs: [y]) != nil)
        builder.emit(.unary, [x], [constant], UnaryAttributes(function: .relu).words)
        #expect(refusal(builder, inputs: [x], outputs: [y])?.contains("writes to a constant") == true)
    }

    private func recurrent(_ opcode: Opcode, _ place: (NestBuilder, _ x: Int32, _ h: Int32, _ c: Int32, _ y: Int32)
                           -> (inputs: [Int32], outputs: [Int32])) -> String? {
        let builder = NestBuilder(), gates = opcode == .gru ? 3 : 4, rows = roundUp(gates * 4, to: 16)
        let x = builder.tensor(.float32, [1, 1, 1, 4], storage: .state), y = builder.tensor(.float32, [1, 1, 1, 4])
        let h = builder.tensor(.float32, [1, 1, 1, 4], storage: .state), c = builder.tensor(.float32, [1, 1, 1, 4], storage: .state)
        var a = RecurrentAttributes(), blob = Blob()
        (a.hidden, a.inputs) = (4, 4)
        blob.add([Float](repeating: 0, count: rows * 4))
        a.recurrentOffset = blob.add([Float](repeating: 0, count: rows * 4))
        a.inputBiasOffset = blob.add([Float](repeating: 0, count: rows))
        a.recurrentBiasOffset = blob.add([Float](repeating: 0, count: rows))
        let operands = place(builder, x, h, c, y)
        builder.emit(opcode, operands.inputs, operands.outputs, a.words, blob: blob)
        return refusal(builder, inputs: [x], outputs: [y])
    }

    /// Operands that an operation has no use for are read by those who look at all of them.
    @Test func unusedOperandsExistToo() {
        #expect(recurrent(.gru) { _, x, h, _, _ in ([x, h, 77], []) }?.contains("tensor 77 does not exist") == true)
        #expect(recurrent(.gru) { _, x, h, _, _ in ([x, h, -5], []) } != nil)
        #expect(recurrent(.gru) { _, x, h, c, y in ([x, h, c], [y]) } == nil)
    }

    /// State is written where it lies, though it is an input.
    @Test func statesAreApart() {
        #expect(recurrent(.lstm) { _, x, h, c, y in ([x, h, c], [y, h, c]) } == nil)
        #expect(recurrent(.lstm) { _, x, h, _, y in ([x, h, h], [y]) } != nil)
        #expect(recurrent(.lstm) { _, x, _, c, y in ([x, x, c], [y]) } != nil)
        #expect(recurrent(.lstm) { _, x, h, c, y in ([x, h, c], [y, c, h]) } != nil)
    }

    /// A factor that is one value would change while it is used.
    @Test func inPlaceIsElementForElement() {
        for channels in [1, 4] {
            let builder = NestBuilder(), x = builder.tensor(.float32, [1, 1, 2, 4]), y = builder.tensor(.float32, [1, 1, 2, 4])
            let b = builder.slice(y, channels: 0..<channels)
            builder.emit(.binary, [x, b], [y], BinaryAttributes(function: .multiply).words)
            #expect((refusal(builder, inputs: [x], outputs: [y]) == nil) == (channels == 4))
        }
    }

    /// Without an embedding there is no state of a language model, which these instructions need.
    @Test func aLanguageModelHasAnEmbedding() {
        let builder = NestBuilder(), tokens = builder.tensor(.int32, [1, 1, 2, 1])
        let x = builder.tensor(.float32, [1, 1, 2, 32]), y = builder.tensor(.float32, [1, 1, 2, 32])
        var a = NormalizeAttributes(), blob = Blob()
        a.columns = 32
        blob.add([Float](repeating: 1, count: 32))
        builder.emit(.normalize, [x], [noTensor, y], a.words, blob: blob)
        #expect(refusal(builder, inputs: [tokens], outputs: [y])?.contains("without an embedding") == true)
    }

    /// Kernels write whole blocks of 16 outputs: not over their input, nor over their own next row.
    @Test func wholeBlocksOfOutputsHaveRoom() {
        func matrix(stride: Int, distance: Int) -> String? {
            let builder = NestBuilder(), tokens = builder.tensor(.int32, [1, 1, 2, 1])
            let x = builder.tensor(.float32, [1, 1, 2, 32]), y = builder.tensor(.float32, [1, 1, 2, 20], stride: stride)
            let end = builder.arenaBytes
            let activation = builder.tensor(.int8, [1, 1, 2, 40])
            builder.tensors[Int(activation)].offset = Int64(roundUp(end - 64 + distance, to: 64))
            builder.arenaBytes += 1024
            var e = EmbeddingAttributes(), m = MatrixAttributes(), n = NormalizeAttributes(), blob = Blob(), weights = Blob()
            (e.format, e.vocabulary, e.width, e.pieceRows, e.contextLength) = (6, 16, 32, 16, 8)
            blob.add([UInt8](repeating: 0, count: 544))
            builder.emit(.embedding, [tokens], [x], e.words, blob: blob)
            (n.columns, m.format, m.inputs, m.outputs) = (32, 6, 32, 20)
            blob = Blob()
            blob.add([Float](repeating: 1, count: 32))
            builder.emit(.normalize, [x], [activation], n.words, blob: blob)
            weights.add([UInt8](repeating: 0, count: 2 * 544))
            builder.emit(.matrix, [activation], [y], m.words, blob: weights)
            return refusal(builder, inputs: [tokens], outputs: [y])
        }
        // 2 rows of 32 floats end at 256 bytes, the last block with them; rows of 24 end at 176, their blocks at 224.
        #expect(matrix(stride: 32, distance: 64) == nil)
        #expect(matrix(stride: 24, distance: 192)?.contains("too close") == true)
        #expect(matrix(stride: 24, distance: 64)?.contains("lies on its input") == true)
        #expect(matrix(stride: 32, distance: 0) != nil)
    }
}
