import CLinux
import Platform

/// The features of microWakeWord's models: the front end of TensorFlow Lite Micro for speech, in floats. Each 10 ms a frame of 30 ms
/// becomes 40 mel bands from 125 to 7500 Hz (square roots of energies), of which a slowly following noise estimate is taken away and
/// whose gain is normalised by it (PCAN: Wang, Getreuer, Hughes, Lyon and Saurous, *Trainable frontend for robust and far-field keyword
/// spotting*, ICASSP 2017), then the logarithm. The original computes in 16-bit integers; where it drops fractions of whole numbers,
/// so does this, since they are what little there is of a quiet room. Allocates nothing after its start.
final class WakeFeatures {
    /// Bands of a frame.
    static let bands = 40
    /// Samples of a frame and from one to the next, at 16 kHz.
    static let frameSamples = 480, hop = 160

    private let transform: RealTransform
    private let window: UnsafeMutablePointer<Float>
    private let pending: UnsafeMutablePointer<Float>
    private let windowed: UnsafeMutablePointer<Float>
    private let spectrum: UnsafeMutablePointer<Float>
    private let estimates: UnsafeMutablePointer<Float>
    private let frame: UnsafeMutablePointer<Float>
    /// For each bin of the spectrum the band that rises over it, and its share of that; the band below has the rest.
    private var bins: [(band: Int, share: Float)] = []
    private var firstBin = 0
    private var filled = 0

    private static let transformed = 512
    private static let lowest: Float = 125, highest: Float = 7500
    /// How fast the noise estimate follows, of even and odd bands, and what is always left of a signal; in 2⁻¹⁴.
    private static let even: Float = 409, odd: Float = 983, left: Float = 819, one: Float = 16384
    /// Estimates have ten bits more than signals.
    private static let estimateScale: Float = 1024
    /// Gain normalisation: strength, offset, and the largest gain of 16 bits.
    private static let strength: Float = 0.95, offset: Float = 80, largestGain: Float = 32767
    /// What a unit of the models' features is.
    private static let unit: Float = 1 / 25.6

    /// Fails where there can be no transform.
    init() throws(Failure) {
        transform = try RealTransform(count: Self.transformed)
        window = .allocate(capacity: Self.frameSamples)
        pending = .allocate(capacity: Self.frameSamples)
        windowed = .allocate(capacity: Self.transformed)
        spectrum = .allocate(capacity: Self.transformed / 2 + 1)
        estimates = .allocate(capacity: Self.bands)
        frame = .allocate(capacity: Self.bands)
        estimates.initialize(repeating: 0, count: Self.bands)
        windowed.initialize(repeating: 0, count: Self.transformed)
        for i in 0..<Self.frameSamples {
            let angle = 2 * Double.pi * (Double(i) + 0.5) / Double(Self.frameSamples)
            window[i] = Float((0.5 - 0.5 * cos(angle)) * 4096).rounded() / 4096
        }
        placeBands()
    }

    deinit {
        for buffer in [window, pending, windowed, spectrum, estimates, frame] { buffer.deallocate() }
    }

    /// Forgets everything that it has heard.
    func restart() {
        filled = 0
        estimates.update(repeating: 0, count: Self.bands)
    }

    /// Takes samples of full scale 1 at 16 kHz; calls `tell` with the features of each frame, good until the next.
    func take(_ samples: UnsafeBufferPointer<Float>, _ tell: (UnsafePointer<Float>) throws(Failure) -> Void) throws(Failure) {
        for sample in samples {
            pending[filled] = sample.isFinite ? max(-32768, min(32767, (sample * 32768).rounded())) : 0
            filled += 1
            guard filled == Self.frameSamples else { continue }
            measure()
            try tell(frame)
            filled -= Self.hop
            pending.update(from: pending + Self.hop, count: filled)
        }
    }

    /// Mel bands: triangles between 41 equal steps, each bin shared by the two that it lies between.
    private func placeBands() {
        let hertz = Float(AudioReader.rate) / Float(Self.transformed)
        let low = Self.mel(Self.lowest), step = (Self.mel(Self.highest) - low) / Float(Self.bands + 1)
        firstBin = Int(1.5 + Self.lowest / hertz)
        for bin in firstBin..<Self.transformed / 2 {
            let place = (Self.mel(Float(bin) * hertz) - low) / step, band = Int(max(0, place.rounded(.up) - 1))
            guard band <= Self.bands else { break }
            bins.append((band, Float(band + 1) - place))
        }
    }

    private static func mel(_ hertz: Float) -> Float { 1127 * logf(1 + hertz / 700) }

    /// The features of the frame that is full.
    private func measure() {
        for i in 0..<Self.frameSamples { windowed[i] = (pending[i] * window[i]).rounded(.down) }
        transform.power(windowed, into: spectrum)
        frame.update(repeating: 0, count: Self.bands)
        for (index, bin) in bins.enumerated() {
            let power = spectrum[firstBin + index]
            // A step's share goes to the band that ends with it, the rest to the one that begins.
            if bin.band > 0 { frame[bin.band - 1] += power * bin.share }
            if bin.band < Self.bands { frame[bin.band] += power * (1 - bin.share) }
        }
        for band in 0..<Self.bands { frame[band] = feature(band, power: frame[band]) }
    }

    private func feature(_ band: Int, power: Float) -> Float {
        // The original's transform is divided by its length, its filters have 12 bits.
        let signal = (power.squareRoot() * 64 / Float(Self.transformed)).rounded(.down)
        let follows = band % 2 == 0 ? Self.even : Self.odd, scaled = signal * Self.estimateScale
        let estimate = (scaled * (follows / Self.one) + estimates[band] * ((Self.one - follows) / Self.one)).rounded(.down)
        estimates[band] = estimate
        let clean = max(((scaled - min(estimate, scaled)) / Self.estimateScale).rounded(.down),
                        (signal * (Self.left / Self.one)).rounded(.down))
        let gain = min(Self.largestGain, (2_097_152 * powf(estimate / 128 + Self.offset, -Self.strength)).rounded())
        let ratio = (clean * gain / 64).rounded(.down)
        // Squared where it is small, so that noise that is left vanishes.
        let shrunk = ratio < 8192 ? (ratio * ratio / 1_048_576).rounded(.down) : (ratio / 64).rounded(.down) - 64
        return shrunk > 0 ? (64 * logf(8 * shrunk)).rounded() * Self.unit : 0
    }
}
