import Platform

/// Keys and values of a run's rows into memory, as half floats. Input: float32 rows of `width` keys and as many values;
/// output: memory. Rows of tokens go to the slots of their positions, rows of the encoder to the first ones.
public struct RememberAttributes: AttributeFields, Equatable {
    public var width: Int32 = 0
    public var selection = RowSelection.all

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.integer("width", &width)
        codec.choice("selection", &selection)
    }
}

extension Operator {
    static let remember = Operator("remember", .movement, RememberAttributes.self, isOfLanguage: true) { (checker, a) throws(Failure) in
        try checker.checkRemember(a)
    }
}

extension InstructionChecker {
    func checkRemember(_ a: RememberAttributes) throws(Failure) {
        try require(a.width >= 16 && a.width % 16 == 0 && Int(a.width) <= LanguageLimits.columns, "impossible width \(a.width)")
        try require(a.selection == .all || a.selection == .frames, "it works on rows of tokens or of the encoder")
        try requireFloats(instruction.inputs.0, columns: 2 * Int(a.width), a.selection, dense: false)
        let slots = try requireMemory(instruction.outputs.0, width: Int(a.width))
        if a.selection == .frames { try require(slots == (try frameCount()), "its memory has \(slots) slots, not one for each position") }
    }
}
