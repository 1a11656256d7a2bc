import Platform

/// Writes down what is said in a sound of any length: windows of up to 30 s, cut at pauses, each transcribed on its own, so
/// that no words are carried over. Memory is that of one window. Not for two threads at a time.
public final class Transcriber {
    private let window: WindowTranscriber
    private let mel: MelSpectrogram
    private let samples: UnsafeMutableBufferPointer<Float>

    /// A window isn't cut before this many frames.
    private static let shortest = 1000

    /// - Parameter mel: the model's features, as many frames as `window` takes.
    /// Fails with `unsupported` where the model's windows are too short to be cut well.
    public init(_ window: WindowTranscriber, _ mel: MelSpectrogram) throws(Failure) {
        guard mel.capacity > Self.shortest, mel.capacity <= window.longest else {
            throw Failure(.unsupported, "windows of \(mel.capacity) frames; \(Self.shortest + 1) to \(window.longest) are needed")
        }
        self.window = window
        self.mel = mel
        samples = .allocate(capacity: 1600)
    }

    deinit { samples.deallocate() }

    /// Transcribes to the sound's end. Pieces come as their windows are done.
    /// Fails as reader and model do, and with `usage` for a language that the model doesn't know.
    public func transcribe(_ reader: AudioReader, _ options: TranscriptionOptions, isCancelled: () -> Bool = { false },
                           emit: (TranscriptSegment) -> Void) throws(Failure) -> TranscriptionStatistics {
        try window.check(options.language)
        var statistics = TranscriptionStatistics()
        mel.restart()
        // Frames that earlier windows took, and samples so far.
        var done = 0, heard: Int64 = 0
        while !isCancelled() {
            let count = try reader.read(into: samples)
            if count == 0 { break }
            heard += Int64(count)
            statistics.audioSeconds = Double(heard) / Double(AudioReader.rate)
            var taken = 0
            while taken < count, !isCancelled() {
                let start = monotonicNanoseconds()
                taken += mel.append(UnsafeBufferPointer(rebasing: samples[taken..<count]))
                statistics.featureNanoseconds += monotonicNanoseconds() - start
                if taken < count { try takeWindow(&done, options, &statistics, isCancelled, emit) }
            }
        }
        while !isCancelled(), !mel.finish() { try takeWindow(&done, options, &statistics, isCancelled, emit) }
        if !isCancelled() { try part(0..<mel.count, after: done, options, &statistics, isCancelled, emit) }
        return statistics
    }

    /// Transcribes the first part of full frames and forgets it.
    private func takeWindow(_ done: inout Int, _ options: TranscriptionOptions, _ statistics: inout TranscriptionStatistics,
                            _ isCancelled: () -> Bool, _ emit: (TranscriptSegment) -> Void) throws(Failure) {
        let cut = SpeechSpan(powers: mel.framePowers).cut(in: Self.shortest..<mel.count)
        try part(0..<cut, after: done, options, &statistics, isCancelled, emit)
        mel.remove(cut)
        done += cut
    }

    private func part(_ range: Range<Int>, after done: Int, _ options: TranscriptionOptions, _ statistics: inout TranscriptionStatistics,
                      _ isCancelled: () -> Bool, _ emit: (TranscriptSegment) -> Void) throws(Failure) {
        guard let found = try window.transcribe(mel, range, options, &statistics, isCancelled: isCancelled) else { return }
        let before = Double(done) / Double(MelSpectrogram.frameRate)
        for var piece in found.pieces {
            piece.start += before
            piece.end += before
            emit(piece)
        }
    }
}
