#if !arch(x86_64)
extension KernelTable {
    static func fast(for features: ProcessorFeatures) -> [KernelTable] { [] }
}
#endif
