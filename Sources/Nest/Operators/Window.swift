import Platform

/// The windows of a convolution along time, gathered and quantised, so that a matrix does the rest. Input: float32 rows of
/// `columns` values; output row i: quantised, the row i with `before` values in front of it and `after` behind it, as they
/// lie in memory; zeros where there are no rows.
public struct WindowAttributes: AttributeFields, Equatable {
    public var columns: Int32 = 0, before: Int32 = 0, after: Int32 = 0
    /// Rows of the input beyond the run's that count too: 0 or 1.
    public var extraRows: Int32 = 0
    /// 0: none, 1: GELU of every value first.
    public var function: Int32 = 0

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.integer("columns", &columns)
        codec.integer("before", &before)
        codec.integer("after", &after)
        codec.integer("extraRows", &extraRows)
        codec.integer("function", &function)
    }

    /// Values of one window.
    public var values: Int32 { before + columns + after }
}

extension Operator {
    static let window = Operator("window", .movement, WindowAttributes.self, isOfLanguage: true) { (checker, a) throws(Failure) in
        try checker.checkWindow(a)
    }
}

extension InstructionChecker {
    func checkWindow(_ a: WindowAttributes) throws(Failure) {
        try require(a.columns >= 16 && Int(a.columns) <= LanguageLimits.columns && a.before >= 0 && a.before <= a.columns && a.after >= 0
                    && a.after <= a.columns, "impossible windows of \(a.before) + \(a.columns) + \(a.after)")
        try require(a.function == 0 || a.function == 1, "unknown function \(a.function)")
        try require(a.extraRows == 0 || a.extraRows == 1, "impossible \(a.extraRows) more rows")
        let x = try tensor(instruction.inputs.0), count = try frameCount()
        try require(x.type == .float32 && x.batch == 1 && x.height == 1 && Int(x.width) == count + Int(a.extraRows)
                    && x.channels == a.columns && x.storage != .constant, "its input is no float32 of \(a.columns) columns")
        try requireDense(x)
        try requireActivation(instruction.outputs.0, values: a.values, .stem)
    }
}
