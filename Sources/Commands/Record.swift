import CLinux
import Console
import Device
import Platform
import Pose
import Sensors

/// `imu record FILE`: samples into a file that survives a power loss up to its last second.
func recordSamples(_ context: Context, _ arguments: Arguments, file path: String, sensor: String?) throws(Failure) {
    let device = try context.runningDevice()
    let track = try device.track(named: sensor)
    let seconds = try arguments.integer("--seconds", in: 1...604_800)
    let limit = try arguments.byteCount("--limit") ?? 64_000_000
    guard track.claimRecording() else { throw Failure(.usage, "\(track.source.name) is being recorded already") }
    defer { track.releaseRecording() }
    let recorder = try SampleRecorder(path: path, limit: limit)
    let start = monotonicNanoseconds()
    let droppedBefore = track.recording.dropped
    var isFull = false
    if !arguments.has("--json") {
        context.output("recording \(track.source.name) to \(path)\(context.isInteractive ? "; any key ends" : "")")
    }
    while !context.isCancelled, !device.isEnding, !isFull {
        if let seconds, monotonicNanoseconds() - start >= Int64(seconds) * 1_000_000_000 { break }
        if context.isInteractive, let console = context.console {
            if console.key(withinMilliseconds: 50) != nil { break }
        } else {
            if seconds == nil, monotonicNanoseconds() - start >= 2_000_000_000 { break }
            _ = context.pause(milliseconds: 50)
        }
        while let sample = track.recording.pop() {
            if try !recorder.add(sample) {
                isFull = true
                break
            }
        }
        try recorder.tick(now: monotonicNanoseconds())
    }
    try recorder.finish()
    let dropped = track.recording.dropped &- droppedBefore
    var text = "\(recorder.samples) samples, \(megabytes(recorder.bytes)) in \(path)"
    if isFull { text += "; full at its limit of \(megabytes(limit))" }
    if dropped > 0 { text += "; \(dropped) samples lost: storage was too slow" }
    if arguments.has("--json") {
        var object = JSONObject()
        object.set("file", path)
        object.set("samples", recorder.samples)
        object.set("bytes", recorder.bytes)
        object.set("lost", Int64(dropped))
        object.set("full", isFull)
        context.output(object.line)
    } else {
        context.output(text)
    }
}

/// Writes blocks, and has them on storage every second. The file is closed by `finish`, or with the recorder where something
/// failed before.
final class SampleRecorder {
    private let path: String
    private var descriptor: Int32
    private let limit: Int
    private var block: [RecordedLogFormat.Sample] = []
    private var encoded: [UInt8] = []
    private var start: Int64?
    private var hasField = false
    private var lastSync: Int64 = 0
    private(set) var samples = 0
    private(set) var bytes = 0

    /// - Parameter limit: bytes that the file never exceeds.
    init(path: String, limit: Int) throws(Failure) {
        guard limit > RecordedLogFormat.headerBytes + RecordedLogFormat.bytes(ofBlock: 1) else {
            throw Failure(.usage,
                          "--limit: at least \(RecordedLogFormat.headerBytes + RecordedLogFormat.bytes(ofBlock: 1) + 1) bytes are needed")
        }
        self.path = path
        self.limit = limit
        // Never over what somebody recorded before.
        descriptor = linux_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(.inputOutput, "cannot create \(path)") }
        block.reserveCapacity(1024)
    }

    deinit { closeFile() }

    private func closeFile() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// False where the limit leaves no room.
    func add(_ sample: InertialSample) throws(Failure) -> Bool {
        let begin = start ?? sample.timestampNanoseconds
        if start == nil {
            start = begin
            lastSync = monotonicNanoseconds()
        }
        let header = bytes == 0 ? RecordedLogFormat.headerBytes : 0
        guard bytes + header + RecordedLogFormat.bytes(ofBlock: block.count + 1) <= limit else { return false }
        var row = RecordedLogFormat.Sample()
        row.nanoseconds = sample.timestampNanoseconds - begin
        row.accelerometer = sample.acceleration
        row.gyroscope = sample.angularRate
        if sample.hasMagneticField {
            row.magnetometer = sample.magneticField
            hasField = true
        }
        row.temperatureCelsius = sample.temperatureCelsius
        block.append(row)
        if block.count == RecordedLogFormat.largestBlock { try writeBlock() }
        return true
    }

    /// Now and then: a block a second reaches storage.
    func tick(now: Int64) throws(Failure) {
        // Half a second, so that with the writing itself nothing is older than one.
        guard now - lastSync >= 500_000_000, !block.isEmpty else { return }
        try writeBlock()
        guard fdatasync(descriptor) == 0 else { throw .system(.inputOutput, "cannot write \(path) to storage") }
        lastSync = now
    }

    private func writeBlock() throws(Failure) {
        guard !block.isEmpty else { return }
        if bytes == 0 { try write(RecordedLogFormat.header(hasMagnetometer: hasField, startNanoseconds: start ?? 0)) }
        RecordedLogFormat.encode(block, first: UInt64(samples), into: &encoded)
        try write(encoded)
        samples += block.count
        block.removeAll(keepingCapacity: true)
    }

    private func write(_ piece: [UInt8]) throws(Failure) {
        var done = 0
        while done < piece.count {
            let count = piece.withUnsafeBytes { CLinux.write(descriptor, $0.baseAddress! + done, piece.count - done) }
            if count < 0, linux_errno() == EINTR { continue }
            guard count > 0 else { throw .system(.inputOutput, "cannot write \(path)") }
            done += count
        }
        bytes += piece.count
    }

    /// What is left, to storage.
    func finish() throws(Failure) {
        defer { closeFile() }
        if bytes == 0, block.isEmpty { try write(RecordedLogFormat.header(hasMagnetometer: false, startNanoseconds: 0)) }
        try writeBlock()
        guard fsync(descriptor) == 0 else { throw .system(.inputOutput, "cannot write \(path) to storage") }
    }
}
