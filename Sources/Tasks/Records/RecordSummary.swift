import Vision

/// A rule that began to hold and wants a record: fixed size, no references, so that it fits a ring.
struct RecordRequest {
    /// Numbers in the configuration: of the task, and of the rule in it.
    var task: Int
    var rule: Int
    var score: Float
    /// Of the frame that decided it, monotonic nanoseconds.
    var time: Int64
    /// How much of what comes after it is wanted.
    var afterNanoseconds: Int64
}

/// How records fare, for everybody: fixed size, no references.
public struct RecordReading: Sendable {
    /// Since the start: records kept, records that couldn't be kept, and old ones that left for newer ones.
    public var kept = 0, lost = 0, left = 0
    /// Being written now.
    public var running = 0
    /// Of the records in the folder.
    public var bytes: Int64 = 0
    /// Memory that holds what was before an event.
    public var memoryBytes = 0

    /// Nothing yet.
    public init() {}
}

/// What is in a record, for the file that says so.
public struct RecordSummary {
    /// An event: the first began the record, the others came while it was written.
    public struct Event {
        /// The rule's title: "person > 0.60".
        public var rule: String
        /// 0 to 1.
        public var score: Float
        /// After the record's begin.
        public var seconds: Double
    }

    /// Its camera's frames.
    public struct Frames {
        public var camera: String
        /// In the record's folder; of pictures in files of their own, the first.
        public var file = ""
        /// "640x480:yuyv", as `--frames` takes it; "mjpeg", or "png".
        public var format = ""
        public var count = 0
        public var bytes: Int64 = 0
        /// Frames of the time that found no room in memory, or had another format than the first.
        public var lost = 0
        /// When each was taken, after the record's begin.
        public var seconds: [Double] = []
    }

    /// A motion sensor's samples, in a file that `pose` reads.
    public struct Motion {
        public var sensor: String
        public var file = ""
        public var count = 0
        public var lost = 0
        /// Of the first sample, after the record's begin.
        public var startSeconds = 0.0
    }

    /// The microphone's sound.
    public struct Sound {
        public var file = ""
        public var rateHertz = 0
        public var count = 0
        public var lost = 0
        /// Of the first sample, after the record's begin.
        public var startSeconds = 0.0
    }

    public var task: String
    /// Time of day of the first event, nanoseconds since 1970 (UTC), as the device's clock said.
    public var wallNanoseconds: Int64
    public var events: [Event] = []
    /// From its begin to its end, and the first event's place in that.
    public var seconds = 0.0
    public var eventSeconds = 0.0
    public var frames: Frames?
    public var motions: [Motion] = []
    public var sound: Sound?
    /// It ended early: at the limit of all records, at its greatest length, with the firmware.
    public var isFull = false, isLongest = false, isCutOff = false

    /// Frames and samples that are missing.
    public var lost: Int { (frames?.lost ?? 0) + motions.reduce(0) { $0 + $1.lost } + (sound?.lost ?? 0) }
}
