/// Goes through the words of an instruction's attributes in the order of the file. One list of fields (`AttributeFields`)
/// serves reading, writing and describing, so that compiler, engine and tables cannot disagree.
public struct FieldCodec {
    /// A field as people see it.
    public struct Field: Sendable {
        public var name: String, value: String
    }

    private enum Direction { case reading, writing, describing }

    private let direction: Direction
    private(set) var words: [Int32] = []
    private(set) var described: [Field] = []
    private var next = 0
    /// Too few words, or a value that no case has.
    private(set) var hasFailed = false

    private init(_ direction: Direction, _ words: [Int32] = []) {
        self.direction = direction
        self.words = words
    }

    static func reading(_ words: [Int32]) -> FieldCodec { FieldCodec(.reading, words) }
    static var writing: FieldCodec { FieldCodec(.writing) }
    static var describing: FieldCodec { FieldCodec(.describing) }

    /// A field that is a whole number of 32 bits.
    public mutating func integer(_ name: StaticString, _ value: inout Int32) {
        switch direction {
        case .reading: value = take()
        case .writing: words.append(value)
        case .describing: describe(name, "\(value)")
        }
    }

    /// A field that is a float: its bit pattern is the word.
    public mutating func float(_ name: StaticString, _ value: inout Float) {
        switch direction {
        case .reading: value = Float(bitPattern: UInt32(bitPattern: take()))
        case .writing: words.append(Int32(bitPattern: value.bitPattern))
        case .describing:
            #if !hasFeature(Embedded)
            describe(name, "\(value)")
            #endif
        }
    }

    /// A field that is one of an enumeration's cases.
    public mutating func choice<Choice: RawRepresentable>(_ name: StaticString, _ value: inout Choice) where Choice.RawValue == Int32 {
        switch direction {
        case .reading: if let known = Choice(rawValue: take()) { value = known } else { hasFailed = true }
        case .writing: words.append(value.rawValue)
        case .describing:
            #if !hasFeature(Embedded)
            describe(name, "\(value)")
            #endif
        }
    }

    /// One field a dimension: batch, height, width, channels.
    public mutating func dimensions(_ name: StaticString, _ value: inout SIMD4<Int32>) {
        if direction == .describing { return describe(name, "\(value[0]) \(value[1]) \(value[2]) \(value[3])") }
        for axis in 0..<4 { integer(name, &value[axis]) }
    }

    /// All words that are left.
    public mutating func rest(_ name: StaticString, _ values: inout [Float]) {
        switch direction {
        case .reading:
            values = []
            while next < words.count { values.append(Float(bitPattern: UInt32(bitPattern: take()))) }
        case .writing: for value in values { words.append(Int32(bitPattern: value.bitPattern)) }
        case .describing: if !values.isEmpty { describe(name, "\(values.count) values") }
        }
    }

    /// A field that the format has had since later: where its word is missing it keeps its value.
    public mutating func added(_ name: StaticString, _ value: inout Int32) {
        if direction == .reading, next >= words.count { return }
        integer(name, &value)
    }

    private mutating func take() -> Int32 {
        guard next < words.count else {
            hasFailed = true
            return 0
        }
        next += 1
        return words[next - 1]
    }

    private mutating func describe(_ name: StaticString, _ value: String) {
        #if !hasFeature(Embedded)
        described.append(Field(name: "\(name)", value: value))
        #endif
    }
}

/// An operation's own words: a struct that lists its fields.
public protocol AttributeFields: Sendable {
    /// Attributes with defaults, for a reader to fill in.
    init()
    /// Every field, in the order of the file.
    mutating func fields(_ codec: inout FieldCodec)

    #if !hasFeature(Embedded)
    /// What tables call an instruction whose operation has this name.
    func title(_ name: String, _ instruction: Instruction, _ program: Program) -> String
    /// Multiply-accumulates of one execution.
    func multiplyAccumulates(_ instruction: Instruction, _ input: TensorRecord, _ output: TensorRecord) -> Int
    #endif
}

#if !hasFeature(Embedded)
extension AttributeFields {
    public func title(_ name: String, _ instruction: Instruction, _ program: Program) -> String { name }
    public func multiplyAccumulates(_ instruction: Instruction, _ input: TensorRecord, _ output: TensorRecord) -> Int { 0 }
}
#endif

extension AttributeFields {
    /// The attributes of an instruction; nil where there are too few words or a value is unknown.
    public init?(words: [Int32]) {
        self.init()
        var codec = FieldCodec.reading(words)
        fields(&codec)
        if codec.hasFailed { return nil }
    }

    /// The fields as the file's words, in its order.
    public var words: [Int32] {
        var copy = self, codec = FieldCodec.writing
        copy.fields(&codec)
        return codec.words
    }

    /// The fields as names and values, for people; a board leaves them out.
    public var described: [FieldCodec.Field] {
        var copy = self, codec = FieldCodec.describing
        copy.fields(&codec)
        return codec.described
    }
}

/// Of operations that need none.
public struct NoAttributes: AttributeFields {
    public init() {}
    public mutating func fields(_ codec: inout FieldCodec) {}
}
