import Engine
import Language
import Platform

/// The newest text that the device continues or has continued, for `status` on any console while another one generates.
final class GenerationActivity {
    struct Figures {
        var isRunning: Bool
        var tokens: Int
        var seconds: Double
        /// Weights in physical memory and those streamed, bytes.
        var residentWeightBytes: Int
        var streamedBytes: Int
        var stalls: Int
        var stallSeconds: Double
        var failure: String?

        var streamedBytesPerToken: Int { streamedBytes / max(1, tokens) }
        var tokensPerSecond: Double { seconds > 0 ? Double(tokens) / seconds : 0 }
    }

    let model: String
    private let lock = Lock()
    private let start = monotonicNanoseconds()
    private var state: State
    private var tokens = 0

    /// The session's memory may go once the generation has ended.
    private enum State {
        case running(LanguageSession)
        case ended(Figures)
    }

    init(_ model: String, _ session: LanguageSession) {
        self.model = model
        state = .running(session)
    }

    func countToken() {
        lock.lock()
        tokens += 1
        lock.unlock()
    }

    /// Called once. `tokens`: how many there were; nil: as many as were counted.
    func end(tokens exact: Int? = nil, failure: String? = nil) {
        lock.lock()
        if let exact { tokens = exact }
        var last = measured()
        last.isRunning = false
        last.failure = failure
        state = .ended(last)
        lock.unlock()
    }

    var figures: Figures {
        lock.lock()
        defer { lock.unlock() }
        return measured()
    }

    /// Under the lock.
    private func measured() -> Figures {
        let session: LanguageSession
        switch state {
        case .ended(let last): return last
        case .running(let running): session = running
        }
        let counters = session.runner.counters
        return Figures(isRunning: true, tokens: tokens, seconds: Double(monotonicNanoseconds() - start) / 1e9,
                       residentWeightBytes: session.runner.model.residentWeightBytes, streamedBytes: counters.streamedBytes, stalls: counters.stalls,
                       stallSeconds: Double(counters.stallNanoseconds) / 1e9)
    }

    // MARK: what status shows

    var line: String {
        let now = figures
        var text = "language   \(model): \(now.tokens) tokens, \(fixed(now.tokensPerSecond, decimals: 1)) a second, weights \(megabytes(now.residentWeightBytes)) resident"
        if now.streamedBytes > 0 {
            text += ", \(megabytes(now.streamedBytesPerToken)) streamed a token, \(now.stalls) stalls (\(fixed(now.stallSeconds, decimals: 1)) s)"
        }
        if let failure = now.failure { return text + "; failed: \(failure)" }
        return text + (now.isRunning ? "; at work" : "; done")
    }

    var object: JSONObject {
        let now = figures
        var object = JSONObject()
        object.set("model", model)
        object.set("running", now.isRunning)
        object.set("tokens", now.tokens)
        object.set("tokensPerSecond", now.tokensPerSecond, decimals: 2)
        object.set("residentWeightBytes", now.residentWeightBytes)
        object.set("streamedBytes", now.streamedBytes)
        object.set("stalls", now.stalls)
        object.set("stallSeconds", now.stallSeconds, decimals: 3)
        if let failure = now.failure { object.set("failure", failure) }
        return object
    }
}
