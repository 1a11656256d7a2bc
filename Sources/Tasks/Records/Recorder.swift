import Board
import CLinux
import Configuration
import Device
import Platform

/// Keeps what was before and after events: on a thread of its own, so that neither cameras nor rules wait for storage. While no
/// record is written it allocates nothing. A folder that can't be used is said, and looked for again with every record.
public final class Recorder {
    public let reading = SequenceLock(RecordReading())
    private let device: Device
    private let settings: DeviceConfiguration.Records
    private let describe: (RecordSummary) -> [UInt8]
    private let requests = EventRing<RecordRequest>(capacity: 64)
    /// Of each camera that a task with records looks through.
    private var cameras: [(camera: DeviceConfiguration.Camera, ring: FrameRing)] = []
    private var motions: [MotionHistory] = []
    private var sound: SoundHistory?
    private var store: RecordStore?
    private var running: [RunningRecord?]
    private var current = RecordReading()
    private let stopping = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private var thread: Thread?

    /// How often it looks; sensors' rings hold much more.
    private static let interval: UInt32 = 50_000
    /// What storage may make it wait without a loss, in seconds of what is kept.
    private static let slackSeconds = 2.0

    /// - Parameters:
    ///   - budget: bytes that frames may take at most, where that is less than configured.
    ///   - describe: the text of a record's record.json.
    /// - Throws: `.resource` where there is no memory.
    init(_ device: Device, _ settings: DeviceConfiguration.Records, budget: Int?,
         describe: @escaping (RecordSummary) -> [UInt8]) throws(Failure) {
        self.device = device
        self.settings = settings
        self.describe = describe
        let tasks = device.configuration.tasks
        running = [RunningRecord?](repeating: nil, count: tasks.count)
        stopping.initialize(to: 0)
        let seconds = Double(settings.beforeNanoseconds) * 1e-9 + Self.slackSeconds
        try makeRings(seconds, min(settings.memoryBytes, budget ?? .max))
        for track in device.tracks {
            if let ring = track.recordSamples { motions.append(MotionHistory(track, ring: ring, seconds: seconds)) }
        }
        if let microphone = device.microphone, let ring = microphone.recordSamples {
            sound = SoundHistory(microphone, ring: ring, rateHertz: device.configuration.microphone?.request.rateHertz ?? 0,
                                 seconds: seconds)
        }
        for entry in cameras { current.memoryBytes += entry.ring.bytes }
        for motion in motions { current.memoryBytes += motion.bytes }
        current.memoryBytes += sound?.bytes ?? 0
        do throws(Failure) { _ = try opened() } catch { device.log.write(.error, "records: \(error.description)") }
        publish()
    }

    deinit { stopping.deallocate() }

    /// Memory for the cameras' frames: as much as the time takes, or of what there is its share.
    private func makeRings(_ seconds: Double, _ room: Int) throws(Failure) {
        let tasks = device.configuration.tasks
        let cameras = device.configuration.cameras.filter { camera in tasks.contains { $0.isRecorded && $0.input == camera.name } }
        var wanted = 0.0
        for camera in cameras { wanted += FrameMemory(camera, seconds: seconds).bytes }
        let share = min(1, Double(room) / max(1, wanted))
        for camera in cameras {
            let memory = FrameMemory(camera, seconds: seconds), bytes = memory.bytes * share
            let ring = try FrameRing(bytes: Int(bytes), frames: memory.frames, readers: tasks.count)
            self.cameras.append((camera, ring))
            let kept = max(0, min(Double(settings.beforeNanoseconds) * 1e-9, bytes / memory.frameBytes / Double(memory.rateHertz)))
            let isLess = kept + 0.05 < Double(settings.beforeNanoseconds) * 1e-9
            device.log.write(isLess ? .warning : .info, "records: \(megabytes(ring.bytes)) hold the last \(fixed(kept, decimals: 1)) s of "
                + "\(camera.name)" + (isLess ? ", not \(fixed(Double(settings.beforeNanoseconds) * 1e-9, decimals: 1)) s: more memory, "
                                      + "smaller frames or a lower rate would" : ""))
        }
    }

    /// Where a camera's frames go; nil where nobody keeps them.
    func ring(of camera: String) -> FrameRing? { cameras.first { $0.camera.name == camera }?.ring }

    /// Starts the thread. Fails with `resource` where there can be none.
    func start() throws(Failure) {
        thread = try Thread { [self] in run() }
    }

    /// Ends the records under way with what they have, and waits for that. After the cameras have stopped.
    func stop() {
        linux_store(stopping, 1)
        thread?.join()
        thread = nil
    }

