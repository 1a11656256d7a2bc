import CLinux
import Platform

/// Random numbers that a seed repeats: xorshift64*, after Vigna, *An experimental exploration of Marsaglia's xorshift
/// generators, scrambled*, 2016; normal ones by Marsaglia's polar method.
public struct ChipRandom {
    private var state: UInt64
    private var spare = 0.0
    private var hasSpare = false

    /// Any seed will do, 0 as well; the same one gives the same part and noise.
    public init(seed: UInt64) {
        // A generator of this kind must not start at zero, and near seeds must part soon.
        var mixing = SplitMix64(seed: seed)
        let mixed = mixing.next()
        state = mixed == 0 ? 1 : mixed
    }

    /// 64 random bits.
    public mutating func bits() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    /// 0 ≤ x < 1
    public mutating func uniform() -> Double { Double(bits() >> 11) * 0x1p-53 }

    /// Mean 0, deviation 1.
    public mutating func normal() -> Double {
        if hasSpare {
            hasSpare = false
            return spare
        }
        while true {
            let x = uniform() * 2 - 1, y = uniform() * 2 - 1
            let square = x * x + y * y
            guard square < 1, square > 0 else { continue }
            let factor = (-2 * log(square) / square).squareRoot()
            spare = y * factor
            hasSpare = true
            return x * factor
        }
    }

    /// Three independent normal numbers, for the axes of a sensor.
    public mutating func normal3() -> SIMD3<Double> { SIMD3(normal(), normal(), normal()) }
}
