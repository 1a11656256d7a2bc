#if arch(x86_64)
import CKernels

extension KernelTable {
    /// The x86 tables that this processor can run, best first.
    static func fast(for features: ProcessorFeatures) -> [KernelTable] {
        var tables: [KernelTable] = []
        if features.vnni {
            var table = avx2
            table.name = "vnni+avx2"
            table.convolution = { vnni_convolution($0, $1) }
            table.depthwise = { vnni_depthwise($0, $1) }
            table.floatConvolution = { vnni_float_convolution($0, $1) }
            table.floatDepthwise = { vnni_float_depthwise($0, $1) }
            table.matrix = { vnni_matrix($0, $1, $2) }
            tables.append(table)
        }
        if features.avx2 { tables.append(avx2) }
        return tables
    }

    private static var avx2: KernelTable {
        var table = KernelTable(
            name: "avx2", convolution: { avx2_convolution($0, $1) }, depthwise: { avx2_depthwise($0, $1) },
            floatConvolution: { avx2_float_convolution($0, $1) }, floatDepthwise: { avx2_float_depthwise($0, $1) },
            add: { avx2_add($0, $1, $2) }, lookup: { avx2_lookup($0, $1, $2, $3) },
            quantize: { avx2_quantize($0, $1, $2, $3, $4) }, dequantize: { avx2_dequantize($0, $1, $2, $3, $4) },
            channelSums: { avx2_channel_sums($0, $1, $2, $3, $4) }, matrix: { avx2_matrix($0, $1, $2) })
        table.takeVectorKernels()
        return table
    }
}
#endif
