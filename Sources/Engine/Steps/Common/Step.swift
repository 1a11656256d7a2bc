import CKernels
import Kernels
import Nest
import Platform

/// One instruction made ready: pointers resolved, task structures built, slices counted. Executing it allocates
/// nothing.
class Step: SlicedWork {
    let index: Int
    /// Scratch memory that one worker needs; the model gives every worker as much as its largest step asks for.
    var scratchBytes = 0
    /// Memory of its own that a step keeps.
    var ownBytes: Int { 0 }
    private var scratchBase: UnsafeMutableRawPointer?
    private var scratchStride = 0

    init(index: Int) { self.index = index }

    func setScratch(_ base: UnsafeMutableRawPointer, stride: Int) {
        scratchBase = base
        scratchStride = stride
    }

    /// A worker's own scratch memory, 64-byte aligned.
    @inline(__always)
    final func scratch(_ worker: Int) -> UnsafeMutableRawPointer {
        invariant(worker >= 0 && scratchBytes <= scratchStride, "scratch smaller than its step")
        return scratchBase! + worker * scratchStride
    }

    /// The cache's memory stands where it will be used, or at another place than before; called at least once before a run.
    func cacheWasPlaced() {}

    /// Called before every execution with 0, 1, …, until it says that there is nothing more: a step that depends on the
    /// run, or takes several hand-overs to the threads, sets its `slices` here.
    func prepare(_ phase: Int) -> Bool { phase == 0 }

    /// Checks what can only be seen in the weights themselves (scales); called when they are first in memory.
    func checkWeights() throws(Failure) {}
}

/// A task at an address that several workers may read at once.
func allocated<Task>(_ task: Task) -> UnsafeMutablePointer<Task> {
    let pointer = UnsafeMutablePointer<Task>.allocate(capacity: 1)
    pointer.initialize(to: task)
    return pointer
}

/// A tensor in memory.
struct View {
    let record: TensorRecord
    let address: UnsafeMutableRawPointer

    var bytes: UnsafeMutablePointer<Int8> { address.assumingMemoryBound(to: Int8.self) }
    var floats: UnsafeMutablePointer<Float> { address.assumingMemoryBound(to: Float.self) }
    var pixels: Int { record.pixels }
    var channels: Int { Int(record.channels) }
    var stride: Int { Int(record.pixelStride) }
    var isDense: Bool { record.pixelStride == record.channels }
    var type: ElementType { record.type }
}

/// What steps are built from.
struct StepContext {
    let program: Program
    let instruction: Instruction
    let index: Int
    let arena: UnsafeMutableRawPointer
    let weights: WeightStore
    let kernels: KernelTable
    let threads: Int
    /// What the steps of a language model share; nil in other programs.
    let language: LanguageState?

    /// The tensors have been checked, so a missing one cannot happen.
    func view(_ tensor: Int32) -> View {
        let record = program.tensors[Int(tensor)]
        invariant(record.offset >= 0 && Int(record.offset) % record.type.size == 0, "a tensor that isn't aligned")
        invariant(Int(record.offset) + record.spanBytes <= room(record), "a tensor outside its part of memory")
        let base = record.storage == .constant ? UnsafeMutableRawPointer(mutating: weights.address(Int(record.chunk))) : arena
        return View(record: record, address: base + Int(record.offset))
    }

    /// Bytes of what holds a tensor.
    private func room(_ record: TensorRecord) -> Int {
        switch record.storage {
        case .arena: Int(program.arenaBytes)
        case .state: Int(program.stateBytes)
        case .constant: weights.nest.chunks[Int(record.chunk)].length
        }
    }

    func optionalView(_ tensor: Int32) -> View? { tensor == noTensor ? nil : view(tensor) }

    var blob: UnsafeRawPointer {
        invariant(instruction.chunk >= 0 && instruction.blobOffset % Int64(NestLayout.blobAlignment) == 0,
                  "weights that aren't there or aren't aligned")
        return weights.address(Int(instruction.chunk)) + Int(instruction.blobOffset)
    }

    var words: [Int32] { instruction.attributes }
}
