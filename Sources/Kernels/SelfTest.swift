import CKernels
import Platform

/// A seeded comparison of a kernel family with the reference over odd shapes: what tests run on the laptop, and what
/// `selftest` runs on the board itself.
public struct SelfTest {
    /// Comparisons made, and what the first wrong one was; a comparison that fails ends the run.
    public struct Report: Sendable {
        public var cases = 0
        public var mismatch: String?
    }

    let table: KernelTable
    let reference = KernelTable.reference
    var random: CaseRandom
    var report = Report()

    /// Compares `table` with the reference: `casesPerKernel` random tasks for each entry point.
    public static func run(_ table: KernelTable, casesPerKernel: Int = 100, seed: UInt64 = 1) -> Report {
        var test = SelfTest(table: table, random: CaseRandom(seed: seed))
        for index in 0..<casesPerKernel {
            test.convolutionCase(index)
            test.depthwiseCase(index)
            test.floatConvolutionCase(index)
            test.floatDepthwiseCase(index)
            test.addCase(index)
            test.elementwiseCase(index)
            test.languageCases(index)
            if test.report.mismatch != nil { break }
        }
        return test.report
    }

    /// The part that language models need.
    public static func runLanguage(_ table: KernelTable, casesPerKernel: Int = 100, seed: UInt64 = 1) -> Report {
        var test = SelfTest(table: table, random: CaseRandom(seed: seed))
        for index in 0..<casesPerKernel where test.report.mismatch == nil { test.languageCases(index) }
        return test.report
    }

    /// Compares whole buffers: bytes outside the slice must be as they were.
    @inline(never)
    mutating func compare(_ actual: TestBuffer<Int8>, _ expected: TestBuffer<Int8>, _ what: String) {
        report.cases += 1
        guard report.mismatch == nil else { return }
        for i in 0..<actual.capacity where actual[i] != expected[i] {
            report.mismatch = "\(table.name) \(what): element \(i) is \(actual[i]), expected \(expected[i])"
            return
        }
    }

    /// Compares whole buffers; outside the slice both hold the same bits, so a tolerance does no harm there.
    @inline(never)
    mutating func compare(_ actual: TestBuffer<Float>, _ expected: TestBuffer<Float>, tolerance: Float, _ what: String) {
        report.cases += 1
        guard report.mismatch == nil else { return }
        for i in 0..<actual.capacity where !(abs(actual[i] - expected[i]) <= tolerance) {
            // Embedded Swift does not print floats: millionths.
            let a = Int64(Swift.min(Swift.max(actual[i] * 1e6, -1e15), 1e15)),
                e = Int64(Swift.min(Swift.max(expected[i] * 1e6, -1e15), 1e15))
            report.mismatch = "\(table.name) \(what): element \(i) is \(a)e-6, expected \(e)e-6"
            return
        }
    }
}

/// What cases are drawn with: the same sequence everywhere.
struct CaseRandom {
    private var source: RandomSource

    init(seed: UInt64) { source = RandomSource(seed: seed) }

    mutating func next() -> UInt64 { source.bits() }

    /// Uniform in [low, high].
    mutating func integer(_ low: Int, _ high: Int) -> Int { low + Int(truncatingIfNeeded: (next() >> 33) % UInt64(high - low + 1)) }

    /// True once in `n`.
    mutating func oneIn(_ n: Int) -> Bool { integer(1, n) == 1 }

    /// Uniform in [-1, 1].
    mutating func unit() -> Float { Float(integer(-1_000_000, 1_000_000)) * 1e-6 }
}

/// A 64-byte aligned buffer with 64 readable bytes and more after its end, which hold noise.
final class TestBuffer<Element: BitwiseCopyable> {
    let count: Int
    let capacity: Int
    let pointer: UnsafeMutablePointer<Element>
    private let raw: UnsafeMutableRawPointer

    init(_ count: Int, _ make: () -> Element) {
        self.count = count
        capacity = count + 64
        let bytes = (capacity * MemoryLayout<Element>.stride + 127) / 64 * 64
        raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        pointer = raw.bindMemory(to: Element.self, capacity: capacity)
        for i in 0..<capacity { (pointer + i).initialize(to: make()) }
    }

    /// A copy, noise included.
    convenience init(copying other: TestBuffer<Element>) {
        var i = 0
        self.init(other.count) {
            i += 1
            return other[i - 1]
        }
    }

    convenience init(_ values: [Element], noise: () -> Element) {
        var i = 0
        self.init(values.count) {
            i += 1
            return i <= values.count ? values[i - 1] : noise()
        }
    }

    deinit { raw.deallocate() }

    subscript(_ i: Int) -> Element { pointer[i] }
}
