import CLinux
import Device
import Platform
import Sensors

/// A motion sensor's samples made into windows for tasks, on a thread of its own: the sensor's thread hands them over through a
/// ring and waits for nobody. Allocates nothing after its start.
final class MotionLoop {
    /// One task's windows: some slots that it has or that are free.
    private final class Feed {
        let task: RunningTask
        let rows: Int
        let rateHertz: Float
        var window: MotionWindow
        var slots: [UnsafeMutablePointer<Float>] = []
        var isTaken: [Bool] = []
        /// Whether there is a magnetic field in a slot's rows.
        var hasField: [Bool] = []

        init(_ task: RunningTask, rows: Int, rateHertz: Float) {
            self.task = task
            self.rows = rows
            self.rateHertz = rateHertz
            window = MotionWindow(capacity: rows, period: Int64(1e9 / Double(rateHertz)))
            // One at work, one that waits, one that is handed over.
            for _ in 0..<3 {
                slots.append(.allocate(capacity: rows * MotionColumn.count))
                isTaken.append(false)
                hasField.append(false)
            }
        }

        deinit { for slot in slots { slot.deallocate() } }
    }

    let name: String
    private let samples: EventRing<InertialSample>
    private var feeds: [Feed] = []
    private let lock = Lock()
    private let stopping = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private var thread: Thread?

    private static let interval: UInt32 = 5000

    init(_ track: SensorTrack, samples: EventRing<InertialSample>) {
        name = track.source.name
        self.samples = samples
        stopping.initialize(to: 0)
    }

    deinit { stopping.deallocate() }

    /// Before `start`. What the task loads its windows by.
    /// - Parameter rows: the longest window of its variants.
    func add(_ task: RunningTask, rows: Int, rateHertz: Float) -> any TaskInput {
        feeds.append(Feed(task, rows: rows, rateHertz: rateHertz))
        return MotionInput(self, feed: feeds.count - 1)
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
        // Samples of the time in which models were loaded.
        while samples.pop() != nil {}
        while linux_load(stopping) == 0 {
            guard let sample = samples.pop() else {
                usleep(Self.interval)
                continue
            }
            for feed in feeds { take(sample, feed) }
        }
    }

    private func take(_ sample: InertialSample, _ feed: Feed) {
        feed.window.take(sample)
        while feed.window.advance() {
            guard feed.window.rows == feed.rows, feed.task.wants(feed.window.time), let free = freeSlot(feed) else { continue }
            feed.window.copy(feed.rows, to: feed.slots[free])
            feed.hasField[free] = feed.window.hasMagneticField
            feed.task.offer(free, time: feed.window.time, arrival: monotonicNanoseconds())
        }
    }

    /// There always is one: the task gives back what it can't take.
    private func freeSlot(_ feed: Feed) -> Int? {
        lock.lock()
        defer { lock.unlock() }
        guard let free = feed.isTaken.firstIndex(of: false) else { return nil }
        feed.isTaken[free] = true
        return free
    }

    fileprivate func release(_ slot: Int, of feed: Int) {
        lock.lock()
        feeds[feed].isTaken[slot] = false
        lock.unlock()
    }

    fileprivate func load(_ slot: Int, of feed: Int, into model: WindowModel) -> Bool {
        // A field that nobody measures is no zero.
        guard feeds[feed].hasField[slot] || !model.format.columns.contains(where: { $0 >= 6 }) else { return false }
        // A model may be another under the same name since the start: it wants more rows than there are, or another rate.
        guard model.format.rows <= feeds[feed].rows, model.format.rateHertz == feeds[feed].rateHertz else { return false }
        // The newest rows, where another variant's window is longer.
        model.load(feeds[feed].slots[slot] + (feeds[feed].rows - model.format.rows) * MotionColumn.count)
        return true
    }
}

/// One task's windows as its input.
private final class MotionInput: TaskInput {
    private let loop: MotionLoop
    private let feed: Int

    init(_ loop: MotionLoop, feed: Int) {
        self.loop = loop
        self.feed = feed
    }

    func release(_ number: Int) { loop.release(number, of: feed) }

    func load(_ number: Int, into model: TaskModel) -> Bool {
        guard case .window(let model) = model else { return false }
        return loop.load(number, of: feed, into: model)
    }
}
