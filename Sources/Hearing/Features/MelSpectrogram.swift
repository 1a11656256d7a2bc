import CLinux
import Platform

/// Whisper's log-mel features of sound at 16 kHz (Radford et al., 2022), computed once as it comes in: a frame of 25 ms each
/// 10 ms, periodic Hann, power, the model's mel filters, log10. What depends on the whole window, the floor 8 below its
/// largest value, is done when a window is read out. Before the first sample the sound is mirrored, after the last there is
/// silence. Nothing is allocated after the start.
public final class MelSpectrogram {
    /// Samples of a frame and from one to the next.
    static let frameSamples = 400, hop = 160
    /// Bins of a frame's spectrum.
    static let bins = frameSamples / 2 + 1
    /// Frames a second.
    public static let frameRate = 100
    /// log10 of the least power that is told apart; what digital silence gives.
    private static let floor: Float = -10

    public let bands: Int
    /// Frames that fit.
    public let capacity: Int
    /// Frames that are there.
    public private(set) var count = 0
    private let filters: MelFilters
    private let transform: RealTransform
    /// [capacity][bands], log10 of the power without the window's floor.
    private let frames: UnsafeMutablePointer<Float>
    /// Mean square of each frame above 80 Hz, full scale ±1.
    private let powers: UnsafeMutablePointer<Float>
    private let window: UnsafeMutablePointer<Float>
    private let windowed: UnsafeMutablePointer<Float>
    private let spectrum: UnsafeMutablePointer<Float>
    /// The samples that the next frame needs, as far as they are there; the first 200 of all are the mirror's.
    private let pending: UnsafeMutablePointer<Float>
    private var pendingCount = 0
    private var isMirrored = false
    private let powerScale: Float

    private static let mirror = frameSamples / 2

    /// - Parameters:
    ///   - bank: the model's mel filters, row-major [bands][201].
    ///   - capacity: most frames at once.
    /// Fails with `badFormat` where the filters make no sense.
    public init(bank: UnsafeBufferPointer<Float>, bands: Int, capacity: Int) throws(Failure) {
        filters = try MelFilters(bank: bank, bands: bands, bins: Self.bins)
        transform = try RealTransform(count: Self.frameSamples)
        self.bands = bands
        self.capacity = capacity
        frames = .allocate(capacity: capacity * bands)
        powers = .allocate(capacity: capacity)
        window = .allocate(capacity: Self.frameSamples)
        windowed = .allocate(capacity: Self.frameSamples)
        spectrum = .allocate(capacity: Self.bins)
        pending = .allocate(capacity: Self.frameSamples + 1)
        var energy = 0.0
        for i in 0..<Self.frameSamples {
            let value = 0.5 - 0.5 * cos(2 * Double.pi * Double(i) / Double(Self.frameSamples))
            window[i] = Float(value)
            energy += value * value
        }
        // Parseval: bins but the first and last count twice.
        powerScale = Float(2 / (energy * Double(Self.frameSamples)))
    }

    deinit {
        frames.deallocate()
        powers.deallocate()
        window.deallocate()
        windowed.deallocate()
        spectrum.deallocate()
        pending.deallocate()
    }

    /// Mean squares of the frames that are there, above 80 Hz.
    public var framePowers: UnsafeBufferPointer<Float> { UnsafeBufferPointer(start: powers, count: count) }

    /// Takes samples until all are taken or the frames are full; how many were.
    public func append(_ samples: UnsafeBufferPointer<Float>) -> Int {
        var taken = 0
        while true {
            if isMirrored, pendingCount >= Self.frameSamples {
                guard count < capacity else { return taken }
                addFrame()
                continue
            }
            // The mirror needs one sample more than it gives.
            let wanted = isMirrored ? Self.frameSamples : Self.mirror + 1
            let more = min(wanted - pendingCount, samples.count - taken)
            guard more > 0 else { return taken }
            (pending + pendingCount).update(from: samples.baseAddress! + taken, count: more)
            pendingCount += more
            taken += more
            if !isMirrored, pendingCount == wanted { mirrorStart() }
        }
    }

    /// The sound is over: silence follows. Adds the frames that still touch the sound; false where they don't fit: `remove` some and
    /// call it again.
    public func finish() -> Bool {
        if pendingCount == 0 { return true }
        if !isMirrored {
            (pending + pendingCount).update(repeating: 0, count: Self.mirror + 1 - pendingCount)
            mirrorStart()
        }
        while pendingCount > 0 {
            guard count < capacity else { return false }
            let sound = pendingCount
            if sound < Self.frameSamples {
                (pending + sound).update(repeating: 0, count: Self.frameSamples - sound)
                pendingCount = Self.frameSamples
            }
            addFrame()
            // Where direct current ends is a step, and no sound.
            if sound < Self.frameSamples, count > 1 { powers[count - 1] = min(powers[count - 1], powers[count - 2]) }
            pendingCount = max(0, sound - Self.hop)
        }
        return true
    }

    /// Forgets the first frames.
    public func remove(_ frames: Int) {
        let left = count - frames
        self.frames.update(from: self.frames + frames * bands, count: left * bands)
        powers.update(from: powers + frames, count: left)
        count = left
    }

    /// Forgets everything: another sound begins.
    public func restart() {
        count = 0
        pendingCount = 0
        isMirrored = false
    }

    /// Features of frames, then of `silence` frames of digital silence: (log10 power, at least 8 below the largest, + 4) / 4.
    /// - Parameter target: row-major, frame by frame, for all of them.
    public func read(_ range: Range<Int>, silence: Int, into target: UnsafeMutablePointer<Float>) {
        let values = range.count * bands
        target.update(from: frames + range.lowerBound * bands, count: values)
        (target + values).update(repeating: Self.floor, count: silence * bands)
        var largest = Self.floor
        for i in 0..<values { largest = max(largest, target[i]) }
        let least = largest - 8
        for i in 0..<values + silence * bands { target[i] = (max(target[i], least) + 4) / 4 }
    }

    /// The samples before the first are those after it, backwards.
    private func mirrorStart() {
        for i in stride(from: Self.mirror, through: 0, by: -1) { pending[Self.mirror + i] = pending[i] }
        for i in 0..<Self.mirror { pending[i] = pending[2 * Self.mirror - i] }
        pendingCount = 2 * Self.mirror + 1
        isMirrored = true
    }

    private func addFrame() {
        for i in 0..<Self.frameSamples { windowed[i] = pending[i] * window[i] }
        transform.power(windowed, into: spectrum)
        var power: Float = 0
        // Bins are 40 Hz apart; below the third are direct current, hum and steps.
        for bin in 2..<Self.bins { power += spectrum[bin] }
        powers[count] = power * powerScale
        let row = frames + count * bands
        filters.apply(spectrum, into: row)
        for band in 0..<bands { row[band] = log10f(max(row[band], 1e-10)) }
        count += 1
        pendingCount -= Self.hop
        pending.update(from: pending + Self.hop, count: pendingCount)
    }
}
