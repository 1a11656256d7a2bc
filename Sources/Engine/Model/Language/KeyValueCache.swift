import Nest
import Platform

/// How large the caches of a program's attention layers are for a context length.
struct CachePlan {
    struct Layer {
        var instruction: Int
        /// Halves of one position: keys, and as many values.
        var width: Int
        /// 0: sees everything.
        var window: Int
    }

    let layers: [Layer]
    /// Most rows of one run.
    let rows: Int
    /// Positions that the model was trained for.
    let trainedContext: Int

    /// Nil for a program that is no language model.
    init?(_ program: Program) {
        var layers: [Layer] = [], trained: Int?
        for (index, instruction) in program.instructions.enumerated() {
            if instruction.opcode == .embedding, let a = EmbeddingAttributes(words: instruction.attributes) {
                trained = Int(a.contextLength)
            }
            guard instruction.opcode == .attention, let a = AttentionAttributes(words: instruction.attributes) else { continue }
            layers.append(Layer(instruction: index, width: Int(a.keyValueHeads) * Int(a.headDimension), window: Int(a.window)))
        }
        guard let trained else { return nil }
        self.layers = layers
        rows = Int(program.tensors[Int(program.inputs[0])].width)
        trainedContext = trained
    }

    /// Slots of a layer's ring. One that slides keeps its window and the rows of a run, so that no row overwrites what
    /// another of the same run, or one after a step back over a run, still sees.
    func slots(_ layer: Layer, context: Int) -> Int { layer.window == 0 ? context : min(context, layer.window + rows) }

    /// Bytes of a layer's keys, and as many again of its values.
    func bytes(_ layer: Layer, context: Int) -> Int64 { (Int64(slots(layer, context: context)) * Int64(layer.width) * 2 + 63) / 64 * 64 }

    /// Bytes of all caches; `tooLarge` where they are more than this processor can address.
    func bytes(context: Int) -> Int {
        let all = layers.reduce(Int64(0)) { $0 + 2 * bytes($1, context: context) + 64 }
        return Int(clamping: min(all, Int64(Self.tooLarge)))
    }

    static let tooLarge = Int.max / 4

    /// The most positions whose caches take at most so many bytes; at most `most`.
    func context(bytes available: Int, most: Int) -> Int {
        var low = 0, high = most
        while low < high {
            let middle = (low + high + 1) / 2
            if bytes(context: middle) <= available { low = middle } else { high = middle - 1 }
        }
        return low
    }
}

/// Keys and values of every position evaluated so far, as half floats: [slot][keyValueHeads][headDimension].
final class KeyValueCache {
    struct Layer {
        let keys: UnsafeMutablePointer<UInt16>, values: UnsafeMutablePointer<UInt16>
        let slots: Int, width: Int, window: Int
    }

    private let plan: CachePlan
    /// Positions that there is room for; 0 before it has a place.
    private(set) var context = 0
    private var memory: PageMemory?
    private var layers: [Layer] = []

    init(_ plan: CachePlan) { self.plan = plan }

    /// Takes memory for so many positions, and gives back what it had; every layer is at another place then.
    func place(context: Int) throws(Failure) {
        let bytes = plan.bytes(context: context)
        guard bytes < CachePlan.tooLarge else {
            throw Failure(.resource, "the cache of a context of \(context) is more than this processor can address; ask for less")
        }
        let memory = try PageMemory(count: bytes + NestLayout.slack,
                                    for: "the keys and values of a context of \(context) (a shorter one needs less)")
        var next = memory.baseAddress, layers: [Layer] = []
        for layer in plan.layers {
            let slots = plan.slots(layer, context: context), bytes = Int(plan.bytes(layer, context: context))
            layers.append(Layer(keys: next.assumingMemoryBound(to: UInt16.self),
                                values: (next + bytes).assumingMemoryBound(to: UInt16.self),
                                slots: slots, width: layer.width, window: layer.window))
            next += 2 * bytes + 64
        }
        self.memory = memory
        self.context = context
        self.layers = layers
    }

    var bytes: Int { memory?.bytes.count ?? 0 }

    func layer(ofInstruction index: Int) -> Layer {
        for (position, layer) in plan.layers.enumerated() where layer.instruction == index { return layers[position] }
        fatalError("a layer without a cache")
    }

    /// Whether everything that a row at `position` sees is there when `filled` positions have been evaluated.
    func holds(position: Int, filled: Int) -> Bool {
        if position > filled { return false }
        for layer in layers where layer.window > 0 {
            let first = max(0, position - layer.window + 1)
            if first < position, filled - first > layer.slots { return false }
        }
        return true
    }

    // MARK: saving a prefix

    /// Bytes of a saved prefix.
    func savedBytes(positions: Int) -> Int { layers.reduce(0) { $0 + 4 * $1.width * min(positions, $1.slots) } }

    /// Copies between the cache and a buffer of `savedBytes(positions:)`: layer after layer, keys then values, the
    /// positions that the layer still holds in order.
    func copyPrefix(positions: Int, _ copy: (_ cached: UnsafeMutableRawPointer, _ offset: Int, _ bytes: Int) -> Void) {
        var offset = 0
        for layer in layers {
            for part in [layer.keys, layer.values] {
                for position in max(0, positions - layer.slots)..<positions {
                    copy(UnsafeMutableRawPointer(part + position % layer.slots * layer.width), offset, 2 * layer.width)
                    offset += 2 * layer.width
                }
            }
        }
    }
}
