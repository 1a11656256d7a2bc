import CLinux

/// Changes the rate of samples by a ratio of whole numbers: a windowed sinc (Kaiser, β = 5, ten zero crossings a side, cut
/// off at the lower of both Nyquist frequencies), kept as one short filter for each phase of the output. Samples come in
/// pieces; nothing is allocated after the start. That is also the design of scipy's `resample_poly`, so its delay is none
/// and the first output stands at the first input.
public final class PolyphaseResampler {
    /// Output and input samples of the reduced ratio.
    private let up: Int, down: Int
    /// Coefficients, last input first: [up][taps].
    private let coefficients: UnsafeMutablePointer<Float>
    private let taps: Int
    /// The newest inputs, the last `taps` of which the next output may need.
    private let history: UnsafeMutablePointer<Float>
    private let capacity: Int
    private var filled: Int
    /// Phase of the next output, and how many inputs past `filled` its newest input lies; 0 or less: it is there.
    private var phase: Int
    private var missing: Int
    /// Inputs so far and outputs still owed to them, in outputs times `down`.
    private var owed: Int64 = 0

    /// Most samples of one `push`.
    public static let mostInput = 4096
    private static let crossings = 10
    private static let beta = 5.0

    /// - Parameters: rates in Hz, positive. Where both have no divisor of 10 or more, the input's is taken as the nearest
    ///   multiple of 10 (44,101 as 44,100), which keeps the table small.
    public init(from inputRate: Int, to outputRate: Int) {
        var from = inputRate
        if Self.divisor(from, outputRate) < 10 { from = max(10, (from + 5) / 10 * 10) }
        let common = Self.divisor(from, outputRate)
        up = outputRate / common
        down = from / common
        let half = Self.crossings * max(up, down)
        taps = (2 * half + up) / up
        coefficients = .allocate(capacity: up * taps)
        Self.design(coefficients, up: up, taps: taps, half: half, cutoff: 1 / Double(max(up, down)))
        capacity = taps + Self.mostInput
        history = .allocate(capacity: capacity)
        history.initialize(repeating: 0, count: capacity)
        filled = taps
        phase = half % up
        missing = half / up + 1
    }

    deinit {
        coefficients.deallocate()
        history.deallocate()
    }

    /// Most samples that a push of `count` gives.
    public func outputs(of count: Int) -> Int { count * up / down + 2 }

    /// Takes up to `mostInput` samples and writes those that are certain by them; how many.
    public func push(_ input: UnsafeBufferPointer<Float>, into output: UnsafeMutablePointer<Float>) -> Int {
        owed += Int64(input.count) * Int64(up)
        return take(input.count, output) { target in
            if input.count > 0 { target.update(from: input.baseAddress!, count: input.count) }
        }
    }

    /// Samples that the end owes yet, silence after it: writes up to those of `mostInput` samples. 0: there are no more.
    public func finish(into output: UnsafeMutablePointer<Float>) -> Int {
        guard owed > 0 else { return 0 }
        return take(min(Self.mostInput, taps), output) { $0.update(repeating: 0, count: min(Self.mostInput, taps)) }
    }

    private func take(_ count: Int, _ output: UnsafeMutablePointer<Float>, _ fill: (UnsafeMutablePointer<Float>) -> Void) -> Int {
        if filled + count > capacity {
            history.update(from: history + filled - taps, count: taps)
            filled = taps
        }
        fill(history + filled)
        filled += count
        missing -= count
        var written = 0
        while missing <= 0, owed > 0 {
            let newest = filled - 1 + missing
            output[written] = product(coefficients + phase * taps, history + newest - taps + 1)
            written += 1
            owed -= Int64(down)
            phase += down
            missing += phase / up
            phase %= up
        }
        return written
    }

    @inline(__always)
    private func product(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Float {
        var sum: Float = 0
        for i in 0..<taps { sum += a[i] * b[i] }
        return sum
    }

    private static func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }

    private static func design(_ h: UnsafeMutablePointer<Float>, up: Int, taps: Int, half: Int, cutoff: Double) {
        var sum = 0.0
        let scale = bessel(beta)
        func value(_ at: Int) -> Double {
            guard at <= 2 * half else { return 0 }
            let x = Double(at - half) * cutoff, edge = Double(at - half) / Double(half)
            let sinc = at == half ? 1 : sin(.pi * x) / (.pi * x)
            return sinc * bessel(beta * max(0, 1 - edge * edge).squareRoot()) / scale
        }
        for at in 0...2 * half { sum += value(at) }
        for phase in 0..<up {
            for i in 0..<taps { h[phase * taps + taps - 1 - i] = Float(value(phase + i * up) / sum * Double(up)) }
        }
    }

    /// The modified Bessel function of order 0, by its series.
    private static func bessel(_ x: Double) -> Double {
        var term = 1.0, sum = 1.0, k = 1.0
        while term > sum * 1e-17 {
            term *= (x / (2 * k)) * (x / (2 * k))
            sum += term
            k += 1
        }
        return sum
    }
}
