import Platform

/// Listens: takes sound in, tells utterances apart, and has the text of each as early as it can be had.
///
/// All of it is done by the thread that calls `step`. The model's work is interruptible: between its steps sound is taken in, and
/// where that shows that the work is void (somebody goes on speaking, or has stopped), it is dropped. So nothing is lost while the
/// model works, and nothing has to be shared. While somebody speaks, what was said so far is heard again and again, each text the
/// draft of the next; at the first silence the whole utterance is, while the end-pointer still waits, so that the text is mostly
/// there when it decides. If speech goes on, that text is one of those on the way. What an utterance's final text is made of doesn't
/// depend on when anything was done.
public final class Listener {
    /// Seconds of sound that the spectrogram holds beside the longest utterance, while the model is behind.
    static let secondsMore = 20

    public private(set) var statistics = ListeningStatistics()
    private let sound: LiveSound
    private let window: WindowTranscriber
    private let mel: MelSpectrogram
    private let options: ListeningOptions
    private let segmenter: any Segmenter
    private var resampler: PolyphaseResampler?
    private let block: UnsafeMutableBufferPointer<Float>
    private let resampled: UnsafeMutableBufferPointer<Float>
    /// Samples at 16 kHz that were taken in, and how many more they are than the segmenter counts, which forgets some at a break.
    private var fed: Int64 = 0
    private var uncounted: Int64 = 0
    /// The spectrogram's first frame, counted from the first sample.
    private var firstFrame: Int64 = 0
    private var breaks: UInt32
    private var hasBroken = false
    private var hasFinished = false
    /// What went wrong while sound was taken in.
    private var failure: Failure?
    /// The one that is spoken, and those that are over but have no final text yet.
    private var current: SpokenUtterance?
    private var over: [SpokenUtterance] = []
    /// Of the sound's clock; before it no partial text is worked on.
    private var nextPartial: Int64 = 0
    /// With a wake word: the sample up to which somebody may begin to speak; nil: nobody is listened to.
    private var awakeUntil: Int64?
    private var hasWoken = false
    /// The segmenter is within an utterance, listened to or not.
    private var isVoiced = false

    private static let rate = Int64(AudioReader.rate)
    /// Sound that a frame needs behind its middle, samples.
    private static let behind: Int64 = 200
    /// Kept from before: an utterance begins a little before it is noticed. In frames, as what is removed at once.
    private static let keptFrames: Int64 = 100, framesRemoved: Int64 = 256
    /// Sound that has to be new for another partial text, samples, and what has to be there for the first.
    private static let newSamples: Int64 = 4000, leastSamples: Int64 = 12_800
    /// Who says the word and goes on in one breath is heard from a little before it was sure; less than this is its own end, samples.
    private static let beforeSure: Int64 = 1600, leastAfterWord: Int64 = 4800

    /// Fails with `usage` for a language that the model doesn't know, with `unsupported` where the sound's rate is too low.
    init(_ sound: LiveSound, _ window: WindowTranscriber, _ mel: MelSpectrogram, _ options: ListeningOptions) throws(Failure) {
        try window.check(options.transcription.language)
        guard sound.rateHertz >= 8000 else {
            throw Failure(.unsupported, "\(sound.rateHertz) samples a second; speech needs 8000")
        }
        self.sound = sound
        self.window = window
        self.mel = mel
        self.options = options
        var settings = options.endPointer
        // What the model hears at once.
        settings.longestMilliseconds = min(settings.longestMilliseconds, window.longest * 1000 / MelSpectrogram.frameRate)
        if let isPressed = options.isPressed {
            segmenter = ButtonSegmenter(rateHertz: AudioReader.rate, longestMilliseconds: settings.longestMilliseconds,
                                        isPressed: isPressed)
        } else {
            segmenter = EndPointer(EnergyVoiceDetector(rateHertz: AudioReader.rate), settings: settings)
        }
        breaks = sound.breaks
        block = .allocate(capacity: 1024)
        block.initialize(repeating: 0)
        resampled = .allocate(capacity: 1024 * AudioReader.rate / sound.rateHertz + 16)
        resampled.initialize(repeating: 0)
        renewResampler()
        mel.restart()
    }

    deinit {
        block.deallocate()
        resampled.deallocate()
    }

    /// Seconds of sound so far.
    public var seconds: Double { Double(fed) / Double(Self.rate) }

    /// Frames of the spectrogram that are kept.
    var framesHeld: Int { mel.count }

    /// Somebody speaks.
    public var isSpeaking: Bool { current != nil }

    /// The sound has ended, and everything said in it was told.
    public var isDone: Bool { hasFinished && over.isEmpty }

