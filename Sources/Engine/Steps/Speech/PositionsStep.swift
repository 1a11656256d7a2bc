import Kernels
import Nest

/// Adds the vectors of positions to the rows.
final class PositionsStep: Step {
    private let state: LanguageState
    private let kernels: KernelTable
    private let a: PositionsAttributes
    private let x: View, y: View
    private let positions: UnsafePointer<Int32>?
    private let table: UnsafePointer<UInt16>

    init(_ context: StepContext) {
        state = context.language!
        kernels = context.kernels
        a = PositionsAttributes(words: context.words)!
        x = context.view(context.instruction.inputs.0)
        y = context.view(context.instruction.outputs.0)
        positions = a.selection == .all ? nil
            : UnsafePointer(context.view(context.instruction.inputs.1).address.assumingMemoryBound(to: Int32.self))
        table = context.blob.assumingMemoryBound(to: UInt16.self)
        super.init(index: context.index)
        scratchBytes = Int(a.columns) * 4
    }

    override func prepare(_ phase: Int) -> Bool {
        slices = state.rows(a.selection)
        return phase == 0
    }

    override func execute(_ slice: Int, worker: Int) {
        let columns = Int(a.columns), memory = scratch(worker).assumingMemoryBound(to: Float.self)
        let source = a.selection == .all ? slice : min(slice, state.stemRows - 1)
        // The caller checks positions; one outside must not lead outside the table all the same.
        let position = min(max(0, positions.map { Int($0[slice]) } ?? state.position + slice), Int(a.count) - 1)
        let row = x.floats + source * x.stride, to = y.floats + slice * y.stride, vector = table + position * columns
        if a.function == 1 {
            kernels.function(row, memory, 5, a.columns)
            for i in 0..<columns { to[i] = memory[i] + float(half: vector[i]) }
        } else {
            for i in 0..<columns { to[i] = row[i] + float(half: vector[i]) }
        }
    }
}