    /// A rule wants a record. The control thread; waits for nothing.
    func request(_ request: RecordRequest) {
        if !requests.push(request) { device.log.write(.error, "records: too many events at once; one has no record") }
    }

    private func opened() throws(Failure) -> RecordStore {
        if let store { return store }
        let store = try RecordStore(settings.folder, limit: settings.limitBytes)
        self.store = store
        return store
    }

    private func run() {
        // What came while models were loaded.
        for motion in motions { motion.forget() }
        sound?.forget()
        while linux_load(stopping) == 0 {
            drain()
            while let request = requests.pop() { begin(request) }
            advance()
            usleep(Self.interval)
        }
        drain()
        while let request = requests.pop() { begin(request) }
        for task in running.indices { finish(task, now: monotonicNanoseconds()) }
        store = nil
    }

    private func drain() {
        for motion in motions { motion.drain() }
        sound?.drain()
    }

    private func begin(_ request: RecordRequest) {
        let task = device.configuration.tasks[request.task]
        if let record = running[request.task] {
            guard record.isOver(at: request.time) else { return record.prolong(task.rules[request.rule].title, request) }
            finish(request.task, now: monotonicNanoseconds())
        }
        do throws(Failure) {
            let begin = request.time - settings.beforeNanoseconds
            let target = try RecordTarget(try opened())
            var frames: FramesPart?
            for entry in cameras where entry.camera.name == task.input {
                frames = FramesPart(entry.ring, reader: request.task, camera: task.input,
                                    size: (entry.camera.request.width, entry.camera.request.height), begin: begin)
            }
            running[request.task] = RunningRecord(task, request, begin: begin, target: target, frames: frames,
                                                  motions: motions.map { MotionPart($0, begin: begin) },
                                                  sound: sound.map { SoundPart($0, begin: begin) })
            publish()
        } catch { lose(request.task, error) }
    }

    private func advance() {
        let now = monotonicNanoseconds()
        for task in running.indices {
            guard let record = running[task] else { continue }
            do throws(Failure) {
                if try record.advance(now: now) { finish(task, now: now) }
            } catch { lose(task, error) }
        }
    }

    private func finish(_ task: Int, now: Int64) {
        guard let record = running[task] else { return }
        do throws(Failure) {
            // Storage may be slower than what came; sensors' rings are emptied meanwhile.
            repeat {
                _ = try record.advance(now: now)
                drain()
            } while record.isBehind && !record.isFull
            let name = try record.finish(now: now, describe: describe), summary = record.summary
            running[task] = nil
            current.kept += 1
            publish()
            device.log.write(.info, "\(summary.task): record \(name), \(fixed(summary.seconds, decimals: 1)) s" + Self.shortfalls(summary))
        } catch { lose(task, error) }
    }

    private static func shortfalls(_ summary: RecordSummary) -> String {
        var text = ""
        if let frames = summary.frames { text += ", \(frames.count) frames" }
        if summary.lost > 0 { text += ", \(summary.lost) frames or samples lost" }
        if summary.isFull { text += "; no more room within the limit" }
        if summary.isLongest { text += "; at its greatest length" }
        if summary.isCutOff { text += "; the firmware ended" }
        return text
    }

    private func lose(_ task: Int, _ failure: Failure) {
        running[task] = nil
        current.lost += 1
        publish()
        device.log.write(.error, "\(device.configuration.tasks[task].name): no record: \(failure.description)")
    }

    private func publish() {
        current.running = running.reduce(0) { $0 + ($1 == nil ? 0 : 1) }
        current.bytes = store?.bytes ?? 0
        current.left = store?.left ?? current.left
        reading.publish(current)
    }
}

/// What a camera's frames of some time take, as far as that is known before they come.
private struct FrameMemory {
    let frameBytes: Double
    let rateHertz: Float
    let frames: Int

    /// Of a JPEG, bytes a pixel, and bytes of a picture in a folder: plenty for most.
    private static let compressed = 0.25, picture = 400_000.0

    init(_ camera: DeviceConfiguration.Camera, seconds: Double) {
        let request = camera.request, pixels = Double(request.width * request.height)
        switch request.encoding {
        case .yuyv, .uyvy: frameBytes = pixels * 2
        case .nv12, .i420: frameBytes = pixels * 1.5
        case .rgb24: frameBytes = pixels * 3
        case .grey: frameBytes = pixels
        case .mjpeg: frameBytes = pixels * Self.compressed
        }
        rateHertz = request.rateHertz
        frames = Int((Double(rateHertz) * seconds).rounded(.up)) + 2
        bytes = (Folder.exists(request.device) ? max(frameBytes, Self.picture) : frameBytes) * Double(frames)
    }

    let bytes: Double
}
