/// SplitMix64 (Steele, Lea and Flood, 2014): the smallest generator with good numbers, the same sequence for a seed
/// everywhere. Where few numbers are wanted, and to make a larger generator's state of a seed.
public struct SplitMix64: Sendable {
    private var state: UInt64

    /// Any seed will do, 0 as well.
    public init(seed: UInt64) { state = seed }

    /// 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 0 up to, not including, `bound`.
    public mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
