#if arch(arm64) || arch(x86_64)
import CIntrinsics
import CKernels

/// Elementwise functions of eight floats, by ranges and polynomials; errors are relative and measured against float64.

/// e^x within 1e-7: x = n*ln 2 + r, |r| <= ln(2)/2, e^r by a fitted polynomial of degree 6. Infinity and 0 where they belong.
@_transparent
func exponential(_ x: floats8) -> floats8 {
    let bounded = clamp_floats8(x, -104, 89)
    // Adding 1.5 * 2^23 rounds to an integer and leaves it in the lowest bits.
    let magic = fill_floats8(0x1.8p23)
    let shifted = multiply_add_floats8(magic, bounded, fill_floats8(1.44269504))
    let n = subtract_floats8(shifted, magic)
    // ln 2 in two parts, so that the difference is exact to the last bit.
    var r = multiply_add_floats8(bounded, n, fill_floats8(-0x1.62E4p-1))
    r = multiply_add_floats8(r, n, fill_floats8(-0x1.7F7D1Cp-20))
    var p = multiply_add_floats8(fill_floats8(8.36941904e-3), r, fill_floats8(1.38131424e-3))
    p = multiply_add_floats8(fill_floats8(4.16684568e-2), r, p)
    p = multiply_add_floats8(fill_floats8(1.66665148e-1), r, p)
    p = multiply_add_floats8(fill_floats8(4.99999931e-1), r, p)
    p = multiply_add_floats8(fill_floats8(1), r, p)
    p = multiply_add_floats8(fill_floats8(1), r, p)
    return multiply_floats8(multiply_floats8(p, first_power_floats8(shifted)), second_power_floats8(shifted))
}

/// 1 / (1 + e^-x)
@_transparent
func sigmoid(_ x: floats8) -> floats8 {
    let one = fill_floats8(1)
    return divide_floats8(one, add_floats8(one, exponential(negate_floats8(x))))
}

/// x / (1 + e^-x)
@_transparent
func silu(_ x: floats8) -> floats8 {
    divide_floats8(x, add_floats8(fill_floats8(1), exponential(negate_floats8(x))))
}

/// x/2 * (1 + tanh(u)) = x / (1 + e^-2u), u = sqrt(2/pi) * (x + 0.044715 x^3)
@_transparent
func gelu(_ x: floats8) -> floats8 {
    let square = multiply_floats8(x, x)
    let minusTwoU = multiply_floats8(x, multiply_add_floats8(fill_floats8(-1.5957691216), square, fill_floats8(-0.07135481283)))
    return divide_floats8(x, add_floats8(fill_floats8(1), exponential(minusTwoU)))
}

/// By a polynomial near 0 (fitted), else 1 - 2 / (e^2|x| + 1).
@_transparent
func hyperbolicTangent(_ x: floats8) -> floats8 {
    let magnitude = magnitude_floats8(x), one = fill_floats8(1)
    let e = exponential(add_floats8(magnitude, magnitude))
    let far = subtract_floats8(one, divide_floats8(fill_floats8(2), add_floats8(e, one)))
    let square = multiply_floats8(x, x)
    var p = multiply_add_floats8(fill_floats8(2.06325494e-2), square, fill_floats8(-5.69738713e-3))
    p = multiply_add_floats8(fill_floats8(-5.37377991e-2), square, p)
    p = multiply_add_floats8(fill_floats8(1.33314204e-1), square, p)
    p = multiply_add_floats8(fill_floats8(-3.33332812e-1), square, p)
    let near = multiply_add_floats8(magnitude, multiply_floats8(magnitude, square), p)
    return signed_floats8(select_below_floats8(magnitude, fill_floats8(0.625), near, far), x)
}

/// x * (1 + erf(x / sqrt(2))) / 2 = max(x, 0) - |x|/2 * erfc(|x| / sqrt(2)), erfc as in Abramowitz and Stegun, 7.1.26.
@_transparent
func exactGELU(_ x: floats8) -> floats8 {
    // Beyond 20 the second term is 0, and infinity must not meet it.
    let magnitude = clamp_floats8(magnitude_floats8(x), 0, 20), one = fill_floats8(1)
    let t = divide_floats8(one, multiply_add_floats8(one, magnitude, fill_floats8(0.3275911 * 0.70710678)))
    var p = multiply_add_floats8(fill_floats8(-1.453152027), t, fill_floats8(1.061405429))
    p = multiply_add_floats8(fill_floats8(1.421413741), t, p)
    p = multiply_add_floats8(fill_floats8(-0.284496736), t, p)
    p = multiply_add_floats8(fill_floats8(0.254829592), t, p)
    let decay = exponential(multiply_floats8(multiply_floats8(magnitude, magnitude), fill_floats8(-0.5)))
    let half = multiply_floats8(multiply_floats8(magnitude, fill_floats8(-0.5)), multiply_floats8(t, decay))
    return multiply_add_floats8(maximum_floats8(fill_floats8(0), x), half, p)
}

/// output[i] = f(input[i]), any count. 0: sigmoid, 1: SiLU, 2: tanh, 3: GELU (tanh form), 4: e^x, 5: GELU.
@inline(__always)
func applyFunction(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ function: Int32, _ count: Int32) {
    switch function {
    case 0: apply(input, output, Int(count)) { sigmoid($0) }
    case 1: apply(input, output, Int(count)) { silu($0) }
    case 2: apply(input, output, Int(count)) { hyperbolicTangent($0) }
    case 3: apply(input, output, Int(count)) { gelu($0) }
    case 5: apply(input, output, Int(count)) { exactGELU($0) }
    default: apply(input, output, Int(count)) { exponential($0) }
    }
}

@inline(__always)
func apply(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ count: Int, _ f: (floats8) -> floats8) {
    var i = 0
    while i &+ 8 <= count {
        store_floats8(output + i, f(load_floats8(input + i)))
        i &+= 8
    }
    if i < count {
        // 64 bytes past the end may be read, none written.
        let last = f(load_floats8(input + i))
        var lane = 0
        while i < count {
            output[i] = last[lane]
            lane &+= 1
            i &+= 1
        }
    }
}
#endif
