import Hearing
import Platform
import Pose
import Sensors
import Vision

/// Where a record's bytes go: its folder, as far as the limit of all records leaves room.
final class RecordTarget {
    private let store: RecordStore
    private let folder: StagedFolder
    /// That it has taken.
    private(set) var bytes: Int64 = 0
    /// There was no more room.
    private(set) var isFull = false
    /// For the file that says what is in the record: it is there whatever the limit says.
    private static let aboutBytes = 128 << 10

    /// - Throws: `.budget` where other records under way have all the room.
    init(_ store: RecordStore) throws(Failure) {
        self.store = store
        folder = try store.stage()
        guard try take(Self.aboutBytes) else { throw Failure(.budget, "those under way have all the room within the limit") }
    }

    func file(_ name: String) throws(Failure) -> StagedFolderFile { try folder.file(name) }

    /// False, from then on, where there is no room for so many more bytes.
    func take(_ count: Int) throws(Failure) -> Bool {
        if isFull { return false }
        guard try store.take(count) else {
            isFull = true
            return false
        }
        bytes += Int64(count)
        return true
    }

    /// Writes the file that says what is in the record, and gives the folder its name. The record is whole.
    func publish(_ about: [UInt8], as fileName: String, task: String, wallNanoseconds: Int64) throws(Failure) -> String {
        let file = try folder.file(fileName)
        try file.append(about)
        try file.close()
        store.giveUp(Int64(Self.aboutBytes - about.count))
        bytes -= Int64(Self.aboutBytes - about.count)
        let name = try store.publish(folder, task: task, wallNanoseconds: wallNanoseconds, bytes: bytes)
        bytes = 0
        return name
    }

    deinit { store.giveUp(bytes) }
}

/// A camera's frames on their way into a record.
final class FramesPart {
    private(set) var summary: RecordSummary.Frames
    private let ring: FrameRing
    private let reader: Int
    private let size: (width: Int, height: Int)
    private let begin: Int64
    private var next: UInt64
    private var file: StagedFolderFile?
    private var format: FrameFormat?
    /// There is more to write at once: storage is slower than what came.
    private(set) var isBehind = false
    /// Frames of another format, or for which there was no room in the record.
    private var leftOut = 0
    /// Numbers that are missing between frames that came.
    private var gaps = 0
    /// Bytes that are written before others have their turn: a sensor's ring must not run full meanwhile.
    private static let turn = 8 << 20
    /// Frames whose times are told; there are more at rates that no camera here has.
    private static let mostTimes = 10_000

    /// - Parameters:
    ///   - reader: its number among those of the ring.
    ///   - size: what the camera was asked for, for frames that say their size themselves.
    init(_ ring: FrameRing, reader: Int, camera: String, size: (width: Int, height: Int), begin: Int64) {
        self.ring = ring
        self.reader = reader
        self.size = size
        self.begin = begin
        summary = RecordSummary.Frames(camera: camera)
        next = ring.begin(reader, notBefore: begin)
    }

    deinit { ring.end(reader) }

    /// Writes what has come up to that time, or a part of it. Whether a frame behind it has come.
    func advance(to end: Int64, _ target: RecordTarget) throws(Failure) -> Bool {
        var written = 0
        isBehind = false
        ring.need(reader, until: end)
        while let slot = ring.frame(from: next) {
            if slot.time > end { return true }
            if written >= Self.turn {
                isBehind = true
                return false
            }
            gaps += Int(clamping: slot.number - next)
            if slot.time >= begin { try write(slot, target) }
            written += slot.count
            next = slot.number + 1
            ring.hold(reader, from: next)
            if target.isFull { return true }
        }
        return false
    }

    private func write(_ slot: FrameRing.Slot, _ target: RecordTarget) throws(Failure) {
        let bytes = ring.bytes(of: slot), isPNG = slot.format == nil && bytes[0] == 0x89
        let kind = slot.format.map { $0.format.name } ?? (isPNG ? "png" : "mjpeg")
        if summary.format.isEmpty {
            format = slot.format
            summary.format = isPNG ? kind : "\(format?.width ?? size.width)x\(format?.height ?? size.height):\(kind)"
            summary.file = isPNG ? picture : "frames.\(kind)"
        }
        guard slot.format == format, isPNG == (summary.format == "png"), try target.take(bytes.count) else {
            leftOut += 1
            return
        }
        if isPNG {
            let file = try target.file(picture)
            try file.append(bytes)
            try file.close()
        } else {
            if file == nil { file = try target.file(summary.file) }
            try file?.append(bytes)
        }
        summary.count += 1
        summary.bytes += Int64(bytes.count)
        if summary.seconds.count < Self.mostTimes { summary.seconds.append(Double(slot.time - begin) * 1e-9) }
    }

    /// Of the next one with a file of its own.
    private var picture: String {
        let text = "\(summary.count + 1)"
        return "frame-" + repeated("0", 5 - text.utf8.count) + text + ".png"
    }

    func finish() throws(Failure) {
        summary.lost = leftOut + max(gaps, Int(clamping: ring.missed(reader)))
        try file?.close()
    }
}

