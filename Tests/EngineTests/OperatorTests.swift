import Engine
import Kernels
import Nest
import Platform
import Testing

/// The descriptions of operations: one list of fields for both directions, and extents that say all that is written.
struct OperatorTests {
    private func roundTrip<A: AttributeFields & Equatable>(_ type: A.Type, _ words: [Int32],
                                                           sourceLocation: SourceLocation = #_sourceLocation) {
        let first = A(words: words)
        #expect(first?.words == words, sourceLocation: sourceLocation)
        #expect(first.flatMap { A(words: $0.words) } == first, sourceLocation: sourceLocation)
        for count in 0..<words.count where first?.words.count == A().words.count {
            #expect(A(words: Array(words[..<count])) == nil, "\(count) words", sourceLocation: sourceLocation)
        }
        #expect(first?.described.count ?? 0 > 0, sourceLocation: sourceLocation)
    }

    /// Numbers that are no NaN as floats, so that equality holds.
    private func words(_ count: Int, _ first: Int32 = 1) -> [Int32] { (0..<Int32(count)).map { first + $0 * 3 } }

    @Test func wordsComeBackAsTheyWere() {
        // Of files from before a convolution could have several lookup tables.
        #expect(ConvolutionAttributes(words: words(26))?.words == words(26) + [1, -1] && ConvolutionAttributes(words: words(25)) == nil)
        #expect(ConvolutionAttributes(words: words(28))?.words == words(28))
        #expect(PairAttributes(words: words(55))?.words == words(55) + [1, -1, 1, -1] && PairAttributes(words: words(54)) == nil)
        #expect(PairAttributes(words: words(59))?.words == words(59))
        roundTrip(BinaryAttributes.self, words(5, 2))
        roundTrip(PoolAttributes.self, words(PoolAttributes().words.count))
        roundTrip(CopyAttributes.self, words(15))
        roundTrip(ResizeAttributes.self, words(ResizeAttributes().words.count, 2))
        // Of files from before it had a second word.
        #expect(SoftmaxAttributes(words: [1])?.words == [1, 0])
        #expect(SoftmaxAttributes(words: [1, 1])?.words == [1, 1] && SoftmaxAttributes(words: []) == nil)
        roundTrip(UnaryAttributes.self, words(3, 15))
        roundTrip(DetectionAttributes.self, words(11))
        roundTrip(RecurrentAttributes.self, words(9))
        roundTrip(EmbeddingAttributes.self, words(7))
        roundTrip(NormalizeAttributes.self, [64, 9, 1])
        // Likewise, of files from before matrices had biases.
        #expect(MatrixAttributes(words: [6, 32, 16, 1, 77])?.words == [6, 32, 16, 1, 77, -1])
        #expect(MatrixAttributes(words: [6, 32, 16, 1, 77, 64])?.words == [6, 32, 16, 1, 77, 64] && MatrixAttributes(words: [6, 32]) == nil)
        roundTrip(GatedAttributes.self, words(5))
        roundTrip(AttentionAttributes.self, words(11))
        roundTrip(AttentionAttributes.self, words(19))
    }

    @Test func unknownChoicesAreRefused() {
        #expect(BinaryAttributes(words: [99, 0, 0, 0, 0]) == nil)
        #expect(ResizeAttributes(words: [0, 0, 0]) == nil)
        #expect(UnaryAttributes(words: [99, 0, 0]) == nil)
        #expect(NormalizeAttributes(words: [32, 0, 4]) == nil)
    }

    @Test func everyOperationHasANameOfItsOwn() {
        let names = Opcode.allCases.map(\.description.name)
        #expect(Set(names).count == names.count && names.allSatisfy { !$0.isEmpty })
    }

    /// What an instruction changes in the whole arena lies in what its description says is written.
    @Test func nothingElseIsWritten() throws {
        let (builder, input, output) = smallNetwork(layers: 4, channels: 20, size: 8)
        HostileNestTests.addRest(builder)
        let places = builder.contents(inputs: [input], outputs: [output]).programs[0]
        let whole = Int32(builder.tensors.count)
        builder.tensors.append(TensorRecord(type: .int8, storage: .state, batch: 1, height: 1, width: 1, channels: Int32(places.stateBytes),
                                            offset: 0))
        builder.tensors.append(TensorRecord(type: .int8, storage: .arena, batch: 1, height: 1, width: 1,
                                            channels: Int32(builder.arenaBytes), offset: 0))
        for threads in 1...2 {
            for kernels in ConvolutionTests.tables {
                let model = try builder.model(inputs: [input], outputs: [output], threads: threads, kernels: kernels)
                func arena() -> [UInt8] { Array(model.tensorBytes(Int(whole))) + Array(model.tensorBytes(Int(whole) + 1)) }
                var before = arena()
                try model.run { index in
                    let after = arena(), instruction = model.program.instructions[index]
                    var isAllowed = [Bool](repeating: false, count: after.count)
                    for write in model.program.extent(of: instruction).writes {
                        let start = Int(write.record.offset)
                        for byte in start..<min(start + write.record.spanBytes, after.count) { isAllowed[byte] = true }
                    }
                    let wrong = after.indices.filter { after[$0] != before[$0] && !isAllowed[$0] }
                    let place = "instruction \(index) (\(instruction.opcode.title)), \(kernels.name)"
                    #expect(wrong.isEmpty, "\(place): \(wrong.count) bytes from \(wrong.first ?? 0)")
                    before = after
                }
            }
        }
    }
}
