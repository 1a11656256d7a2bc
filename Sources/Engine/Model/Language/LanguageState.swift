import Nest
import Platform

/// What the steps of a language model share: the rows of the current run, where they stand, and the memory of earlier
/// ones.
final class LanguageState {
    let cache: KeyValueCache
    let rotary: RotaryTables
    /// Most rows of a run, and most of them whose logits can be wanted.
    let maximumRows: Int, maximumLogitRows: Int
    /// Rows of 8 bits that an activation's row takes at most: 1 or 2.
    let mostTerms: Int
    /// Of the current run.
    private(set) var rows = 1, position = 0, logitRows = 1
    /// Of the encoder's run, and most of them: its positions, and those of its stem.
    private(set) var frameRows = 1, stemRows = 1
    let maximumFrameRows: Int
    /// Whether the scores of the encoder's positions are added to.
    private(set) var isBiased = false

    /// Its cache has no place yet.
    init(_ program: Program, _ plan: CachePlan, _ options: ModelOptions) throws(Failure) {
        guard options.activationBits == 8 || options.activationBits == 16 else {
            throw Failure(.usage, "activations of \(options.activationBits) bits; there are 8 and 16")
        }
        mostTerms = options.activationBits / 8
        cache = KeyValueCache(plan)
        rotary = RotaryTables(rows: plan.rows)
        maximumRows = plan.rows
        maximumFrameRows = program.inputs.count > 1 ? Int(program.tensors[Int(program.inputs[1])].width) : 1
        maximumLogitRows = Int(program.tensors[Int(program.outputs[0])].width)
    }

    /// Before every run. The numbers have been checked: 1...maximumRows, position + rows within the context.
    func begin(rows: Int, position: Int, logitRows: Int) {
        invariant(rows >= 1 && rows <= maximumRows && logitRows >= 0 && logitRows <= rows, "rows outside their bounds")
        invariant(position >= 0 && position + rows <= cache.context, "positions outside the context")
        self.rows = rows
        self.position = position
        self.logitRows = logitRows
        rotary.fill(position: position, rows: rows)
    }

    /// Before a run of an encoder; holds for the decoder's runs after it.
    func beginFrames(rows: Int, stem: Int, isBiased: Bool) {
        invariant(rows >= 1 && rows <= maximumFrameRows && stem >= 1 && stem <= maximumFrameRows, "frames outside their bounds")
        frameRows = rows
        stemRows = stem
        self.isBiased = isBiased
    }

    @inline(__always)
    func rows(_ selection: RowSelection) -> Int {
        switch selection {
        case .all: rows
        case .logits: logitRows
        case .frames: frameRows
        case .stem: stemRows
        }
    }
}

extension Program {
    /// The instructions before those that only logits need.
    var stepsBeforeLogits: Int {
        var count = instructions.count
        while count > 0, isForLogits(instructions[count - 1]) { count -= 1 }
        return count
    }

    private func isForLogits(_ instruction: Instruction) -> Bool {
        switch instruction.opcode {
        case .normalize: NormalizeAttributes(words: instruction.attributes)?.selection == .logits
        case .layerNormalize: LayerNormalizeAttributes(words: instruction.attributes)?.selection == .logits
        case .matrix: MatrixAttributes(words: instruction.attributes)?.selection == .logits
        default: false
        }
    }
}

/// A quantised activation in the arena: rows of values, then their scales, then the sums (LanguageOperands.swift).
/// Each row is one of 8 bits, or two that are added.
struct QuantizedRows {
    let values: UnsafeMutablePointer<Int8>
    let scales: UnsafeMutablePointer<Float>
    let sums: UnsafeMutablePointer<Float>
    let columns: Int
    let terms: Int

    init(_ view: View, _ state: LanguageState) {
        let rows = Int(view.record.width) * Int(view.record.height), columns = Int(view.record.channels) / 40 * 32
        self.columns = columns
        terms = min(Int(view.record.height), state.mostTerms)
        values = view.bytes
        scales = (view.address + rows * columns).assumingMemoryBound(to: Float.self)
        sums = scales + rows * (columns / 32)
    }

    @inline(__always)
    func values(_ row: Int, _ column: Int = 0) -> UnsafeMutablePointer<Int8> { values + row * terms * columns + column }
    @inline(__always)
    func scales(_ row: Int, _ column: Int = 0) -> UnsafeMutablePointer<Float> { scales + (row * terms * columns + column) / 32 }
    @inline(__always)
    func sums(_ row: Int, _ column: Int = 0) -> UnsafeMutablePointer<Float> { sums + (row * terms * columns + column) / 32 }
    /// From a value to where what its rounding left goes; 0: nowhere.
    var rest: Int32 { terms == 1 ? 0 : Int32(columns) }
}
