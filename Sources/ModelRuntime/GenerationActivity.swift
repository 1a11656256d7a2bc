import Engine
import Language
import Platform

/// The newest text that the firmware continues or has continued, for `status` on any console while another one generates.
public final class GenerationActivity {
    /// One moment of a generation, or its end. Tokens are those generated; seconds count from its start.
    public struct Figures {
        public var isRunning: Bool
        public var tokens: Int
        public var seconds: Double
        /// Weights in physical memory and those streamed, bytes.
        public var residentWeightBytes: Int
        public var streamedBytes: Int
        public var stalls: Int
        public var stallSeconds: Double
        public var failure: String?

        /// Weights streamed, bytes; before the first token, all of them so far.
        public var streamedBytesPerToken: Int { streamedBytes / max(1, tokens) }
        /// Over the whole time, stalls included; 0 before any time has passed.
        public var tokensPerSecond: Double { seconds > 0 ? Double(tokens) / seconds : 0 }
    }

    /// The model's name, as the command had it.
    public let model: String
    private let lock = Lock()
    private let start = monotonicNanoseconds()
    private var state: State
    private var tokens = 0

    /// The session's memory may go once the generation has ended.
    private enum State {
        case running(LanguageSession)
        case ended(Figures)
    }

    /// Time counts from here; `session` is held until `end`.
    public init(_ model: String, _ session: LanguageSession) {
        self.model = model
        state = .running(session)
    }

    /// One more.
    public func countToken() {
        lock.lock()
        tokens += 1
        lock.unlock()
    }

    /// Called once. `tokens`: how many there were; nil: as many as were counted.
    public func end(tokens exact: Int? = nil, failure: String? = nil) {
        lock.lock()
        if let exact { tokens = exact }
        var last = measured()
        last.isRunning = false
        last.failure = failure
        state = .ended(last)
        lock.unlock()
    }

    /// As of now.
    public var figures: Figures {
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
                       residentWeightBytes: session.runner.model.residentWeightBytes, streamedBytes: counters.streamedBytes,
                           stalls: counters.stalls,
                       stallSeconds: Double(counters.stallNanoseconds) / 1e9)
    }
}
