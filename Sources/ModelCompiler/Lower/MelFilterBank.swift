import Foundation

/// The filters of Whisper's front end: triangles over the powers of a transform of 400 samples at 16 kHz.
public enum MelFilterBank {
    /// [band][201]: on Slaney's scale, linear up to 1 kHz (200/3 Hz a mel) and logarithmic above (27 mel for a factor of 6.4),
    /// from 0 to 8 kHz, each triangle of area 1 (M. Slaney, "Auditory Toolbox", Interval Technical Report 1998-010).
    public static func slaney(bands: Int) -> [Float] {
        let knee = 15.0, step = log(6.4) / 27, powers = 201, highest = 8000.0
        func hertz(_ mel: Double) -> Double { mel < knee ? mel * 200 / 3 : 1000 * exp((mel - knee) * step) }
        let last = knee + log(highest / 1000) / step
        let edges = (0..<bands + 2).map { hertz(last * Double($0) / Double(bands + 1)) }
        return (0..<bands * powers).map { index in
            let band = index / powers, frequency = Double(index % powers) * 2 * highest / 400
            let (low, middle, high) = (edges[band], edges[band + 1], edges[band + 2])
            let weight = min((frequency - low) / (middle - low), (high - frequency) / (high - middle))
            return Float(max(0, weight) * 2 / (high - low))
        }
    }
}
