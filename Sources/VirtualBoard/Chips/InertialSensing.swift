/// What a data sheet says of how well a part measures.
struct InertialQuality: Sendable {
    /// rad/s/√Hz
    var gyroscopeNoiseDensity: Double
    /// m/s²/√Hz
    var accelerometerNoiseDensity: Double
    /// The zero-rate output's typical deviation, rad/s.
    var gyroscopeBias: Double
    /// The temperature sensor's code is (°C − zero) × perDegree.
    var temperatureZero: Double
    var temperaturePerDegree: Double

    static let degree = Double.pi / 180
    static let microgravity = standardGravity * 1e-6
}

/// From motion to a chip's numbers: bias, noise within a filter's bandwidth, scale, rounding, saturation.
struct InertialSensing {
    let quality: InertialQuality
    let bias: SIMD3<Double>
    private let isNoisy: Bool

    init(_ quality: InertialQuality, options: ChipOptions, random: inout ChipRandom) {
        self.quality = quality
        isNoisy = options.isNoisy
        let drawn = random.normal3()
        let limit = SIMD3<Double>(repeating: 2)
        bias = options.gyroscopeBias ?? drawn.clamped(lowerBound: -limit, upperBound: limit) * quality.gyroscopeBias
    }

    /// - Parameters:
    ///   - perUnit: LSB for 1 rad/s.
    ///   - bandwidth: of the filter before the output, Hz.
    func angularRate(_ rate: SIMD3<Double>, perUnit: Double, bandwidth: Double, random: inout ChipRandom) -> SIMD3<Double> {
        var value = rate + bias
        if isNoisy { value += random.normal3() * (quality.gyroscopeNoiseDensity * bandwidth.squareRoot()) }
        return value * perUnit
    }

    /// - Parameter perUnit: LSB for 1 m/s².
    func acceleration(_ force: SIMD3<Double>, perUnit: Double, bandwidth: Double, random: inout ChipRandom) -> SIMD3<Double> {
        var value = force
        if isNoisy { value += random.normal3() * (quality.accelerometerNoiseDensity * bandwidth.squareRoot()) }
        return value * perUnit
    }

    func temperature(_ celsius: Double, random: inout ChipRandom) -> Int16 {
        let value = celsius + (isNoisy ? random.normal() * 0.02 : 0)
        return saturated((value - quality.temperatureZero) * quality.temperaturePerDegree)
    }
}

/// Rounded to 16 bits, held at the ends.
func saturated(_ value: Double) -> Int16 {
    value.isNaN ? 0 : Int16(min(max(value.rounded(), -32_768), 32_767))
}

func saturated(_ value: SIMD3<Double>) -> SIMD3<Int16> { SIMD3(saturated(value.x), saturated(value.y), saturated(value.z)) }
