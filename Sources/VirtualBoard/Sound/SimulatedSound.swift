import CLinux
import Platform

/// What a simulated board's microphone hears: the room, or a recording. Guarded by the board's lock.
final class SimulatedSound {
    static let card = "Simulated", identifier = "Simulated,0"

    /// What goes wrong with the microphone until it is put right.
    enum Trouble { case none, zeros, stalled }

    private(set) var isPlugged = true
    var trouble = Trouble.none
    /// Overruns that the next reads find.
    var overrunsDue = 0
    /// Somebody has the microphone.
    var isOpen = false
    private var recording: WaveSound?
    private var isLooping = false
    private var recordingStart: Int64 = 0
    private let start: Int64

    init(startNanoseconds: Int64) { start = startNanoseconds }

    func play(_ sound: WaveSound, isLooping: Bool, atNanoseconds now: Int64) {
        recording = sound
        self.isLooping = isLooping
        recordingStart = now
    }

    func playRoom() { recording = nil }

    /// Whoever has it open is told by the next read.
    func plug(_ isIn: Bool) { isPlugged = isIn }

    /// Everything as it was at the start, but for what is played.
    func clear() {
        isPlugged = true
        trouble = .none
        overrunsDue = 0
    }

    /// The sound at a moment, full scale 1. A recording at the reader's own rate comes sample by sample; at another one its
    /// samples are joined by straight lines.
    /// - Parameters:
    ///   - first: nanoseconds of the board's clock when the reader began.
    ///   - index: the sample since then, at `rateHertz` a second.
    func sample(since first: Int64, index: Int64, rateHertz: Int) -> Float {
        guard trouble != .zeros else { return 0 }
        guard let recording else { return room(since: first, index: index, rateHertz: rateHertz) }
        // The reader's sample during which the recording began is the recording's first.
        let offset = Int64((Double(recordingStart - first) * 1e-9 * Double(rateHertz)).rounded(.down))
        let place = Double(index - offset) * Double(recording.rateHertz) / Double(rateHertz)
        guard place >= 0 else { return 0 }
        var whole = Int64(place)
        let count = Int64(recording.samples.count), fraction = Float(place - Double(whole))
        if isLooping { whole %= count }
        guard whole < count else { return 0 }
        let next = whole + 1 < count ? whole + 1 : isLooping ? 0 : whole
        let low = Float(recording.samples[Int(whole)]), high = Float(recording.samples[Int(next)])
        return (low + (high - low) * fraction) * 0x1p-15
    }

    /// Nobody there, and every five seconds a bell.
    private func room(since first: Int64, index: Int64, rateHertz: Int) -> Float {
        let seconds = Double(first - start) * 1e-9 + Double(index) / Double(rateHertz)
        var hash = UInt64(bitPattern: index) &* 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ (hash >> 29)) &* 0xBF58_476D_1CE4_E5B9
        let noise = Float(Int32(truncatingIfNeeded: hash >> 32)) * 0x1p-31 * 0.0015
        let since = seconds.truncatingRemainder(dividingBy: 5)
        guard since < 1 else { return noise }
        return noise + Float(0.25 * exp(-4 * since) * sin(since * 880 * 2 * Double.pi))
    }
}
