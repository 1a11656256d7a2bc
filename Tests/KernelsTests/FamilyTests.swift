import Testing
@testable import Kernels

@Suite struct FamilyTests {
    /// Every family that this processor can run, against the reference.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func agreesWithReference(seed: UInt64) {
        for table in KernelTable.all(for: .detect()) {
            let report = SelfTest.run(table, casesPerKernel: 400, seed: seed)
            #expect(report.mismatch == nil)
            #expect(report.cases >= 400 * 9)
        }
    }

    /// The comparison itself must be able to fail.
    @Test func noticesWrongKernels() {
        var broken = KernelTable.reference
        broken.convolution = { task, slice in
            KernelTable.reference.convolution(task, slice)
            let last = Int(slice.pointee.endPixel - 1) * Int(task.pointee.outputPixelStride) + Int(slice.pointee.endChannel) - 1
            task.pointee.output[last] ^= 1
        }
        #expect(SelfTest.run(broken, casesPerKernel: 1).mismatch != nil)
        broken = .reference
        broken.floatDepthwise = { task, slice in
            KernelTable.reference.floatDepthwise(task, slice)
            task.pointee.output[Int(slice.pointee.firstPixel) * Int(task.pointee.outputPixelStride)
                                + Int(slice.pointee.firstChannel)] += 0.01
        }
        #expect(SelfTest.run(broken, casesPerKernel: 1).mismatch != nil)
    }

    @Test func tablesAreNamed() {
        let features = ProcessorFeatures.detect()
        #expect(KernelTable.named("reference", for: features)?.name == "reference")
        #expect(KernelTable.named("no such family", for: features) == nil)
        #expect(KernelTable.chosen(for: ProcessorFeatures()).name == KernelTable.all(for: ProcessorFeatures())[0].name)
        for table in KernelTable.all(for: features) { #expect(KernelTable.named(table.family, for: features)?.name == table.name) }
    }
}
