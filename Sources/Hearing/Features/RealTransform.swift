import CLinux
import Platform

/// The discrete Fourier transform of real samples, for lengths 2·2ᵃ·3ᵇ·5ᶜ: a complex one of half the length (Stockham's
/// order, mixed radix), then taken apart. Float32; planned once, nothing is allocated after that. Not for two threads at a
/// time.
public final class RealTransform {
    typealias Complex = SIMD2<Float>

    /// Samples; `count` / 2 + 1 bins come of them.
    public let count: Int
    private let half: Int
    private let radices: [Int]
    /// e^(-2πik/half) for the passes, and e^(-2πik/count) for the end.
    private let twiddles: UnsafeMutablePointer<SIMD2<Float>>
    private let split: UnsafeMutablePointer<SIMD2<Float>>
    private let work: UnsafeMutablePointer<SIMD2<Float>>

    /// Fails with `unsupported` for other lengths.
    public init(count: Int) throws(Failure) {
        var radices: [Int] = [], rest = count / 2
        for radix in [4, 2, 3, 5] {
            while rest > 1, rest % radix == 0 {
                radices.append(radix)
                rest /= radix
            }
        }
        guard count >= 2, count % 2 == 0, count <= 1 << 20, rest == 1 else {
            throw Failure(.unsupported, "a Fourier transform of \(count) samples; even numbers without prime factors over 5 are taken")
        }
        self.count = count
        half = count / 2
        self.radices = radices
        twiddles = Self.circle(half, of: half)
        split = Self.circle(half + 1, of: count)
        work = .allocate(capacity: 2 * half)
        work.initialize(repeating: .zero, count: 2 * half)
    }

    deinit {
        twiddles.deallocate()
        split.deallocate()
        work.deallocate()
    }

    private static func circle(_ points: Int, of count: Int) -> UnsafeMutablePointer<Complex> {
        let circle = UnsafeMutablePointer<Complex>.allocate(capacity: points)
        for k in 0..<points {
            let angle = -2 * Double.pi * Double(k) / Double(count)
            circle[k] = Complex(Float(cos(angle)), Float(sin(angle)))
        }
        return circle
    }

    /// Real and imaginary part of bins 0 to `count` / 2 of `count` samples.
    public func transform(_ samples: UnsafePointer<Float>, into bins: UnsafeMutablePointer<SIMD2<Float>>) {
        let z = passes(samples)
        for k in 0...half { bins[k] = bin(k, z) }
    }

    /// The squared magnitudes of the same bins.
    public func power(_ samples: UnsafePointer<Float>, into bins: UnsafeMutablePointer<Float>) {
        let z = passes(samples)
        for k in 0...half {
            let value = bin(k, z)
            bins[k] = value.x * value.x + value.y * value.y
        }
    }

    /// A bin of the real samples' transform, from that of their pairs.
    @inline(__always)
    private func bin(_ k: Int, _ z: UnsafeMutablePointer<Complex>) -> Complex {
        let a = z[k == half ? 0 : k], b = z[k == 0 ? 0 : half - k]
        // The even samples' transform and, turned by -i, the odd samples'.
        let even = Complex(a.x + b.x, a.y - b.y) * 0.5, odd = Complex(a.y + b.y, b.x - a.x) * 0.5
        return even + product(odd, split[k])
    }

    /// The complex transform of pairs of samples; good until the next call.
    private func passes(_ samples: UnsafePointer<Float>) -> UnsafeMutablePointer<Complex> {
        var from = work, to = work + half
        for i in 0..<half { from[i] = Complex(samples[2 * i], samples[2 * i + 1]) }
        var length = half, stride = 1
        for radix in radices {
            pass(radix, from, to, length, stride)
            (from, to) = (to, from)
            length /= radix
            stride *= radix
        }
        return from
    }

    private func pass(_ radix: Int, _ x: UnsafeMutablePointer<Complex>, _ y: UnsafeMutablePointer<Complex>, _ length: Int, _ stride: Int) {
        let step = length / radix
        for p in 0..<step {
            // Twiddle k of this p; `stride` is how far apart the passes' own points lie on the circle.
            let turn = p * stride
            for q in 0..<stride {
                let source = x + q + stride * p, target = y + q + stride * radix * p, apart = stride * step
                switch radix {
                case 4: butterfly4(source, apart, target, stride, turn)
                case 2: butterfly2(source, apart, target, stride, turn)
                case 3: butterfly3(source, apart, target, stride, turn)
                default: butterfly5(source, apart, target, stride, turn)
                }
            }
        }
    }

    @inline(__always)
    private func butterfly2(_ x: UnsafeMutablePointer<Complex>, _ apart: Int, _ y: UnsafeMutablePointer<Complex>, _ stride: Int,
                            _ turn: Int) {
        let a = x[0], b = x[apart]
        y[0] = a + b
        y[stride] = product(a - b, twiddles[turn])
    }

    @inline(__always)
    private func butterfly3(_ x: UnsafeMutablePointer<Complex>, _ apart: Int, _ y: UnsafeMutablePointer<Complex>, _ stride: Int,
                            _ turn: Int) {
        let a = x[0], sum = x[apart] + x[2 * apart], difference = turned(x[apart] - x[2 * apart]) * 0.866_025_403_784_438_6
        let middle = a - sum * 0.5
        y[0] = a + sum
        y[stride] = product(middle + difference, twiddles[turn])
        y[2 * stride] = product(middle - difference, twiddles[2 * turn])
    }

    @inline(__always)
    private func butterfly4(_ x: UnsafeMutablePointer<Complex>, _ apart: Int, _ y: UnsafeMutablePointer<Complex>, _ stride: Int,
                            _ turn: Int) {
        let even = x[0] + x[2 * apart], odd = x[0] - x[2 * apart]
        let sum = x[apart] + x[3 * apart], difference = turned(x[apart] - x[3 * apart])
        y[0] = even + sum
        y[stride] = product(odd + difference, twiddles[turn])
        y[2 * stride] = product(even - sum, twiddles[2 * turn])
        y[3 * stride] = product(odd - difference, twiddles[3 * turn])
    }

    @inline(__always)
    private func butterfly5(_ x: UnsafeMutablePointer<Complex>, _ apart: Int, _ y: UnsafeMutablePointer<Complex>, _ stride: Int,
                            _ turn: Int) {
        // Cosines and sines of 72° and 144°.
        let c1: Float = 0.309_016_994_374_947_4, c2: Float = -0.809_016_994_374_947_4
        let s1: Float = 0.951_056_516_295_153_6, s2: Float = 0.587_785_252_292_473_1
        let a = x[0], outerSum = x[apart] + x[4 * apart], innerSum = x[2 * apart] + x[3 * apart]
        let outer = turned(x[apart] - x[4 * apart]), inner = turned(x[2 * apart] - x[3 * apart])
        let one = a + outerSum * c1 + innerSum * c2, two = a + outerSum * c2 + innerSum * c1
        let oneTurned = outer * s1 + inner * s2, twoTurned = outer * s2 - inner * s1
        y[0] = a + outerSum + innerSum
        y[stride] = product(one + oneTurned, twiddles[turn])
        y[2 * stride] = product(two + twoTurned, twiddles[2 * turn])
        y[3 * stride] = product(two - twoTurned, twiddles[3 * turn])
        y[4 * stride] = product(one - oneTurned, twiddles[4 * turn])
    }

    /// Times -i.
    @inline(__always)
    private func turned(_ a: Complex) -> Complex { Complex(a.y, -a.x) }

    @inline(__always)
    private func product(_ a: Complex, _ b: Complex) -> Complex { Complex(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x) }
}
