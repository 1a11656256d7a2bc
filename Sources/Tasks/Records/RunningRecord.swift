import Configuration
import Platform

/// A record that is being written: from so long before its first event until so long after its last.
final class RunningRecord {
    private(set) var summary: RecordSummary
    let begin: Int64
    private(set) var end: Int64
    private let event: Int64
    private let target: RecordTarget
    private let frames: FramesPart?
    private let motions: [MotionPart]
    private let sound: SoundPart?

    /// What comes after its end by its own time, but was taken before: so long it is waited for.
    private static let patience: Int64 = 500_000_000
    /// However many events come, from the first on.
    static let longest: Int64 = 120_000_000_000
    static let mostEvents = 64

    init(_ task: DeviceConfiguration.Task, _ request: RecordRequest, begin: Int64, target: RecordTarget, frames: FramesPart?,
         motions: [MotionPart], sound: SoundPart?) {
        self.begin = begin
        self.target = target
        self.frames = frames
        self.motions = motions
        self.sound = sound
        event = request.time
        end = request.time
        summary = RecordSummary(task: task.name, wallNanoseconds: wallNanoseconds() - (monotonicNanoseconds() - request.time))
        prolong(task.rules[request.rule].title, request)
    }

    /// Another event of the same task, or the first.
    func prolong(_ rule: String, _ request: RecordRequest) {
        if summary.events.count < Self.mostEvents {
            summary.events.append(RecordSummary.Event(rule: rule, score: request.score, seconds: Double(request.time - begin) * 1e-9))
        }
        let wanted = max(end, request.time + request.afterNanoseconds)
        end = min(wanted, event + Self.longest)
        summary.isLongest = end < wanted
    }

    /// What has come is more than storage took in one turn.
    var isBehind: Bool { frames?.isBehind ?? false }

    /// Its limit is reached.
    var isFull: Bool { target.isFull }

    /// Nothing of that time belongs to it: it can't grow any more.
    func isOver(at time: Int64) -> Bool { time > end && end >= event + Self.longest }

    /// Writes what has come. Whether all has.
    func advance(now: Int64) throws(Failure) -> Bool {
        let hasAllFrames = try frames?.advance(to: end, target) ?? true
        for motion in motions { try motion.advance(to: end, target) }
        try sound?.advance(to: end, target)
        if isBehind { return target.isFull }
        return target.isFull || now > end + Self.patience || (now > end && frames != nil && motions.isEmpty && sound == nil && hasAllFrames)
    }

    /// Brings all of it to storage and under its name: the record's name.
    /// - Parameters:
    ///   - now: where it ends before its end.
    ///   - describe: the text of record.json.
    func finish(now: Int64, describe: (RecordSummary) -> [UInt8]) throws(Failure) -> String {
        if now < end {
            summary.isCutOff = !target.isFull
            end = max(event, now)
        }
        try frames?.finish()
        for motion in motions { try motion.finish(target) }
        try sound?.finish()
        summary.seconds = Double(end - begin) * 1e-9
        summary.eventSeconds = Double(event - begin) * 1e-9
        summary.frames = frames?.summary
        for motion in motions { summary.motions.append(motion.summary) }
        if let sound, sound.summary.count > 0 { summary.sound = sound.summary }
        summary.isFull = target.isFull
        return try target.publish(describe(summary), as: "record.json", task: summary.task, wallNanoseconds: summary.wallNanoseconds)
    }
}