/// A motion sensor's samples on their way into a record, as `imu record` writes them.
final class MotionPart {
    private(set) var summary: RecordSummary.Motion
    private let history: MotionHistory
    private let begin: Int64
    private var next: Int64
    private var start: Int64?
    private let droppedBefore: UInt32
    private var skipped = 0
    private var file: StagedFolderFile?
    private var block: [RecordedLogFormat.Sample] = []
    private var encoded: [UInt8] = []
    private static let blockSamples = 512

    init(_ history: MotionHistory, begin: Int64) {
        self.history = history
        self.begin = begin
        next = history.first(notBefore: begin)
        droppedBefore = history.dropped
        summary = RecordSummary.Motion(sensor: history.name)
    }

    func advance(to end: Int64, _ target: RecordTarget) throws(Failure) {
        if next < history.oldest {
            skipped += Int(clamping: history.oldest - next)
            next = history.oldest
        }
        while next < history.count {
            let sample = history.sample(next)
            if sample.timestampNanoseconds > end { break }
            next += 1
            add(sample)
            if block.count == Self.blockSamples { try write(target) }
        }
    }

    private func add(_ sample: InertialSample) {
        let first = start ?? sample.timestampNanoseconds
        start = first
        var row = RecordedLogFormat.Sample()
        row.nanoseconds = sample.timestampNanoseconds - first
        row.accelerometer = sample.acceleration
        row.gyroscope = sample.angularRate
        if sample.hasMagneticField { row.magnetometer = sample.magneticField }
        row.temperatureCelsius = sample.temperatureCelsius
        block.append(row)
    }

    private func write(_ target: RecordTarget) throws(Failure) {
        guard !block.isEmpty else { return }
        let room = RecordedLogFormat.bytes(ofBlock: block.count) + (file == nil ? RecordedLogFormat.headerBytes : 0)
        guard try target.take(room) else {
            skipped += block.count
            block.removeAll(keepingCapacity: true)
            return
        }
        if file == nil {
            summary.file = "motion-\(history.name).log"
            summary.startSeconds = Double((start ?? begin) - begin) * 1e-9
            let hasField = block.contains { !$0.magnetometer[0].isNaN }
            file = try target.file(summary.file)
            try file?.append(RecordedLogFormat.header(hasMagnetometer: hasField, startNanoseconds: start ?? 0))
        }
        RecordedLogFormat.encode(block, first: UInt64(summary.count), into: &encoded)
        try file?.append(encoded)
        summary.count += block.count
        block.removeAll(keepingCapacity: true)
    }

    func finish(_ target: RecordTarget) throws(Failure) {
        try write(target)
        summary.lost = skipped + Int(clamping: history.dropped &- droppedBefore)
        try file?.close()
    }
}

/// The microphone's sound on its way into a record: a WAV file.
final class SoundPart {
    private(set) var summary = RecordSummary.Sound()
    private let history: SoundHistory
    private let begin: Int64
    private let breaks: Int
    private var next: Int64
    private let droppedBefore: UInt32
    private var skipped = 0
    private var recording: WaveRecording?
    private var file: StagedFolderFile?
    private static let headerBytes = 44, blockSamples = 4096

    init(_ history: SoundHistory, begin: Int64) {
        self.history = history
        self.begin = begin
        next = history.number(at: begin)
        droppedBefore = history.dropped
        breaks = history.breaks
    }

    func advance(to end: Int64, _ target: RecordTarget) throws(Failure) {
        // Sound at another rate is no sequel; a card that has come since the event begins here.
        guard history.rateHertz > 0, history.breaks == breaks || recording == nil else { return }
        if next < history.oldest {
            skipped += Int(clamping: history.oldest - next)
            next = history.oldest
        }
        let last = history.number(at: end)
        let block = UnsafeMutableBufferPointer<Float>.allocate(capacity: Self.blockSamples)
        defer { block.deallocate() }
        while next < last {
            let count = Int(min(last - next, Int64(Self.blockSamples))), piece = UnsafeMutableBufferPointer(rebasing: block[..<count])
            history.copy(from: next, to: piece)
            try add(UnsafeBufferPointer(piece), target)
            next += Int64(count)
        }
        summary.lost = skipped + Int(clamping: history.dropped &- droppedBefore)
    }

    private func add(_ values: UnsafeBufferPointer<Float>, _ target: RecordTarget) throws(Failure) {
        guard try target.take(2 * values.count + (file == nil ? Self.headerBytes : 0)) else {
            skipped += values.count
            return
        }
        if file == nil {
            summary.file = "sound.wav"
            summary.rateHertz = history.rateHertz
            summary.startSeconds = Double(history.time(of: next) - begin) * 1e-9
            file = try target.file(summary.file)
            recording = WaveRecording(rateHertz: history.rateHertz)
        }
        guard let file else { return }
        try recording?.add(values) { (bytes, offset) throws(Failure) in try file.put(bytes, at: Int64(offset)) }
        summary.count += values.count
    }

    func finish() throws(Failure) {
        guard let file else { return }
        try recording?.writeHeader { (bytes, offset) throws(Failure) in try file.put(bytes, at: Int64(offset)) }
        try file.close()
    }
}
