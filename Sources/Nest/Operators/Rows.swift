import Platform

/// Rows of a table by computed indices: data (1, 1, rows, channels), where rows are the elements of `sizes`, the first axes of the
/// source's tensor, filled up with 1; indices int32 (1, 1, count, axes); result (1, 1, count, channels). A negative index
/// counts from its axis's end; one outside is taken for the nearest inside.
public struct RowsAttributes: AttributeFields, Equatable {
    public var sizes = SIMD4<Int32>(1, 1, 1, 1)

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) { codec.dimensions("sizes", &sizes) }
}

extension Operator {
    static let rows = Operator("rows", .movement, RowsAttributes.self) { (checker, a) throws(Failure) in try checker.checkRows(a) }
}

extension InstructionChecker {
    func checkRows(_ a: RowsAttributes) throws(Failure) {
        let x = try tensor(instruction.inputs.0), indices = try tensor(instruction.inputs.1), y = try tensor(instruction.outputs.0)
        try require(x.type == y.type && x.channels == y.channels, "its result differs from its data in type or channels")
        try require(indices.type == .int32 && indices.channels >= 1 && indices.channels <= 4 && indices.pixels == y.pixels,
                    "its indices do not fit")
        var rows: Int64 = 1
        for axis in 0..<4 {
            try require(a.sizes[axis] >= 1 && (axis < Int(indices.channels) || a.sizes[axis] == 1), "impossible sizes")
            rows = min(rows * Int64(a.sizes[axis]), Int64(Int32.max))
        }
        try require(rows == Int64(x.pixels), "its data do not fit its sizes")
    }
}
