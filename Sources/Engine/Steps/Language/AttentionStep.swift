import CKernels
import Kernels
import Nest

/// Rotary embedding, cache and attention of one layer, its result quantised. One row needs one hand-over to the
/// threads: a slice appends the keys and values of its own heads and attends with their queries. Several rows take two,
/// because a row sees the keys of those before it.
final class AttentionStep: Step {
    private let state: LanguageState
    private let kernels: KernelTable
    private let a: AttentionAttributes
    private let source: View
    private let output: QuantizedRows
    private let queryNorm: UnsafePointer<Float>?, keyNorm: UnsafePointer<Float>?
    private var cache: KeyValueCache.Layer!
    private let rotary: RotaryTables.Table
    /// Heads of keys that a slice takes, so that its results are whole groups of 32.
    private let keyHeadsPerUnit: Int, units: Int
    private let dimension: Int, queriesPerKey: Int
    private var isAppending = false

    init(_ context: StepContext) {
        state = context.language!
        kernels = context.kernels
        a = AttentionAttributes(words: context.words)!
        source = context.view(context.instruction.inputs.0)
        output = QuantizedRows(context.view(context.instruction.outputs.0), state)
        func norm(_ offset: Int32) -> UnsafePointer<Float>? {
            offset < 0 ? nil : (context.blob + Int(offset)).assumingMemoryBound(to: Float.self)
        }
        queryNorm = norm(a.queryNormOffset)
        keyNorm = norm(a.keyNormOffset)
        rotary = state.rotary.table(base: a.rotaryBase, scale: a.rotaryScale, dimension: a.headDimension, factors: a.rotaryFactors)
        dimension = Int(a.headDimension)
        queriesPerKey = Int(a.heads / a.keyValueHeads)
        keyHeadsPerUnit = queriesPerKey * dimension % 32 == 0 ? 1 : Int(a.keyValueHeads)
        units = Int(a.keyValueHeads) / keyHeadsPerUnit
        super.init(index: context.index)
    }

    override func cacheWasPlaced() {
        cache = state.cache.layer(ofInstruction: index)
        scratchBytes = (roundUp(cache.slots + 4096, to: 16) + 2 * unitWidth + dimension) * 4
    }

    /// Values of a unit's result.
    private var unitWidth: Int { keyHeadsPerUnit * queriesPerKey * dimension }

    override func prepare(_ phase: Int) -> Bool {
        if state.rows == 1 {
            isAppending = false
            slices = units
            return phase == 0
        }
        isAppending = phase == 0
        slices = phase == 0 ? state.rows : state.rows * units
        return phase < 2
    }

    override func execute(_ slice: Int, worker: Int) {
        let memory = scratch(worker).assumingMemoryBound(to: Float.self)
        if isAppending { return append(row: slice, keyHeads: 0..<Int(a.keyValueHeads), memory) }
        let unit = slice % units, row = slice / units
        if state.rows == 1 { append(row: 0, keyHeads: unit * keyHeadsPerUnit..<(unit + 1) * keyHeadsPerUnit, memory) }
        attend(row: row, unit: unit, memory)
    }

    /// The row's keys, rotated, and its values go into the cache.
    private func append(row: Int, keyHeads: Range<Int>, _ memory: UnsafeMutablePointer<Float>) {
        let slot = (state.position + row) % cache.slots * cache.width
        let keys = source.floats + row * source.stride + Int(a.heads) * dimension, values = keys + cache.width
        for head in keyHeads {
            turn(keys + head * dimension, keyNorm, row, into: memory)
            kernels.toHalves(memory, cache.keys + slot + head * dimension, a.headDimension)
        }
        let first = keyHeads.lowerBound * dimension
        kernels.toHalves(values + first, cache.values + slot + first, Int32(keyHeads.count * dimension))
    }

    private func attend(row: Int, unit: Int, _ memory: UnsafeMutablePointer<Float>) {
        let firstHead = unit * keyHeadsPerUnit * queriesPerKey, heads = keyHeadsPerUnit * queriesPerKey
        let queries = memory + roundUp(cache.slots + 4096, to: 16), results = queries + unitWidth
        for head in 0..<heads {
            turn(source.floats + row * source.stride + (firstHead + head) * dimension, queryNorm, row, into: queries + head * dimension)
        }
        var task = AttentionTask()
        // The kernel counts heads from the first of all; strides of 0, because one row stands in scratch.
        task.queries = UnsafePointer(queries - firstHead * dimension)
        task.output = results - firstHead * dimension
        (task.keys, task.cachedValues) = (UnsafePointer(cache.keys), UnsafePointer(cache.values))
        (task.heads, task.keyValueHeads, task.headDimension) = (a.heads, a.keyValueHeads, a.headDimension)
        (task.slots, task.position) = (Int32(cache.slots), Int32(state.position))
        task.window = a.window == 0 ? Int32.max : a.window
        (task.scale, task.softCap) = (a.scale, a.softCap)
        kernels.attention(&task, Int32(row), Int32(firstHead), Int32(firstHead + heads), memory)
        let column = firstHead * dimension
        kernels.quantizeGroups(results, output.values(row, column), output.scales(row, column), output.sums(row, column), Int32(unitWidth),
                               output.rest)
    }

    /// Norm where there is one, then the rotation.
    @inline(__always)
    private func turn(_ head: UnsafePointer<Float>, _ norm: UnsafePointer<Float>?, _ row: Int, into y: UnsafeMutablePointer<Float>) {
        guard let norm else { return rotary.rotate(head, into: y, row: row) }
        kernels.normalize(head, norm, a.normEpsilon, y, nil, nil, nil, a.headDimension, 0)
        rotary.rotate(y, into: y, row: row)
    }
}
