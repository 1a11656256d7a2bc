@testable import Hearing
import Platform
import Testing

/// The listener with a model whose answers are written down and a clock that only moves by waiting and working.
struct ListenerTests {
    private let model: ScriptedModel

    init() { self.init(ScriptedModel()) }

    private init(_ model: ScriptedModel) { self.model = model }

    private struct Heard {
        var events: [ListeningEvent] = []
        var finals: [ListenedUtterance] { events.compactMap { if case .final(let utterance) = $0 { utterance } else { nil } } }
        var partials: [PartialText] { events.compactMap { if case .partial(let partial) = $0 { partial } else { nil } } }
        var texts: [String] { finals.map(\.text) }
    }

    /// - Parameter cost: nanoseconds of a step of the model's work.
    private func listener(_ sound: ScriptedSound, cost: Int64 = 0, moreSeconds: Int = Listener.secondsMore,
                          _ options: ListeningOptions = ListeningOptions()) throws -> Listener {
        let bank = floats(try golden("bank.f32"))
        let window = WindowTranscriber(decoder: try SpeechDecoder(model: model, tokens: testTokens)) { token, bytes in
            bytes += Array(" t\(token)".utf8)
        }
        let mel = try bank.withUnsafeBufferPointer {
            try MelSpectrogram(bank: $0, bands: 80, capacity: window.longest + moreSeconds * MelSpectrogram.frameRate)
        }
        model.works = { sound.pass(nanoseconds: cost) }
        return try Listener(sound, window, mel, options)
    }

    private func run(_ listener: Listener, _ sound: ScriptedSound) throws -> Heard {
        var heard = Heard()
        while !listener.isDone {
            if !(try listener.step(isCancelled: { false }) { heard.events.append($0) }) { sound.wait() }
        }
        return heard
    }

    private func hear(_ sound: ScriptedSound, cost: Int64 = 0, _ options: ListeningOptions = ListeningOptions()) throws -> Heard {
        try run(try listener(sound, cost: cost, options), sound)
    }

    /// A silence, then voices of these lengths with silences of these lengths behind.
    private func spoken(_ parts: [(voice: Double, silence: Double)]) -> [Float] {
        var sound = SpokenSound()
        sound.noise(1.5)
        for part in parts {
            sound.voice(part.voice)
            sound.noise(part.silence)
        }
        return sound.samples
    }

    @Test func eachUtteranceHasItsText() throws {
        model.script = [1, 2, 3]
        let heard = try hear(ScriptedSound(spoken([(1.5, 1.5), (1, 1.5)])), cost: 1_000_000)
        #expect(heard.texts == ["t1 t2 t3", "t1 t2 t3"])
        let places = heard.finals.map { ($0.start, $0.end) }
        #expect(places.count == 2 && places[0].0 > 1.1 && places[0].0 < 1.6 && abs(places[0].1 - 3) < 0.15, "\(places)")
        #expect(heard.finals.allSatisfy { $0.language == "zh" && !$0.isCut })
    }

    @Test(arguments: [8000, 44_100, 48_000]) func anyRateWillDo(rate: Int) throws {
        model.script = [4]
        var sound = SpokenSound(rate: rate)
        sound.noise(1.5)
        sound.voice(1.5)
        sound.noise(1.5)
        let heard = try hear(ScriptedSound(sound.samples, rateHertz: rate, period: rate / 100))
        #expect(heard.texts == ["t4"] && abs((heard.finals.first?.end ?? 0) - 3) < 0.15, "\(heard.finals)")
    }

    /// The text is made while the end-pointer waits, and stands there when it decides.
    @Test func theTextIsThereWhenTheEndIsKnown() throws {
        model.scriptOfFrames = { (1...Int32($0 / 100)).map { $0 } }
        let heard = try hear(ScriptedSound(spoken([(2, 1.5)])), cost: 2_000_000)
        let utterance = try #require(heard.finals.first)
        // The end is known 600 ms after the last voice; silence is noticed after 40 to 60 ms, and a pass takes 20 to 40 ms.
        #expect(utterance.afterDecisionNanoseconds >= 0 && utterance.afterDecisionNanoseconds <= 20_000_000, "\(utterance)")
        #expect(utterance.afterSpeechNanoseconds < 120_000_000, "\(utterance)")
        // Partial texts came before, and the last of them is the final one.
        #expect(heard.partials.count >= 2 && heard.partials.last?.text == utterance.text, "\(heard.partials)")
        #expect(heard.partials.first.map { $0.end < 3.5 } == true, "\(heard.partials)")
    }

