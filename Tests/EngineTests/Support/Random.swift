/// SplitMix64: the same sequence for a seed everywhere.
struct Random: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
    mutating func bool() -> Bool { next() & 1 == 1 }
    mutating func bytes(_ count: Int, _ range: ClosedRange<Int> = -128...127) -> [Int8] { (0..<count).map { _ in Int8(int(range)) } }
    mutating func floats(_ count: Int, _ range: ClosedRange<Float> = -1...1) -> [Float] { (0..<count).map { _ in Float.random(in: range, using: &self) } }
    mutating func int32s(_ count: Int, _ range: ClosedRange<Int>) -> [Int32] { (0..<count).map { _ in Int32(int(range)) } }
}
