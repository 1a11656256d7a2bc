import Board
import CLinux
import Device
import Hearing
import Platform

/// A microphone's sound cut into windows for tasks, on a thread of its own: the microphone's thread hands it over through a ring and
/// waits for nobody, and who listens for speech has another ring. While the device stays the same it allocates nothing.
final class SoundLoop {
    private let microphone: MicrophoneLoop
    private let samples: SampleRing
    private var feeds: [SoundFeed] = []
    private let stopping = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private let block: UnsafeMutableBufferPointer<Float>
    private var thread: Thread?
    /// How often the sound had broken off, and the device's rate, when windows were begun last.
    private var breaks: UInt32 = 0
    private var rateHertz = 0

    private static let interval: UInt32 = 10_000

    init(_ microphone: MicrophoneLoop, samples: SampleRing) {
        self.microphone = microphone
        self.samples = samples
        block = .allocate(capacity: PolyphaseResampler.mostInput)
        block.initialize(repeating: 0)
        stopping.initialize(to: 0)
    }

    deinit {
        block.deallocate()
        stopping.deallocate()
    }

    /// Before `start`. What the task loads its windows by.
    /// - Parameters:
    ///   - window: the longest of its variants, samples.
    ///   - format: of its best variant, whose hop and rate are those of the windows.
    func add(_ task: RunningTask, window: Int, format: SoundFormat) -> any TaskInput {
        let feed = SoundFeed(task, window: window, hop: format.hop, rateHertz: format.rateHertz)
        feeds.append(feed)
        return SoundInput(feed)
    }

    func start() throws(Failure) {
        thread = try Thread { [self] in run() }
    }

    /// Asks the thread to end and waits for it.
    func stop() {
        linux_store(stopping, 1)
        thread?.join()
        thread = nil
    }

    private func run() {
        // Sound of the time in which models were loaded.
        samples.clear()
        while linux_load(stopping) == 0 {
            let reading = microphone.reading.read()
            let count = reading.format == nil ? 0 : samples.pop(block)
            guard count > 0, let format = reading.format else {
                usleep(Self.interval)
                continue
            }
            // Lost in the device, with the device, or in the ring: what comes doesn't belong to what was.
            let lost = reading.losses &+ reading.overruns &+ samples.dropped
            if lost != breaks || format.rateHertz != rateHertz {
                breaks = lost
                rateHertz = format.rateHertz
                for feed in feeds { feed.begin(from: rateHertz) }
            }
            let now = monotonicNanoseconds()
            for feed in feeds { feed.take(UnsafeBufferPointer(rebasing: block[..<count]), now: now) }
        }
    }
}

/// One task's windows: some slots that it has or that are free.
final class SoundFeed {
    private let task: RunningTask
    private let rateHertz: Int
    private let windows: SoundWindows
    private var clock: ArrivalClock
    private var resampler: PolyphaseResampler?
    /// What the resampler makes of a block.
    private var resampled = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)
    private var slots: [UnsafeMutablePointer<Float>] = []
    /// Guarded by the lock.
    private var isTaken: [Bool] = []
    private let lock = Lock()

    init(_ task: RunningTask, window: Int, hop: Int, rateHertz: Int) {
        self.task = task
        self.rateHertz = rateHertz
        windows = SoundWindows(window: window, hop: hop)
        clock = ArrivalClock(rateHertz: rateHertz)
        // One at work, one that waits, one that is handed over.
        for _ in 0..<3 {
            slots.append(.allocate(capacity: window))
            isTaken.append(false)
        }
    }

    deinit {
        for slot in slots { slot.deallocate() }
        resampled.deallocate()
    }

    /// The sound begins, or begins anew behind a gap.
    /// - Parameter rate: of the device, Hz.
    func begin(from rate: Int) {
        windows.restart()
        clock = ArrivalClock(rateHertz: rateHertz)
        resampled.deallocate()
        resampled = UnsafeMutableBufferPointer(start: nil, count: 0)
        resampler = nil
        guard rate != rateHertz else { return }
        let made = PolyphaseResampler(from: rate, to: rateHertz)
        resampled = .allocate(capacity: made.outputs(of: PolyphaseResampler.mostInput))
        resampler = made
    }

    /// - Parameters:
    ///   - sound: at most `PolyphaseResampler.mostInput` samples of the device.
    ///   - now: when they were there, monotonic nanoseconds.
    func take(_ sound: UnsafeBufferPointer<Float>, now: Int64) {
        var values = sound
        if let resampler, let base = resampled.baseAddress {
            values = UnsafeBufferPointer(start: base, count: resampler.push(sound, into: base))
        }
        clock.arrived(windows.count + Int64(values.count), at: now)
        var taken = 0
        while taken < values.count {
            taken += windows.take(UnsafeBufferPointer(rebasing: values[taken...]))
            guard windows.isFull else { continue }
            offer(now)
            windows.advance()
        }
    }

    private func offer(_ now: Int64) {
        let time = clock.time(ofSamples: windows.start + Int64(windows.window))
        guard task.wants(time), let free = freeSlot() else { return }
        slots[free].update(from: windows.values, count: windows.window)
        task.offer(free, time: time, arrival: now)
    }

    /// There always is one: the task gives back what it can't take.
    private func freeSlot() -> Int? {
        lock.lock()
        defer { lock.unlock() }
        guard let free = isTaken.firstIndex(of: false) else { return nil }
        isTaken[free] = true
        return free
    }

    func release(_ slot: Int) {
        lock.lock()
        isTaken[slot] = false
        lock.unlock()
    }

    /// The newest samples, where another variant's window is longer. False where the model, which may be another under the same name
    /// since the start, wants more of them or another rate.
    func load(_ slot: Int, into model: SoundModel) -> Bool {
        guard model.format.window <= windows.window, model.format.rateHertz == rateHertz else { return false }
        model.load(slots[slot] + (windows.window - model.format.window))
        return true
    }
}

/// One task's windows as its input.
private final class SoundInput: TaskInput {
    private let feed: SoundFeed

    init(_ feed: SoundFeed) { self.feed = feed }

    func release(_ number: Int) { feed.release(number) }

    func load(_ number: Int, into model: TaskModel) -> Bool {
        guard case .sound(let model) = model else { return false }
        return feed.load(number, into: model)
    }
}
