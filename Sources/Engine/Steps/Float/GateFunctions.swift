// The functions of recurrent layers' gates, without branches or calls, so that loops over them become vector
// instructions. Within 2e-7 of the exact functions; NaN stays NaN.

/// 1 / (1 + e^-x). The exponential is 2^n times a polynomial over half a unit of log2 to either side of zero
/// (Cody and Waite, *Software Manual for the Elementary Functions*, 1980).
@inline(__always)
func gateSigmoid(_ value: Float) -> Float {
    var x = value
    // Beyond this 2^n would leave Float; comparisons that NaN fails leave it NaN.
    x = x < -87 ? -87 : x
    x = x > 87 ? 87 : x
    // Added to a float of this size, a number is rounded to an integer, in the lowest bits.
    let rounding: Float = 12_582_912
    let rounded = gateFused(rounding, x, -1.442_695_04)
    let n = rounded - rounding
    // ln 2 in two parts: n times the first is exact.
    var rest = gateFused(-x, n, -0.693_145_751_953_125)
    rest = gateFused(rest, n, -1.428_606_82e-6)
    var p = gateFused(8.333_452e-3, rest, 1.388_868_7e-3)
    p = gateFused(0.041_665_795, rest, p)
    p = gateFused(0.166_666_55, rest, p)
    p = gateFused(0.5, rest, p)
    p = gateFused(1, rest, p)
    p = gateFused(1, rest, p)
    let power = Float(bitPattern: (rounded.bitPattern &<< 23) &+ 0x3F80_0000)
    return 1 / gateFused(1, p, power)
}

@inline(__always)
func gateTanh(_ x: Float) -> Float { gateFused(-1, 2, gateSigmoid(2 * x)) }

/// a + b·c: one instruction on ARM. Elsewhere a processor may lack it, and a call would be far slower.
@inline(__always)
func gateFused(_ a: Float, _ b: Float, _ c: Float) -> Float {
    #if arch(arm64)
    a.addingProduct(b, c)
    #else
    a + b * c
    #endif
}
