/// Calls, with the slice's outputs, what a family has for the task's format: a function each, in which the format is a
/// constant.
@_transparent
public func callByFormat(
    _ task: UnsafePointer<MatrixTask>, _ firstOutput: Int32, _ endOutput: Int32,
    q4: (UnsafePointer<MatrixTask>, Int, Int) -> Void, q4s: (UnsafePointer<MatrixTask>, Int, Int) -> Void,
    q5: (UnsafePointer<MatrixTask>, Int, Int) -> Void, q5s: (UnsafePointer<MatrixTask>, Int, Int) -> Void,
    q6: (UnsafePointer<MatrixTask>, Int, Int) -> Void, q8: (UnsafePointer<MatrixTask>, Int, Int) -> Void
) {
    let first = Int(firstOutput), end = Int(endOutput)
    switch task.pointee.format {
    case .q4: q4(task, first, end)
    case .q4s: q4s(task, first, end)
    case .q5: q5(task, first, end)
    case .q5s: q5s(task, first, end)
    case .q6: q6(task, first, end)
    case .q8: q8(task, first, end)
    }
}
