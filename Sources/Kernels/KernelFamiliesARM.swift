#if arch(arm64)
import CKernels

extension KernelTable {
    /// The ARM tables that this processor can run, best first.
    static func fast(for features: ProcessorFeatures) -> [KernelTable] {
        var tables: [KernelTable] = []
        var dotprod = neon
        dotprod.name = "dotprod+neon"
        dotprod.convolution = { dotprod_convolution($0, $1) }
        dotprod.depthwise = { dotprod_depthwise($0, $1) }
        dotprod.matrix = { dotprod_matrix($0, $1, $2) }
        if features.dotProduct && features.int8Matrix {
            var i8mm = dotprod
            i8mm.name = "i8mm+dotprod+neon"
            i8mm.convolution = { i8mm_convolution($0, $1) }
            tables.append(i8mm)
        }
        if features.dotProduct { tables.append(dotprod) }
        tables.append(neon)
        return tables
    }

    private static var neon: KernelTable {
        var table = KernelTable(
            name: "neon", convolution: { neon_convolution($0, $1) }, depthwise: { neon_depthwise($0, $1) },
            floatConvolution: { neon_float_convolution($0, $1) }, floatDepthwise: { neon_float_depthwise($0, $1) },
            add: { neon_add($0, $1, $2) }, lookup: { neon_lookup($0, $1, $2, $3) },
            quantize: { neon_quantize($0, $1, $2, $3, $4) }, dequantize: { neon_dequantize($0, $1, $2, $3, $4) },
            channelSums: { neon_channel_sums($0, $1, $2, $3, $4) }, matrix: { neon_matrix($0, $1, $2) })
        table.takeVectorKernels()
        return table
    }
}
#endif
