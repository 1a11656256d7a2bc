/// Reproducible random numbers: xoshiro256** (Blackman and Vigna, 2018), seeded through SplitMix64, so that one seed
/// gives one text on every board.
public struct RandomSource: Sendable {
    private var s0, s1, s2, s3: UInt64

    /// Any seed will do, 0 as well.
    public init(seed: UInt64) {
        var mixed = SplitMix64(seed: seed)
        s0 = mixed.next()
        s1 = mixed.next()
        s2 = mixed.next()
        s3 = mixed.next()
    }

    /// 64 random bits.
    public mutating func bits() -> UInt64 {
        let product = s1 &* 5
        let result = ((product << 7) | (product >> 57)) &* 9
        let shifted = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = (s3 << 45) | (s3 >> 19)
        return result
    }

    /// 0 up to, not including, 1.
    public mutating func unit() -> Double { Double(bits() >> 11) * 0x1p-53 }
}
