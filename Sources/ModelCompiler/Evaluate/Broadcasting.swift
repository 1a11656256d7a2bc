/// For each element of `shape`, the element of a tensor of shape `source` (sizes equal or 1) that is repeated there.
func broadcastIndices(from source: [Int], to shape: [Int]) -> [Int] {
    var indices = [0], stride = source.reduce(1, *)
    for axis in shape.indices {
        stride /= source[axis]
        let step = source[axis] == 1 ? 0 : stride
        indices = indices.flatMap { base in (0..<shape[axis]).map { base + $0 * step } }
    }
    return indices
}
