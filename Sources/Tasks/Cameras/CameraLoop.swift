import Board
import CLinux
import Configuration
import Platform
import Vision
import VirtualBoard

/// A camera on a thread of its own: opened, read, and looked for again every second when it is gone. Each frame goes to every
/// task that wants it; nothing here waits for a task. While the camera is open the thread allocates nothing.
public final class CameraLoop {
    public let name: String
    public let reading = SequenceLock(CameraReading())
    private let configuration: DeviceConfiguration.Camera
    private let board: Board
    /// Those who are offered every frame.
    private var tasks: [RunningTask] = []
    /// For records of events; set before `start`.
    var ring: FrameRing?
    private var frames: [TaskFrame] = []
    private let lock = Lock()
    private var titleText = ""
    private var current = CameraReading()
    private var hasTold = false
    private var earlierLost: UInt32 = 0, earlierDamaged: UInt32 = 0
    private let stopping = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private var thread: Thread?
    /// Told when the state changes; for the log.
    private let announce: (CameraState, String) -> Void

    private static let searchInterval: Int64 = 1_000_000_000
    private static let longestWait: Int64 = 100_000_000
    /// What a frame's own time may lie back.
    private static let oldest: Int64 = 10_000_000_000
    /// A camera that delivers nothing for so many waits and a few of its own periods is opened again.
    private static let patience = 50

    init(_ configuration: DeviceConfiguration.Camera, board: Board, announce: @escaping (CameraState, String) -> Void) {
        name = configuration.name
        self.configuration = configuration
        self.board = board
        self.announce = announce
        stopping.initialize(to: 0)
    }

    deinit { stopping.deallocate() }

    /// Before `start`.
    func add(_ task: RunningTask) { tasks.append(task) }

    func start() throws(Failure) {
        // Each task has one frame at work and one that waits; one more is handed over, one read.
        for _ in 0..<tasks.count * 2 + 2 { frames.append(TaskFrame()) }
        thread = try Thread { [self] in run() }
    }

    /// Asks the thread to end and waits for it.
    func stop() {
        linux_store(stopping, 1)
        thread?.join()
        thread = nil
        tasks = []
    }

    /// What it is, or why it isn't there.
    public var title: String {
        lock.lock()
        defer { lock.unlock() }
        return titleText
    }

    /// The frame of that number, for a task that was offered it.
    func frame(_ number: Int) -> TaskFrame { frames[number] }

    /// A task is done with the frame of that number.
    func release(_ number: Int) {
        lock.lock()
        frames[number].users -= 1
        lock.unlock()
    }

    private var isStopping: Bool { linux_load(stopping) != 0 }

    private func run() {
        while !isStopping, current.state != .ended {
            if let source = open() { read(source) }
            let end = monotonicNanoseconds() + Self.searchInterval
            while !isStopping, current.state != .ended, monotonicNanoseconds() < end { usleep(20_000) }
        }
    }

    private func open() -> (any FrameSource)? {
        do throws(Failure) {
            let source = try makeSource()
            setTitle(source.title)
            return source
        } catch {
            setTitle(error.description)
            change(.searching)
            return nil
        }
    }

    private func makeSource() throws(Failure) -> any FrameSource {
        let request = configuration.request, device = request.device
        if device == "simulated" { return try BoardFrames(try SimulatedCamera(request, now: { monotonicNanoseconds() })) }
        guard device.utf8.contains(UInt8(ascii: "/")), !device.utf8.starts(with: "/dev/".utf8) else {
            return try BoardFrames(try board.openCamera(request))
        }
        if Folder.exists(device) {
            return try PictureFolder(device, rateHertz: request.rateHertz, repeats: configuration.repeats)
        }
        guard let pixels = PixelFormat(name: request.encoding.name) else { throw Failure(.unsupported, "\(device): unknown frames") }
        return try FrameFile(device, FrameFormat(width: request.width, height: request.height, format: pixels),
                             rateHertz: request.rateHertz, repeats: configuration.repeats)
    }

    /// Until the camera is gone, or it is time to stop.
    private func read(_ source: any FrameSource) {
        var emptyWaits = 0
        let patience = Self.patience + Int(30 / configuration.request.rateHertz)
        (earlierLost, earlierDamaged) = (current.lost, current.damaged)
        do throws(Failure) {
            while !isStopping {
                guard let number = freeFrame() else {
                    // Can't be: every task gives its frames back.
                    usleep(1000)
                    continue
                }
                switch try source.next(into: frames[number], withinNanoseconds: Self.longestWait) {
                case .frame:
                    emptyWaits = 0
                    current.frames &+= 1
                    change(.running)
                    offer(number)
                case .nothing:
                    emptyWaits += 1
                    if emptyWaits > patience { throw Failure(.inputOutput, "the camera \(source.title) delivers nothing") }
                case .end:
                    change(.ended)
                    return
                }
                current.lost = earlierLost &+ source.lost
                current.damaged = earlierDamaged &+ source.damaged
                reading.publish(current)
            }
        } catch {
            setTitle(error.description)
            current.losses &+= 1
            change(.searching)
        }
    }

    private func freeFrame() -> Int? {
        lock.lock()
        defer { lock.unlock() }
        for number in frames.indices where frames[number].users == 0 { return number }
        return nil
    }

    private func offer(_ number: Int) {
        let frame = frames[number], arrival = monotonicNanoseconds()
        // A driver's clock may be another, or jump.
        if frame.time > arrival || arrival - frame.time > Self.oldest { frame.time = arrival }
        ring?.push(UnsafeRawBufferPointer(start: frame.buffer.bytes, count: frame.buffer.count), time: frame.time, format: frame.format)
        for task in tasks where task.wants(frame.time) {
            lock.lock()
            frame.users += 1
            lock.unlock()
            task.offer(number, time: frame.time, arrival: arrival)
        }
    }

    private func change(_ state: CameraState) {
        guard state != current.state || !hasTold else { return }
        hasTold = true
        current.state = state
        reading.publish(current)
        announce(state, title)
    }

    private func setTitle(_ text: String) {
        lock.lock()
        titleText = text
        lock.unlock()
    }
}
