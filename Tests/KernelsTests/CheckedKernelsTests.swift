import CKernels
import Kernels
import Testing

/// A sum of four pixels, with room for many more: what lies outside passes unseen where nobody looks.
private func fourPixels() -> AddTask {
    let bytes = UnsafeMutablePointer<Int8>.allocate(capacity: 1024)
    bytes.initialize(repeating: 0, count: 1024)
    var task = AddTask()
    (task.a, task.b, task.output) = (UnsafePointer(bytes), UnsafePointer(bytes), bytes)
    (task.pixels, task.channels, task.strideA, task.strideB, task.outputPixelStride) = (4, 16, 16, 16, 16)
    (task.outputMinimum, task.outputMaximum) = (-128, 127)
    return task
}

/// What kernels are called with is looked at in host builds: without that, these calls would work on a neighbour's bytes.
@Suite struct CheckedKernelsTests {
    @Test func aSliceOutsideItsTaskEndsTheProgram() async {
        await #expect(processExitsWith: .failure) {
            var task = fourPixels()
            KernelTable.chosen(for: .detect()).add(&task, 0, 4)
            KernelTable.chosen(for: .detect()).add(&task, 0, 5)
        }
    }

    @Test func aSliceWithinItsTaskIsDone() async {
        await #expect(processExitsWith: .success) {
            var task = fourPixels()
            KernelTable.chosen(for: .detect()).add(&task, 0, 4)
        }
    }
}
