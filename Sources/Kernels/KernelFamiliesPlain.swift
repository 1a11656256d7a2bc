#if !arch(arm64) && !arch(x86_64)
extension KernelTable {
    /// The only table besides the reference on 32-bit ARM, whose compiler has NEON.
    static func fast(for features: ProcessorFeatures) -> [KernelTable] {
        var plain = reference
        plain.name = "plain"
        plain.convolution = plainConvolution
        plain.depthwise = plainDepthwise
        return [plain]
    }
}
#endif
