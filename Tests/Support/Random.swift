import Platform

/// Random numbers for tests: SplitMix64, the same cases on every run for a seed.
public struct Random: RandomNumberGenerator {
    private var source: SplitMix64

    public init(_ seed: UInt64) { source = SplitMix64(seed: seed) }

    public mutating func next() -> UInt64 { source.next() }

    /// 0 up to, not including, 1.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    public mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
    public mutating func bool() -> Bool { next() & 1 == 1 }
    public mutating func bytes(_ count: Int, _ range: ClosedRange<Int> = -128...127) -> [Int8] { (0..<count).map { _ in Int8(int(range)) } }
    public mutating func floats(_ count: Int, _ range: ClosedRange<Float> = -1...1) -> [Float] {
        (0..<count).map { _ in Float.random(in: range, using: &self) }
    }
    public mutating func int32s(_ count: Int, _ range: ClosedRange<Int>) -> [Int32] { (0..<count).map { _ in Int32(int(range)) } }
}
