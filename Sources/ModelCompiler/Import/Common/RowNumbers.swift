import Platform

/// Constant indices along the first axes of a tensor, one after another for each row, as numbers of rows.
///
/// - Parameters:
///   - axes: sizes of the axes that the indices go along.
///   - countsFromEnd: whether a negative index counts from its axis's end.
/// - Throws: a `badFormat` failure for an index that isn't there.
func rowNumbers(_ indices: [Int], along axes: [Int], countsFromEnd: Bool) throws -> [Int32] {
    var rows: [Int32] = []
    for start in stride(from: 0, to: indices.count, by: axes.count) {
        var row = 0
        for (size, given) in zip(axes, indices[start...]) {
            let index = given < 0 && countsFromEnd ? given &+ size : given
            guard (0..<size).contains(index) else { throw Failure(.badFormat, "index \(given) of \(axes)") }
            row = row * size + index
        }
        rows.append(Int32(clamping: row))
    }
    return rows
}