    /// The sound ends here for the listener: what is said counts as over.
    public func finish() {
        guard !hasFinished else { return }
        hasFinished = true
        breakOff()
    }

    /// Takes in what is there and does one piece of work, if there is one. False where there was none: `sound.wait()` then.
    /// Fails as sound and model do.
    public func step(isCancelled: () -> Bool, _ tell: (ListeningEvent) -> Void) throws(Failure) -> Bool {
        takeIn()
        try rethrow()
        if hasBroken {
            hasBroken = false
            tell(.broken)
        }
        if hasWoken, let wake = options.wake {
            hasWoken = false
            tell(.woken(word: wake.word, at: seconds))
        }
        guard let work = nextWork() else {
            forget()
            return false
        }
        let utterance = work.utterance
        if utterance.heardEnd != work.end { try hear(work, isCancelled, tell) }
        // In the order in which they were spoken.
        while let first = over.first, first.heardEnd == first.end {
            over.removeFirst()
            conclude(first, tell)
        }
        forget()
        return true
    }

    private func rethrow() throws(Failure) {
        guard let failure else { return }
        self.failure = nil
        throw failure
    }

    // MARK: taking sound in

    /// All that is there by now, as far as it fits. Called between the model's steps too.
    private func takeIn() {
        while failure == nil, !hasFinished {
            guard mel.capacity - mel.count > 2 + resampled.count / MelSpectrogram.hop else { return }
            do throws(Failure) {
                let count = try sound.take(into: block)
                if sound.breaks != breaks {
                    breaks = sound.breaks
                    breakOff()
                    hasBroken = true
                }
                if count > 0 { resample(UnsafeBufferPointer(rebasing: block[..<count])) }
                if sound.hasEnded { finish() }
                if count == 0 { return }
            } catch {
                failure = error
            }
        }
    }

    private func resample(_ values: UnsafeBufferPointer<Float>) {
        guard let resampler else { return feed(values) }
        let count = resampler.push(values, into: resampled.baseAddress!)
        if count > 0 { feed(UnsafeBufferPointer(rebasing: resampled[..<count])) }
    }

    private func renewResampler() {
        if sound.rateHertz != AudioReader.rate { resampler = PolyphaseResampler(from: sound.rateHertz, to: AudioReader.rate) }
    }

    private func feed(_ values: UnsafeBufferPointer<Float>) {
        _ = mel.append(values)
        fed += Int64(values.count)
        if let wake = options.wake { waitForWord(wake, values) }
        segmenter.take(values) { note($0) }
    }

    private func waitForWord(_ wake: WakeWordDetector, _ values: UnsafeBufferPointer<Float>) {
        do throws(Failure) {
            let isHeard = try wake.take(values)
            if isHeard, current == nil {
                awakeUntil = fed + Int64(options.wakeSeconds) * Self.rate
                hasWoken = true
                // What was said before it is nobody's business.
                if isVoiced { current = SpokenUtterance(start: max(0, fed - Self.beforeSure)) }
            } else if current == nil, let end = awakeUntil, fed > end {
                awakeUntil = nil
            }
        } catch {
            failure = error
        }
    }

    private func breakOff() {
        segmenter.finish { note($0) }
        uncounted = fed - segmenter.samples
        awakeUntil = nil
        options.wake?.restart()
        renewResampler()
    }

    private func note(_ event: UtteranceEvent) {
        let now = min(fed, segmenter.samples + uncounted)
        switch event {
        case .started(let start):
            isVoiced = true
            if options.wake == nil || awakeUntil != nil { current = SpokenUtterance(start: start + uncounted) }
        case .paused(let end):
            current?.pause = now
            current?.voiceEnd = end + uncounted
        case .resumed: current?.pause = nil
        case .ended(_, let voiceEnd, let isCut):
            isVoiced = false
            guard let utterance = current else { return }
            if isWordAlone(utterance, voiceEnd + uncounted) {
                current = nil
                return
            }
            if !isCut { awakeUntil = nil }
            utterance.voiceEnd = voiceEnd + uncounted
            utterance.end = isCut ? utterance.voiceEnd : utterance.pause ?? now
            utterance.decided = now
            utterance.isCut = isCut
            over.append(utterance)
            current = nil
        }
    }

    /// The end of the wake word, and nothing behind it.
    private func isWordAlone(_ utterance: SpokenUtterance, _ end: Int64) -> Bool {
        options.wake != nil && end - utterance.start < Self.leastAfterWord
    }

    // MARK: what is to be done

    /// A stretch of an utterance that is worth being heard now.
    private struct Work {
        let utterance: SpokenUtterance
        /// Samples.
        let end: Int64
        let isPartial: Bool
    }

