import Console
import Device
import Hearing
import Platform

/// One listening from its beginning to its end, told as the command line wants it.
final class ListeningRun {
    private let context: Context
    private let request: ListenRequest
    private let source: ListeningSource
    private let listener: Listener
    private var state = ListeningReading()
    /// A row of the terminal shows what is being said.
    private var hasRow = false

    init(_ context: Context, _ request: ListenRequest, _ source: ListeningSource, _ listener: Listener) {
        self.context = context
        self.request = request
        self.source = source
        self.listener = listener
    }

    func run() throws(Failure) {
        let processor = processorNanoseconds()
        let latest = request.seconds.map { monotonicNanoseconds() + Int64($0 + 5) * 1_000_000_000 } ?? .max
        state.isListening = true
        source.microphone?.listening.publish(state)
        defer { source.microphone?.listening.publish(ListeningReading()) }
        if source.microphone != nil, !request.isJSON, context.isInteractive { context.output("listening; any key ends") }
        while !isStopped, !listener.isDone {
            let isOver = listener.seconds >= request.seconds.map { Double($0) } ?? .infinity
            if isOver || source.microphone != nil && monotonicNanoseconds() >= latest { listener.finish() }
            if !(try listener.step(isCancelled: { isStopped }, tell)), !listener.isDone, !waitForSound() { break }
            showSpeaking()
        }
        clearRow()
        if let warning = source.warning { context.errors("swiftlet: \(warning)") }
        let report = ListeningReport(seconds: listener.seconds, statistics: listener.statistics, overruns: source.overruns,
                                     gone: source.sound.breaks, lost: source.lost,
                                     processorNanoseconds: processorNanoseconds() - processor)
        if request.isJSON { context.output(report.json) } else { context.errors(report.line) }
    }

    /// Somebody wants it to stop, or enough was heard.
    private var isStopped: Bool {
        context.isCancelled || context.device?.isEnding == true || listener.statistics.utterances >= request.utterances ?? .max
    }

    /// False where a key ends it.
    private func waitForSound() -> Bool {
        guard context.isInteractive, let console = context.console else {
            source.sound.wait()
            return true
        }
        return console.key(withinMilliseconds: source.microphone == nil ? 0 : 10) == nil
    }

    private func showSpeaking() {
        guard listener.isSpeaking != state.isSpeaking else { return }
        state.isSpeaking.toggle()
        source.microphone?.listening.publish(state)
    }

    private func tell(_ event: ListeningEvent) {
        switch event {
        case .partial(let partial):
            if request.isJSON { context.output(ListeningText.object(partial).line) } else { showRow(partial.text) }
        case .nothing:
            if request.isJSON, request.tellsPartials { context.output(ListeningText.object(PartialText()).line) }
            clearRow()
        case .final(let utterance):
            guard listener.statistics.utterances <= request.utterances ?? .max else { return }
            clearRow()
            state.utterances &+= 1
            state.afterSpeechNanoseconds = utterance.afterSpeechNanoseconds
            state.afterDecisionNanoseconds = utterance.afterDecisionNanoseconds
            source.microphone?.listening.publish(state)
            context.output(request.isJSON ? ListeningText.object(utterance).line : ShownText.line(utterance.text))
        case .woken(let word, let seconds):
            if request.isJSON { context.output(ListeningText.woken(word, at: seconds).line) } else { showRow("…") }
        case .broken:
            clearRow()
            if source.hasNoLog, let microphone = source.microphone { context.errors(ShownText.line("swiftlet: \(microphone.title)")) }
        }
    }

    private func showRow(_ text: String) {
        guard request.tellsPartials else { return }
        let row = ShownText.line(ListeningText.row(text))
        if let console = context.console {
            console.redraw([row])
        } else {
            Output.standard.write("\r\u{1B}[K" + row)
        }
        hasRow = true
    }

    private func clearRow() {
        guard hasRow else { return }
        hasRow = false
        if let console = context.console {
            console.redraw([])
        } else {
            Output.standard.write("\r\u{1B}[K")
        }
    }
}
