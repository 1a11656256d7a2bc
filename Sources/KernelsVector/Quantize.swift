#if arch(arm64) || arch(x86_64)
import CIntrinsics
import CKernels

/// 32 floats, quantised as LanguageKernels.h says; `rest`: in groups.
@_transparent
func quantizeGroup(_ a: floats8, _ b: floats8, _ c: floats8, _ d: floats8, _ values: UnsafeMutablePointer<Int8>,
                          _ scale: UnsafeMutablePointer<Float>, _ sum: UnsafeMutablePointer<Float>, _ rest: Int) {
    var largest = maximum_floats8(fill_floats8(0), magnitude_floats8(a))
    largest = maximum_floats8(largest, magnitude_floats8(b))
    largest = maximum_floats8(largest, magnitude_floats8(c))
    largest = maximum_floats8(largest, magnitude_floats8(d))
    let most = greatest_floats8(largest)
    let step = (most > Float.greatestFiniteMagnitude ? Float.greatestFiniteMagnitude : most) / 127
    scale.pointee = step
    sum.pointee = store_quantized_32(values, a, b, c, d, 1 / step)
    if rest == 0 { return }
    let back = fill_floats8(0 - step)
    scale[rest] = step / 254
    sum[rest] = store_quantized_32(values + rest &* 32, multiply_add_floats8(a, load_bytes8(values), back),
                                   multiply_add_floats8(b, load_bytes8(values + 8), back),
                                   multiply_add_floats8(c, load_bytes8(values + 16), back),
                                       multiply_add_floats8(d, load_bytes8(values + 24), back), 254 / step)
}

@inline(__always)
func quantizeGroups(_ x: UnsafePointer<Float>, _ values: UnsafeMutablePointer<Int8>, _ scales: UnsafeMutablePointer<Float>,
                           _ sums: UnsafeMutablePointer<Float>, _ count: Int32, _ rest: Int32) {
    var group = 0
    while group < Int(count) / 32 {
        let p = x + group &* 32
        quantizeGroup(load_floats8(p), load_floats8(p + 8), load_floats8(p + 16), load_floats8(p + 24), values + group &* 32,
                      scales + group, sums + group, Int(rest) / 32)
        group &+= 1
    }
}

/// The root mean square norm; its loops are those of LanguageKernels.h.
@inline(__always)
func normalize(
    _ x: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, _ epsilon: Float, _ normalized: UnsafeMutablePointer<Float>?,
    _ values: UnsafeMutablePointer<Int8>?, _ scales: UnsafeMutablePointer<Float>?, _ sums: UnsafeMutablePointer<Float>?, _ count: Int32,
        _ rest: Int32
) {
    let count = Int(count)
    var a = fill_floats8(0), b = a
    var i = 0
    while i < count {
        let first = load_floats8(x + i), second = load_floats8(x + i + 8)
        a = multiply_add_floats8(a, first, first)
        b = multiply_add_floats8(b, second, second)
        i &+= 16
    }
    let mean = total_floats8(add_floats8(a, b)) / Float(count)
    let factor = fill_floats8(1 / (mean + epsilon).squareRoot())
    guard let values, let scales, let sums else {
        guard let normalized else { return }
        i = 0
        while i < count {
            store_floats8(normalized + i, normal(x, weight, factor, i))
            i &+= 8
        }
        return
    }
    i = 0
    while i < count {
        let n0 = normal(x, weight, factor, i), n1 = normal(x, weight, factor, i &+ 8)
        let n2 = normal(x, weight, factor, i &+ 16), n3 = normal(x, weight, factor, i &+ 24)
        if let normalized {
            store_floats8(normalized + i, n0)
            store_floats8(normalized + i + 8, n1)
            store_floats8(normalized + i + 16, n2)
            store_floats8(normalized + i + 24, n3)
        }
        quantizeGroup(n0, n1, n2, n3, values + i, scales + i / 32, sums + i / 32, Int(rest) / 32)
        i &+= 32
    }
}

@_transparent
func normal(_ x: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, _ factor: floats8, _ i: Int) -> floats8 {
    multiply_floats8(multiply_floats8(load_floats8(x + i), factor), load_floats8(weight + i))
}

/// The layer norm: mean first, so that the variance doesn't cancel.
@inline(__always)
func layerNormalize(_ x: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ epsilon: Float,
                    _ y: UnsafeMutablePointer<Float>, _ count: Int32) {
    let count = Int(count)
    var a = fill_floats8(0), b = a
    var i = 0
    while i < count {
        a = add_floats8(a, load_floats8(x + i))
        b = add_floats8(b, load_floats8(x + i + 8))
        i &+= 16
    }
    let mean = fill_floats8(total_floats8(add_floats8(a, b)) / Float(count))
    a = fill_floats8(0)
    b = a
    i = 0
    while i < count {
        let first = subtract_floats8(load_floats8(x + i), mean), second = subtract_floats8(load_floats8(x + i + 8), mean)
        a = multiply_add_floats8(a, first, first)
        b = multiply_add_floats8(b, second, second)
        i &+= 16
    }
    let factor = fill_floats8(1 / (total_floats8(add_floats8(a, b)) / Float(count) + epsilon).squareRoot())
    i = 0
    while i < count {
        let normal = multiply_floats8(subtract_floats8(load_floats8(x + i), mean), factor)
        store_floats8(y + i, multiply_add_floats8(load_floats8(bias + i), normal, load_floats8(weight + i)))
        i &+= 8
    }
}

/// activation(gate) * up, quantised.
@inline(__always)
func gated(
    _ gate: UnsafePointer<Float>, _ up: UnsafePointer<Float>, _ values: UnsafeMutablePointer<Int8>,
    _ scales: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Float>, _ function: Int32, _ count: Int32, _ rest: Int32
) {
    if function == 0 {
        gatedGroups(gate, up, values, scales, sums, Int(count), Int(rest) / 32) { silu($0) }
    } else {
        gatedGroups(gate, up, values, scales, sums, Int(count), Int(rest) / 32) { gelu($0) }
    }
}

@inline(__always)
func gatedGroups(
    _ gate: UnsafePointer<Float>, _ up: UnsafePointer<Float>, _ values: UnsafeMutablePointer<Int8>,
    _ scales: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Float>, _ count: Int, _ rest: Int, _ f: (floats8) -> floats8
) {
    var i = 0
    while i < count {
        let a = multiply_floats8(f(load_floats8(gate + i)), load_floats8(up + i))
        let b = multiply_floats8(f(load_floats8(gate + i + 8)), load_floats8(up + i + 8))
        let c = multiply_floats8(f(load_floats8(gate + i + 16)), load_floats8(up + i + 16))
        let d = multiply_floats8(f(load_floats8(gate + i + 24)), load_floats8(up + i + 24))
        quantizeGroup(a, b, c, d, values + i, scales + i / 32, sums + i / 32, rest)
        i &+= 32
    }
}

@inline(__always)
func toHalves(_ x: UnsafePointer<Float>, _ halves: UnsafeMutablePointer<UInt16>, _ count: Int32) {
    var i = 0
    while i &+ 8 <= Int(count) {
        store_halves8(halves + i, load_floats8(x + i))
        i &+= 8
    }
    if i < Int(count) { store_some_halves8(halves + i, load_floats8(x + i), count &- Int32(truncatingIfNeeded: i)) }
}
#endif
