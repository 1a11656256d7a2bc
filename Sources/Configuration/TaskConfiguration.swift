import Board

extension DeviceConfiguration {
    /// Where frames come from, `[camera NAME]`.
    public struct Camera: Sendable {
        public var name = ""
        /// Device, size, encoding, rate. `device` may also be a path: a folder of pictures, or a file of frames.
        public var request = CameraRequest()
        /// Files and folders: begin again at their end.
        public var repeats = true
        public init() {}
    }

    /// When a task takes frames, apart from being started and stopped.
    public enum TaskCondition: Sendable, Equatable {
        case always
        /// Only once somebody starts it: a rule, a console.
        case started
        /// While the input of that name is active.
        case input(String)
        /// While a rule of the task of that name holds.
        case task(String)
    }

    /// The input of a task that hears what the microphone hears.
    static let microphoneInput = "microphone"

    /// Whether a task's input is the microphone: no camera and no sensor is called so.
    public func hears(_ task: Task) -> Bool {
        task.input == Self.microphoneInput && !cameras.contains(where: { $0.name == task.input })
            && !sensors.contains(where: { $0.name == task.input })
    }

    /// A model at work on a camera's frames, a motion sensor's windows or the microphone's, `[task NAME]`.
    public struct Task: Sendable {
        public var name = ""
        /// A camera's or a sensor's name, or `microphone`.
        public var input = ""
        /// Variants of a model, best first.
        public var models: [String] = []
        /// From a frame's time until its answer; nil: the time between two frames.
        public var deadlineNanoseconds: Int64?
        /// Frames a second, at most the camera's.
        public var rateHertz: Float = 10
        /// Where not everything fits, low ones give way first: 0 to 9.
        public var priority = 5
        public var condition = TaskCondition.always
        public var rules: [Rule] = []
        /// Where it stands: "swiftlet.conf:12".
        public var place = ""
        public init() {}

        /// From a frame's time until its answer is due.
        public var deadline: Int64 { deadlineNanoseconds ?? Int64(1e9 / Double(rateHertz)) }
    }
}
