import Platform

/// x + the vector of each row's position, from a table of half floats in the blob, [count][columns]. Rows of tokens stand at
/// the run's positions. Rows of the encoder stand where the second input says; they come from rows of the stem, those
/// beyond its last one from the last: what is behind it is silence that looks the same everywhere.
public struct PositionsAttributes: AttributeFields, Equatable {
    public var columns: Int32 = 0
    /// Positions of the table.
    public var count: Int32 = 0
    public var selection = RowSelection.all
    /// 0: none, 1: GELU of x first.
    public var function: Int32 = 0

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.integer("columns", &columns)
        codec.integer("count", &count)
        codec.choice("selection", &selection)
        codec.integer("function", &function)
    }
}

extension Operator {
    // Rows of the encoder aren't those that they come from, so that only tokens may be changed in place.
    static let positions = Operator("positions", .embedding, PositionsAttributes.self, isOfLanguage: true,
                                    sharing: { $0.selection == .all ? .elementwise : .none }) { (checker, a) throws(Failure) in
        try checker.checkPositions(a)
    }
}

extension InstructionChecker {
    func checkPositions(_ a: PositionsAttributes) throws(Failure) {
        try require(a.columns >= 16 && a.columns % 16 == 0 && Int(a.columns) <= LanguageLimits.columns, "impossible width \(a.columns)")
        try require(a.count >= 1 && Int(a.count) <= LanguageLimits.context, "impossible \(a.count) positions")
        try require(a.function == 0 || a.function == 1, "unknown function \(a.function)")
        try require(a.selection == .all || a.selection == .frames, "it works on rows of tokens or of the encoder")
        try requirePart(0, Int(clamping: Int64(a.count) * Int64(a.columns) * 2), "its table")
        try requireFloats(instruction.inputs.0, columns: Int(a.columns), a.selection)
        try requireFloats(instruction.outputs.0, columns: Int(a.columns), a.selection)
        if a.selection == .frames {
            try require(instruction.inputs.1 == program.inputs[1], "its positions are not the program's second input")
        }
    }
}