    @Test func speechThatGoesOnMakesWhatWasHeardADraft() throws {
        model.scriptOfFrames = { (1...Int32($0 / 100)).map { $0 } }
        let heard = try hear(ScriptedSound(spoken([(1.2, 0.35), (1.4, 1.5)])), cost: 3_000_000)
        #expect(heard.finals.count == 1 && heard.finals[0].passes >= 3, "\(heard.finals)")
        // A pass of several tokens at once: the prompt with a draft behind it.
        #expect(model.evaluations.contains { $0.position == 0 && $0.tokens.count >= 6 })
        #expect(heard.texts.first == heard.partials.last?.text)
    }

    /// A silence within a word is heard as if it were the end; when it was none, that work is a partial text like others.
    @Test func aSilenceWithinAWordWastesNothing() throws {
        model.scriptOfFrames = { (1...Int32($0 / 100)).map { $0 } }
        // Longer than the silences: each pass ends while somebody speaks again.
        let heard = try hear(ScriptedSound(spoken([(0.9, 0.08), (0.5, 0.08), (0.7, 0.08), (0.6, 1.5)])), cost: 15_000_000)
        let utterance = try #require(heard.finals.first)
        #expect(heard.finals.count == 1 && utterance.passes == model.encodedFrames.count, "\(utterance) \(model.encodedFrames)")
        #expect(heard.partials.count >= 2 && heard.partials.last?.text == utterance.text, "\(heard.partials)")
    }

    /// Whatever the model takes, the final texts are made of the same sound.
    @Test func whatIsFinalDoesNotDependOnTheTime() throws {
        let sound = spoken([(1.5, 0.9), (0.8, 0.3), (0.7, 1.5), (2.2, 0.8)])
        var answers: [[String]] = [], lasts: [[Float]?] = []
        for (cost, period) in [(Int64(0), 160), (1_000_000, 160), (40_000_000, 160), (200_000_000, 480)] {
            let model = ScriptedModel()
            model.scriptOfFrames = { frames in (1...Int32(frames / 100)).map { $0 } }
            let tests = ListenerTests(model)
            let heard = try tests.hear(ScriptedSound(sound, period: period), cost: cost)
            answers.append(heard.finals.map { "\($0.text) \($0.start) \($0.end)" })
            lasts.append(model.encoded.last)
        }
        #expect(Set(answers).count == 1 && answers[0].count == 3, "\(answers)")
        // To the last value.
        #expect(lasts.allSatisfy { $0 != nil && $0 == lasts[0] })
    }

    @Test func aSlowModelLosesNoSound() throws {
        model.script = [1]
        let parts = [(1.2, 1.0), (1.1, 1.0), (1.3, 1.0), (1.0, 1.2)]
        let samples = spoken(parts.map { (voice: $0.0, silence: $0.1) })
        // Six seconds for a pass: longer than the sound goes on. Seven seconds of sound can wait.
        let sound = ScriptedSound(samples, room: 7 * 16_000)
        let listener = try listener(sound, cost: 1_000_000_000)
        let heard = try run(listener, sound)
        #expect(heard.finals.count == 4 && sound.lost == 0 && abs(listener.seconds * 16_000 - Double(samples.count)) < 1, "\(heard.finals)")
        #expect(heard.finals.allSatisfy { $0.passes <= 3 })
    }

    /// Where not even the spectrogram has room, the sound waits where it comes from.
    @Test func aModelTooSlowForItsMemoryTakesLess() throws {
        model.script = [1]
        let sound = ScriptedSound(spoken([(8, 1), (8, 1), (8, 1), (8, 1), (8, 1)]))
        let listener = try listener(sound, cost: 20_000_000_000, moreSeconds: 0)
        let heard = try run(listener, sound)
        #expect(heard.finals.count == 5, "\(heard.finals)")
    }

