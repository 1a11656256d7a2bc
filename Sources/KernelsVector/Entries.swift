#if arch(arm64) || arch(x86_64)
import CKernels

// The entry points of what lies between the matrices of language models: one code for both architectures, eight floats at
// a time.

@_cdecl("vector_quantize_groups")
public func vectorQuantizeGroups(_ x: UnsafePointer<Float>, _ values: UnsafeMutablePointer<Int8>, _ scales: UnsafeMutablePointer<Float>,
                                 _ sums: UnsafeMutablePointer<Float>, _ count: Int32, _ rest: Int32) {
    quantizeGroups(x, values, scales, sums, count, rest)
}

@_cdecl("vector_normalize")
public func vectorNormalize(
    _ x: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, _ epsilon: Float, _ normalized: UnsafeMutablePointer<Float>?,
    _ values: UnsafeMutablePointer<Int8>?, _ scales: UnsafeMutablePointer<Float>?, _ sums: UnsafeMutablePointer<Float>?, _ count: Int32,
        _ rest: Int32
) {
    normalize(x, weight, epsilon, normalized, values, scales, sums, count, rest)
}

@_cdecl("vector_layer_normalize")
public func vectorLayerNormalize(_ x: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
                                 _ epsilon: Float, _ y: UnsafeMutablePointer<Float>, _ count: Int32) {
    layerNormalize(x, weight, bias, epsilon, y, count)
}

@_cdecl("vector_gated")
public func vectorGated(
    _ gate: UnsafePointer<Float>, _ up: UnsafePointer<Float>, _ values: UnsafeMutablePointer<Int8>,
    _ scales: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Float>, _ function: Int32, _ count: Int32, _ rest: Int32
) {
    gated(gate, up, values, scales, sums, function, count, rest)
}

@_cdecl("vector_attention")
public func vectorAttention(_ task: UnsafePointer<AttentionTask>, _ row: Int32, _ firstHead: Int32, _ endHead: Int32,
                            _ scratch: UnsafeMutablePointer<Float>) {
    attention(task, row, firstHead, endHead, scratch) { heads, count in
        switch count {
        case 1: attendOne(heads)
        case 2: attendTwo(heads)
        case 3: attendThree(heads)
        default: attendFour(heads)
        }
    }
}

@inline(never) private func attendOne(_ heads: AttentionHeads) { heads.attend(heads: 1) }
@inline(never) private func attendTwo(_ heads: AttentionHeads) { heads.attend(heads: 2) }
@inline(never) private func attendThree(_ heads: AttentionHeads) { heads.attend(heads: 3) }
@inline(never) private func attendFour(_ heads: AttentionHeads) { heads.attend(heads: 4) }

@_cdecl("vector_to_halves")
public func vectorToHalves(_ x: UnsafePointer<Float>, _ halves: UnsafeMutablePointer<UInt16>, _ count: Int32) {
    toHalves(x, halves, count)
}

@_cdecl("vector_function")
public func vectorFunction(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ function: Int32, _ count: Int32) {
    applyFunction(input, output, function, count)
}
#endif
