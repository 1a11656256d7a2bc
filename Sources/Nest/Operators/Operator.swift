import Platform

/// One operation of the format: what people call it, how an instruction is checked, what its execution writes. Each has a
/// file in this folder with its attributes and its description; `Opcode.description` is the table of all.
public struct Operator: Sendable {
    /// What operations have in common for people: drawings colour by it.
    public enum Family: Sendable, CaseIterable {
        case convolution, depthwise, pair, elementwise, pooling, movement, recurrent, detection, embedding, matrix, attention
    }

    /// Which inputs may lie where an output goes.
    enum Sharing: Sendable {
        case none
        /// Any, element for element.
        case elementwise
        /// The second, element for element.
        case addend
        /// States: an output may be the state that it continues, and what lies in the arena's state is written too.
        case state
    }

    public let name: String
    public let family: Family
    /// Whether its instructions need what the steps of a language model share.
    let isOfLanguage: Bool
    /// Outputs are written in whole blocks of so many channels.
    let block: Int
    let sharing: @Sendable (_ words: [Int32]) -> Sharing
    let check: @Sendable (InstructionChecker) throws(Failure) -> Void
    #if !hasFeature(Embedded)
    private let describe: @Sendable (_ words: [Int32]) -> [FieldCodec.Field]
    private let entitle: @Sendable (Instruction, Program) -> String?
    private let count: @Sendable (Instruction, TensorRecord, TensorRecord) -> Int?
    #endif

    init<Attributes: AttributeFields>(_ name: String, _ family: Family, _ attributes: Attributes.Type, isOfLanguage: Bool = false,
                                      block: Int = 1,
                                      sharing: @escaping @Sendable (Attributes) -> Sharing = { _ in .none },
                                      check: @escaping @Sendable (InstructionChecker, Attributes) throws(Failure) -> Void) {
        self.name = name
        self.family = family
        self.isOfLanguage = isOfLanguage
        self.block = block
        self.sharing = { words in Attributes(words: words).map(sharing) ?? .none }
        self.check = { (checker: InstructionChecker) throws(Failure) in
            guard let attributes = Attributes(words: checker.words) else { throw checker.fail("its attributes are incomplete or unknown") }
            try check(checker, attributes)
        }
        #if !hasFeature(Embedded)
        describe = { words in Attributes(words: words)?.described ?? [] }
        entitle = { instruction, program in Attributes(words: instruction.attributes)?.title(name, instruction, program) }
        count = { instruction, input, output in Attributes(words: instruction.attributes)?.multiplyAccumulates(instruction, input, output) }
        #endif
    }
}

#if !hasFeature(Embedded)
// Tables and drawings are for the laptop.
extension Operator {
    /// An instruction's attributes as names and values; empty where they are damaged.
    public func fields(_ instruction: Instruction) -> [FieldCodec.Field] { describe(instruction.attributes) }

    /// The operation's name, and what distinguishes this instruction from others.
    public func title(_ instruction: Instruction, _ program: Program) -> String { entitle(instruction, program) ?? name }

    /// Multiply-accumulates of one execution; 0 where they aren't what it costs.
    public func multiplyAccumulates(_ instruction: Instruction, _ input: TensorRecord, _ output: TensorRecord) -> Int {
        count(instruction, input, output) ?? 0
    }
}
#endif

extension Opcode {
    /// The table of operations.
    public var description: Operator {
        switch self {
        case .convolution: .convolution
        case .depthwiseConvolution: .depthwiseConvolution
        case .binary: .binary
        case .averagePool: .averagePool
        case .maxPool: .maxPool
        case .globalAverage: .globalAverage
        case .copy: .copy
        case .resize: .resize
        case .softmax: .softmax
        case .lookup: .lookup
        case .unary: .unary
        case .convert: .convert
        case .detectionPostprocess: .detectionPostprocess
        case .gru: .gru
        case .lstm: .lstm
        case .pointwiseDepthwise: .pointwiseDepthwise
        case .embedding: .embedding
        case .normalize: .normalize
        case .matrix: .matrix
        case .gatedMatrix: .gatedMatrix
        case .attention: .attention
        case .window: .window
        case .layerNormalize: .layerNormalize
        case .activatedMatrix: .activatedMatrix
        case .positions: .positions
        case .remember: .remember
        case .headAttention: .headAttention
        case .select: .select
        case .argumentMaximum: .argumentMaximum
        case .product: .product
        case .rows: .rows
        }
    }

    /// For people.
    public var title: String { description.name }
}
