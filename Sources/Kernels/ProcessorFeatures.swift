import CLinux

/// The instruction-set extensions of this processor that a kernel family may need.
public struct ProcessorFeatures: Sendable, Equatable {
    /// ARMv8.2 SDOT/UDOT (Cortex-A55, A76 and later).
    public var dotProduct = false
    /// ARMv8.6 SMMLA.
    public var int8Matrix = false
    /// x86 AVX2, FMA and F16C, the system saving the registers.
    public var avx2 = false
    /// x86 AVX-512 F, BW, DQ, VL and VNNI, the system saving the registers.
    public var vnni = false

    /// A processor with the architecture's baseline alone.
    public init() {}

    /// What this processor and its kernel offer.
    public static func detect() -> ProcessorFeatures {
        var features = ProcessorFeatures()
        let bits = linux_processor_features()
        features.dotProduct = bits & UInt32(LINUX_FEATURE_DOT_PRODUCT) != 0
        features.int8Matrix = bits & UInt32(LINUX_FEATURE_INT8_MATRIX) != 0
        features.avx2 = bits & UInt32(LINUX_FEATURE_AVX2) != 0
        features.vnni = bits & UInt32(LINUX_FEATURE_VNNI) != 0
        return features
    }
}
