#if arch(arm64) || arch(x86_64)
import CKernels

extension KernelTable {
    /// What lies between the matrices of language models.
    mutating func takeVectorKernels() {
        quantizeGroups = { vector_quantize_groups($0, $1, $2, $3, $4, $5) }
        normalize = { vector_normalize($0, $1, $2, $3, $4, $5, $6, $7, $8) }
        layerNormalize = { vector_layer_normalize($0, $1, $2, $3, $4, $5) }
        gated = { vector_gated($0, $1, $2, $3, $4, $5, $6, $7) }
        attention = { vector_attention($0, $1, $2, $3, $4) }
        toHalves = { vector_to_halves($0, $1, $2) }
        function = { vector_function($0, $1, $2, $3) }
    }
}
#endif
