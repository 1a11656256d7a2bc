import Board
import CLinux
import Platform

/// A microphone on a thread of its own: opened, read, and looked for again every second when it is gone. What it hears goes to
/// one listener through a ring; nothing here waits for who listens. While a device is open the thread allocates nothing.
public final class MicrophoneLoop {
    public let reading = SequenceLock(MicrophoneReading())
    /// Published by the one listener, where it listens for speech.
    public let listening = SequenceLock(ListeningReading())
    /// For the one listener (`claim`).
    public let samples: SampleRing
    /// For records of events; nil where none are kept. Set before the start.
    public private(set) var recordSamples: SampleRing?
    /// For tasks, from the start on; nil where there is none. Set before the loop starts.
    public private(set) var taskSamples: SampleRing?
    let events = EventRing<FirmwareEvent>(capacity: 256)
    private let board: Board
    private let request: MicrophoneRequest
    private let prepare: () -> Void
    private let announce: () -> Void
    private var thread: Thread?
    /// Asked to stop; somebody listens; somebody has claimed it.
    private let words = UnsafeMutablePointer<UInt32>.allocate(capacity: 3)
    private var current = MicrophoneReading()
    private var earlierOverruns: UInt32 = 0
    private var hasTold = false
    /// The title of the device that is open, or why none is. Guarded by `lock`.
    private var titleText = ""
    private let lock = Lock()
    /// Opened by who made this loop, for its first turn.
    private var opened: (any Microphone)?
    private let block: UnsafeMutableBufferPointer<Float>

    private static let searchInterval: Int64 = 1_000_000_000
    private static let longestWait: Int64 = 100_000_000
    /// A device that delivers nothing in so many waits is opened again. Waits are counted and not the time: a firmware that
    /// stood still itself finds an overrun at its next look.
    private static let patience = 30

    /// - Parameters:
    ///   - opened: the microphone, where somebody has opened it already to see whether that works.
    ///   - prepare: called first on the new thread: scheduling and the like.
    ///   - announce: posts a descriptor when there are events.
    public init(board: Board, request: MicrophoneRequest, opened: (any Microphone)? = nil, prepare: @escaping () -> Void = {},
                announce: @escaping () -> Void = {}) {
        self.board = board
        self.request = request
        self.opened = opened
        self.prepare = prepare
        self.announce = announce
        // Four seconds and more, of whatever rate the device may choose.
        samples = SampleRing(capacity: 4 * max(request.rateHertz, 48_000))
        words.initialize(repeating: 0, count: 3)
        block = .allocate(capacity: 4096)
        block.initialize(repeating: 0)
    }

    deinit {
        words.deallocate()
        block.deallocate()
    }

    /// Before the start: somebody is going to keep records. The ring holds four seconds, for storage that takes its time.
    public func feedRecords() { recordSamples = SampleRing(capacity: 4 * max(request.rateHertz, 48_000)) }
    /// Before the loop starts: tasks are going to listen, beside whoever claims it.
    func feedTasks() { taskSamples = SampleRing(capacity: 4 * max(request.rateHertz, 48_000)) }

    /// Fails with `resource` where there can be no thread.
    public func start() throws(Failure) {
        thread = try Thread { [self] in
            prepare()
            run()
        }
    }

    /// Asks the thread to end and waits for it.
    public func stop() {
        linux_store(words, 1)
        thread?.join()
        thread = nil
    }

    /// What it is, or why it isn't there.
    public var title: String {
        lock.lock()
        defer { lock.unlock() }
        return titleText
    }

    /// One listener at a time; false where there is one. Samples of before are thrown away.
    public func claim() -> Bool {
        guard linux_exchange(words + 2, 1) == 0 else { return false }
        samples.clear()
        linux_store(words + 1, 1)
        return true
    }

    /// For who claimed it.
    public func release() {
        linux_store(words + 1, 0)
        linux_store(words + 2, 0)
    }

    private var isStopping: Bool { linux_load(words) != 0 }

    private func run() {
        while !isStopping {
            if let microphone = open() { listen(microphone) }
            // Also behind a loss, whose cause stays readable until then.
            waitForTheNextSearch()
        }
    }

    private func open() -> (any Microphone)? {
        if let first = opened {
            opened = nil
            setTitle(first.name)
            return first
        }
        do throws(Failure) {
            let microphone = try board.openMicrophone(request)
            setTitle(microphone.name)
            return microphone
        } catch {
            setTitle(error.description)
            change(.searching)
            return nil
        }
    }

    private func waitForTheNextSearch() {
        let end = monotonicNanoseconds() + Self.searchInterval
        while !isStopping, monotonicNanoseconds() < end { usleep(20_000) }
    }

    /// Until the device is gone, or it is time to stop.
    private func listen(_ microphone: any Microphone) {
        var level = SoundLevel(rateHertz: microphone.format.rateHertz)
        var emptyWaits = 0
        earlierOverruns = current.overruns
        current.format = microphone.format
        do throws(Failure) {
            while !isStopping {
                let count = try microphone.read(block, withinNanoseconds: Self.longestWait)
                if count > 0 {
                    emptyWaits = 0
                    take(UnsafeBufferPointer(rebasing: block[..<count]), &level)
                } else {
                    emptyWaits += 1
                    if emptyWaits > Self.patience {
                        throw Failure(.inputOutput, "the microphone \(microphone.name) delivers nothing")
                    }
                }
                noteOverruns(earlierOverruns &+ microphone.overruns)
                reading.publish(current)
            }
        } catch {
            setTitle(error.description)
            current.losses &+= 1
            change(.searching)
        }
    }

    private func take(_ values: UnsafeBufferPointer<Float>, _ level: inout SoundLevel) {
        level.take(values)
        current.samples &+= UInt64(values.count)
        current.level = level.rootMeanSquare
        current.peak = level.peak
        if linux_load(words + 1) != 0 { samples.push(values) }
        recordSamples?.push(values)
        taskSamples?.push(values)
        change(level.isZero ? .silent : .running)
    }

    private func noteOverruns(_ count: UInt32) {
        guard count != current.overruns else { return }
        current.overruns = count
        push(.overrun, value: 0, sequence: count)
    }

    private func change(_ state: MicrophoneState) {
        guard state != current.state || !hasTold else { return }
        hasTold = true
        current.state = state
        if state == .searching {
            current.level = SoundLevel.quietest
            current.peak = SoundLevel.quietest
        }
        reading.publish(current)
        push(.microphoneState, value: UInt32(state.rawValue), sequence: 0)
    }

    private func push(_ kind: FirmwareEvent.Kind, value: UInt32, sequence: UInt32) {
        events.push(FirmwareEvent(kind, source: 0, at: board.now(), value: value, sequence: sequence))
        announce()
    }

    private func setTitle(_ text: String) {
        lock.lock()
        titleText = text
        lock.unlock()
    }
}
