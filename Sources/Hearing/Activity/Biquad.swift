import CLinux

/// A filter of second order (transposed direct form II), designed after Robert Bristow-Johnson's "Cookbook formulae for audio
/// EQ biquad filter coefficients".
struct Biquad {
    private let b0: Float, b1: Float, b2: Float, a1: Float, a2: Float
    private var first: Float = 0, second: Float = 0

    private init(b: (Double, Double, Double), a: (Double, Double, Double)) {
        b0 = Float(b.0 / a.0)
        b1 = Float(b.1 / a.0)
        b2 = Float(b.2 / a.0)
        a1 = Float(a.1 / a.0)
        a2 = Float(a.2 / a.0)
    }

    /// Passes what lies above a frequency (Butterworth); `frequency` and `rate` in hertz.
    static func highPass(_ frequency: Double, rate: Double) -> Biquad {
        let angle = 2 * Double.pi * frequency / rate, cosine = cos(angle), alpha = sin(angle) / 2.0.squareRoot()
        return Biquad(b: ((1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2), a: (1 + alpha, -2 * cosine, 1 - alpha))
    }

    /// Passes what lies between two frequencies, with gain 1 in their geometric middle.
    static func bandPass(_ low: Double, _ high: Double, rate: Double) -> Biquad {
        let middle = (low * high).squareRoot(), angle = 2 * Double.pi * middle / rate
        let alpha = sin(angle) / 2 * (high - low) / middle
        return Biquad(b: (alpha, 0, -alpha), a: (1 + alpha, -2 * cos(angle), 1 - alpha))
    }

    @inline(__always)
    mutating func filter(_ input: Float) -> Float {
        let output = b0 * input + first
        first = b1 * input - a1 * output + second
        second = b2 * input - a2 * output
        return output
    }

    /// What dies away after a sound ends at zero: numbers so small that some processors take a hundred times longer for them.
    mutating func settle() {
        if first.magnitude < 1e-15 { first = 0 }
        if second.magnitude < 1e-15 { second = 0 }
    }

    mutating func reset() {
        first = 0
        second = 0
    }
}