    /// What is over comes first, then what may be over, then what goes on.
    private func nextWork() -> Work? {
        if let first = over.first { return Work(utterance: first, end: first.end, isPartial: false) }
        guard let current else { return nil }
        if let pause = current.pause {
            return current.heardEnd == pause || isWordAlone(current, pause) ? nil : Work(utterance: current, end: pause, isPartial: false)
        }
        guard fed - current.start >= Self.leastSamples, fed - (current.triedEnd ?? current.start) >= Self.newSamples,
              sound.now() >= nextPartial else { return nil }
        return Work(utterance: current, end: fed, isPartial: true)
    }

    /// Whether a text of this stretch is still wanted, by what was taken in meanwhile.
    private func isVoid(_ work: Work) -> Bool {
        let utterance = work.utterance
        // A final text is wanted whatever comes; another utterance's can wait no longer than for its turn.
        if utterance.isOver { return utterance.end != work.end }
        // Somebody speaks on: this is what was said so far. Silent again, all that was said has to be in it; then it is most likely
        // the final text already, and stands there before the final pass.
        guard let pause = utterance.pause, pause != work.end else { return false }
        return work.end < utterance.voiceEnd
    }

    // MARK: hearing

    private func hear(_ work: Work, _ isCancelled: () -> Bool, _ tell: (ListeningEvent) -> Void) throws(Failure) {
        let utterance = work.utterance, before = sound.now()
        let first = Int(max(0, utterance.start / Int64(MelSpectrogram.hop) - firstFrame))
        let last = Int(max(0, (work.end - Self.behind) / Int64(MelSpectrogram.hop) - firstFrame))
        let range = min(first, last, mel.count)..<min(last, mel.count, first + window.longest)
        var taken = TranscriptionStatistics()
        var found: WindowTranscript?
        if !range.isEmpty {
            found = try window.transcribe(mel, range, options.transcription, draft: utterance.draft,
                                          retries: { utterance.isOver || utterance.pause == work.end }, &taken, isCancelled: {
                takeIn()
                return isCancelled() || failure != nil || isVoid(work)
            })
        }
        utterance.passes += 1
        utterance.encoderNanoseconds += taken.encoderNanoseconds
        utterance.decoderNanoseconds += taken.decoderNanoseconds
        utterance.triedEnd = work.end
        let now = sound.now()
        // No more than half of the time while somebody speaks.
        nextPartial = now + (now - before)
        try rethrow()
        if let found, !found.isWhole {
            if found.draft.tokens.count > utterance.draft.tokens.count { utterance.draft = found.draft }
            return
        }
        utterance.draft = found?.draft ?? SpeechDraft()
        utterance.heardEnd = work.end
        let hasChanged = utterance.set(found?.pieces ?? [], now: now)
        if hasChanged, options.tellsPartials, !utterance.isOver { tell(.partial(partial(utterance, work.end))) }
    }

    private func partial(_ utterance: SpokenUtterance, _ end: Int64) -> PartialText {
        PartialText(start: seconds(utterance.start), end: seconds(end), text: utterance.text, language: utterance.language)
    }

    private func seconds(_ samples: Int64) -> Double { Double(samples) / Double(Self.rate) }

    /// When so many samples at 16 kHz had been made.
    private func time(_ samples: Int64) -> Int64 {
        let rate = Int64(sound.rateHertz)
        return sound.time(ofSamples: samples / Self.rate * rate + samples % Self.rate * rate / Self.rate)
    }

    private func conclude(_ utterance: SpokenUtterance, _ tell: (ListeningEvent) -> Void) {
        guard !utterance.text.isEmpty else {
            statistics.withoutText += 1
            return tell(.nothing)
        }
        let result = ListenedUtterance(start: seconds(utterance.start), end: seconds(utterance.voiceEnd), isCut: utterance.isCut,
                                       text: utterance.text, language: utterance.language,
                                       meanLogProbability: utterance.meanLogProbability,
                                       noSpeechProbability: utterance.noSpeechProbability,
                                       afterSpeechNanoseconds: utterance.since - time(utterance.voiceEnd),
                                       afterDecisionNanoseconds: sound.now() - time(utterance.decided), passes: utterance.passes,
                                       encoderNanoseconds: utterance.encoderNanoseconds, decoderNanoseconds: utterance.decoderNanoseconds)
        statistics.add(result)
        tell(.final(result))
    }

    /// Lets go of frames that no utterance needs any more.
    private func forget() {
        let oldest = over.first?.start ?? current?.start
        let needed = min(oldest.map { $0 / Int64(MelSpectrogram.hop) } ?? .max, firstFrame + Int64(mel.count) - Self.keptFrames)
        guard needed - firstFrame >= Self.framesRemoved else { return }
        mel.remove(Int(needed - firstFrame))
        firstFrame = needed
    }
}
