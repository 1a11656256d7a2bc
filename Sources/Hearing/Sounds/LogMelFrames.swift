import CLinux
import Platform

/// What log-mel features are of: frames of so many samples, of which the next begins `stepSamples` later, and bands of the mel scale.
public struct LogMelSettings: Sendable, Equatable {
    public var rateHertz: Int
    public var frameSamples: Int
    public var stepSamples: Int
    public var bands: Int
    /// Where the first band begins and the last one ends.
    public var lowestHertz: Float, highestHertz: Float

    public init(rateHertz: Int, frameSamples: Int, stepSamples: Int, bands: Int, lowestHertz: Float, highestHertz: Float) {
        self.rateHertz = rateHertz
        self.frameSamples = frameSamples
        self.stepSamples = stepSamples
        self.bands = bands
        self.lowestHertz = lowestHertz
        self.highestHertz = highestHertz
    }

    /// Samples of so many frames.
    public func samples(ofFrames count: Int) -> Int { frameSamples + (count - 1) * stepSamples }
}

/// The features that the factory trains sound models on (`factory/src/factory/sound.py`): frames under a symmetric Hann window, their
/// power spectrum, triangles whose corners are evenly spaced on the mel scale of O'Shaughnessy 1987, the natural logarithm of energy
/// and a millionth. Allocates nothing after its start. Not for two threads at a time.
public final class LogMelFrames {
    public let settings: LogMelSettings
    private let filters: MelFilters
    private let transform: RealTransform
    private let window: UnsafeMutablePointer<Float>
    private let windowed: UnsafeMutablePointer<Float>
    private let spectrum: UnsafeMutablePointer<Float>

    /// What is added to an energy, so that silence has a logarithm.
    private static let least: Float = 1e-6

    /// Fails with `unsupported` for frames of a length that has no transform, with `badFormat` for other settings that make no sense.
    public init(_ settings: LogMelSettings) throws(Failure) {
        guard settings.stepSamples >= 1, (1...512).contains(settings.bands), settings.lowestHertz >= 0,
              settings.lowestHertz < settings.highestHertz, settings.highestHertz <= Float(settings.rateHertz) / 2 else {
            throw Failure(.badFormat, "\(settings.bands) bands from \(fixed(settings.lowestHertz, decimals: 0)) to "
                + "\(fixed(settings.highestHertz, decimals: 0)) Hz at \(settings.rateHertz) samples a second make no sense")
        }
        guard (4...1 << 14).contains(settings.frameSamples) else {
            throw Failure(.unsupported, "frames of \(settings.frameSamples) samples; 4 to \(1 << 14) are taken")
        }
        self.settings = settings
        transform = try RealTransform(count: settings.frameSamples)
        let bins = settings.frameSamples / 2 + 1, bank = UnsafeMutableBufferPointer<Float>.allocate(capacity: settings.bands * bins)
        defer { bank.deallocate() }
        Self.fill(bank, settings, bins: bins)
        filters = try MelFilters(bank: UnsafeBufferPointer(bank), bands: settings.bands, bins: bins)
        window = .allocate(capacity: settings.frameSamples)
        windowed = .allocate(capacity: settings.frameSamples)
        spectrum = .allocate(capacity: bins)
        for i in 0..<settings.frameSamples {
            window[i] = Float(0.5 - 0.5 * cos(2 * Double.pi * Double(i) / Double(settings.frameSamples - 1)))
        }
    }

    deinit { for buffer in [window, windowed, spectrum] { buffer.deallocate() } }

    /// - Parameters:
    ///   - samples: `settings.samples(ofFrames:)` of them, full scale 1.
    ///   - target: row-major, [frames][bands].
    public func compute(_ samples: UnsafePointer<Float>, frames: Int, into target: UnsafeMutablePointer<Float>) {
        for frame in 0..<frames {
            let start = samples + frame * settings.stepSamples
            for i in 0..<settings.frameSamples { windowed[i] = start[i] * window[i] }
            transform.power(windowed, into: spectrum)
            let row = target + frame * settings.bands
            filters.apply(spectrum, into: row)
            for band in 0..<settings.bands { row[band] = logf(row[band] + Self.least) }
        }
    }

    /// Row-major, [bands][bins].
    private static func fill(_ bank: UnsafeMutableBufferPointer<Float>, _ settings: LogMelSettings, bins: Int) {
        let low = mel(Double(settings.lowestHertz)), high = mel(Double(settings.highestHertz))
        var corners: [Double] = []
        for i in 0..<settings.bands + 2 {
            let place = low + (high - low) * Double(i) / Double(settings.bands + 1)
            corners.append(700 * (pow(10, place / 2595) - 1))
        }
        for band in 0..<settings.bands {
            for bin in 0..<bins {
                let hertz = Double(bin) * Double(settings.rateHertz) / Double(settings.frameSamples)
                let rise = (hertz - corners[band]) / (corners[band + 1] - corners[band])
                let fall = (corners[band + 2] - hertz) / (corners[band + 2] - corners[band + 1])
                bank[band * bins + bin] = Float(max(0, min(rise, fall)))
            }
        }
    }

    private static func mel(_ hertz: Double) -> Double { 2595 * log10(1 + hertz / 700) }
}