    @Test func longSpeechIsCut() throws {
        model.script = [1, 2]
        let heard = try hear(ScriptedSound(spoken([(65, 1.5)])), cost: 1_000_000)
        #expect(heard.finals.count >= 3 && heard.finals.dropLast().allSatisfy(\.isCut) && heard.finals.last?.isCut == false)
        for (one, next) in zip(heard.finals, heard.finals.dropFirst()) { #expect(one.end == next.start && next.start - one.start <= 28.1) }
        #expect(model.encodedFrames.allSatisfy { $0 <= 3000 })
    }

    @Test func silenceCostsNoModelAndNoMemory() throws {
        model.script = [1]
        var sound = SpokenSound()
        sound.noise(300, amplitude: 0.002)
        sound.add(100, noise: 0) { _ in 0 }
        let scripted = ScriptedSound(sound.samples), listener = try listener(scripted)
        var heard = Heard(), most = 0
        while !listener.isDone {
            if !(try listener.step(isCancelled: { false }) { heard.events.append($0) }) { scripted.wait() }
            most = max(most, listener.framesHeld)
        }
        #expect(heard.events.isEmpty && model.encodedFrames.isEmpty)
        #expect(most < 400 && listener.seconds == 400)
    }

    /// A tune or a bell that passes for a voice: the model is asked, and says that nobody speaks.
    @Test func whatTheModelDoesNotBelieveIsNoText() throws {
        model.script = [1, 2]
        // The probability that nobody speaks is that of a logit of 4.7 among 199 zeros, 0.36; a token's is that of 4.2 among 97, 0.41.
        model.firstRow = [(99, 4.7)]
        model.certainty = 4.2
        var heard = try hear(ScriptedSound(spoken([(1.5, 1.5)])))
        #expect(heard.finals.isEmpty && heard.partials.isEmpty, "\(heard.events)")
        #expect(heard.events.contains { if case .nothing = $0 { true } else { false } })
        model.firstRow = [(99, 3)]
        heard = try hear(ScriptedSound(spoken([(1.5, 1.5)])))
        #expect(heard.texts == ["t1 t2"])
        // Half a sentence: nobody speaks, but the words are sure.
        model.firstRow = [(99, 4.7)]
        model.certainty = 20
        heard = try hear(ScriptedSound(spoken([(1.5, 1.5)])))
        #expect(heard.texts == ["t1 t2"])
        model.firstRow = [(99, 3)]
        model.certainty = 1
        heard = try hear(ScriptedSound(spoken([(1.5, 1.5)])))
        #expect(heard.finals.isEmpty, "\(heard.finals)")
    }

    @Test func soundThatBreaksOffEndsTheUtterance() throws {
        model.script = [1, 2]
        let samples = spoken([(3, 1), (1.5, 1.5)])
        let heard = try hear(ScriptedSound(samples, broken: [3 * 16_000 + 77]), cost: 1_000_000)
        // What was said before the break, what is left of it behind, and what came later.
        #expect(heard.finals.count == 3 && heard.events.contains { if case .broken = $0 { true } else { false } }, "\(heard.finals)")
        let ends = heard.finals.map(\.end)
        #expect(abs((ends.first ?? 0) - 3) < 0.1 && abs((ends.last ?? 0) - 7) < 0.15, "\(ends)")
    }

    @Test func theEndOfTheSoundEndsTheUtterance() throws {
        model.script = [1, 2]
        #expect(try hear(ScriptedSound(spoken([(1.5, 0)])), cost: 1_000_000).texts == ["t1 t2"])
        #expect(try hear(ScriptedSound([])).events.isEmpty)
        #expect(try hear(ScriptedSound([0.1, .nan, 3])).events.isEmpty)
    }

    @Test func aButtonMakesTheUtterance() throws {
        model.script = [5]
        let sound = ScriptedSound(spoken([(4, 2)]))
        var options = ListeningOptions()
        options.isPressed = { (2_000_000_000..<3_500_000_000).contains(sound.now()) || sound.now() > 6_000_000_000 }
        let heard = try run(try listener(sound, cost: 1_000_000, options), sound)
        #expect(heard.texts.first == "t5", "\(heard.events)")
        let utterance = try #require(heard.finals.first)
        #expect(abs(utterance.start - 1.8) < 0.05 && abs(utterance.end - 3.5) < 0.05, "\(utterance)")
        // Held down in the silence at the end: nothing was said.
        #expect(heard.finals.count == 1, "\(heard.finals)")
        // Let go, it is over: the whole of it is heard then.
        #expect(utterance.afterDecisionNanoseconds > 0 && utterance.afterDecisionNanoseconds < 60_000_000, "\(utterance)")
    }

    @Test func aButtonThatIsHeldTooLongIsCut() throws {
        model.script = [5]
        var options = ListeningOptions()
        options.isPressed = { true }
        let heard = try hear(ScriptedSound(spoken([(60, 1)])), options)
        #expect(heard.finals.count == 3 && heard.finals.map(\.isCut) == [true, true, false])
    }

    @Test func cancellingEndsItAtOnce() throws {
        model.script = [1, 2, 3, 4, 5, 6]
        let sound = ScriptedSound(spoken([(2, 1)])), listener = try listener(sound, cost: 1_000_000)
        var steps = 0
        while model.evaluations.count < 2, steps < 10_000 {
            if !(try listener.step(isCancelled: { model.evaluations.count >= 2 }) { _ in }) { sound.wait() }
            steps += 1
        }
        #expect(model.evaluations.count == 2)
    }

    // MARK: a wake word

    /// What is heard of these parts when the word is sure at this second.
    private func awake(_ parts: [(voice: Double, silence: Double)], at second: Double) throws -> Heard {
        model.scriptOfFrames = { (1...Int32($0 / 100)).map { $0 } }
        let network = ScriptedWake(), first = Int(second * 1000 / 30)
        network.saidAt = first - 4..<first + 1
        var options = ListeningOptions()
        options.wake = try WakeWordDetector(network, word: "hello")
        return try hear(ScriptedSound(spoken(parts)), cost: 1_000_000, options)
    }

    private func woken(_ heard: Heard) -> [Double] { heard.events.compactMap { if case .woken(_, let at) = $0 { at } else { nil } } }

    @Test func nobodyIsListenedToBeforeTheWordAndAfterTheUtteranceBehindIt() throws {
        // Somebody talks, says the word (0.6 s), asks, and talks on.
        let heard = try awake([(2, 1.5), (0.6, 1), (1.5, 1.5), (2, 1.5)], at: 5.5)
        #expect(heard.finals.count == 1 && woken(heard).count == 1, "\(heard.events)")
        let utterance = try #require(heard.finals.first)
        #expect(abs(utterance.start - 6.3) < 0.2 && abs(utterance.end - 8.1) < 0.15, "\(utterance)")
        // What the word is part of has been no work.
        #expect(heard.partials.allSatisfy { $0.start > 6 })
    }

    @Test func theWordAndTheQuestionMayBeOneBreath() throws {
        let heard = try awake([(3, 1.5), (2, 1)], at: 2.2)
        let utterance = try #require(heard.finals.first)
        #expect(heard.finals.count == 1 && abs(utterance.start - 2.1) < 0.1 && abs(utterance.end - 4.5) < 0.15, "\(heard.events)")
    }

    @Test func theWordAloneIsForgotten() throws {
        // Eight seconds later nobody is listened to any more.
        let heard = try awake([(0.6, 9.5), (2, 1)], at: 2.1)
        #expect(woken(heard).count == 1 && heard.finals.isEmpty && heard.partials.isEmpty && model.encodedFrames.isEmpty, "\(heard.events)")
    }

    @Test func aLanguageThatTheModelDoesNotKnowIsRefused() throws {
        var options = ListeningOptions()
        options.transcription.language = .code("xx")
        #expect(throws: Failure.self) { try listener(ScriptedSound([]), options) }
    }
}
