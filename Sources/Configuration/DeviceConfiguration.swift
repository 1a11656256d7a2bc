import Board
import Sensors

/// Everything that the owner of a device decides. Names and units are those of the configuration file.
public struct DeviceConfiguration: Sendable {
    /// An inertial sensor, `[imu NAME]`: where it is, and how it is read.
    public struct Sensor: Sendable {
        /// What the driver is told: name, chip, ranges, rate, mounting.
        public var settings = SensorConfiguration()
        /// "i2c-1" or "/dev/i2c-1"; "auto": the first bus on which such a chip answers.
        public var bus = "auto"
        /// The line that the chip raises when it has data; nil: read by time.
        public var dataReadyLine: String?
        /// Lines wired to the bus's own, to free it when it is stuck.
        public var recoveryClock: String?
        public var recoveryData: String?
        /// Where its calibration is kept; nil: STATE/calibration.
        public var calibration: String?
        public init() {}

        public var name: String { settings.name }
    }

    /// A power monitor, `[meter NAME]`: where it is, and how it is read.
    public struct Meter: Sendable {
        /// What the driver is told: name, chip, shunt, channels, rate.
        public var settings = PowerMeterConfiguration()
        /// As a sensor's.
        public var bus = "auto"
        public init() {}

        public var name: String { settings.name }
    }

    /// A GPIO line that is watched, `[input NAME]`.
    public struct Input: Sendable {
        public var name = ""
        public var request = LineRequest(line: "")
        public init() {}
    }

    /// A GPIO line that commands switch, `[output NAME]`.
    public struct Output: Sendable {
        public var name = ""
        public var request = LineRequest(line: "")
        /// Its level at start: on, which is low at the pin where the line is active low.
        public var initial = false
        public init() {}
    }

    /// What the firmware listens with, `[microphone]`.
    public struct Microphone: Sendable {
        public var request = MicrophoneRequest()
        /// The input for push-to-talk; nil: who speaks is heard.
        public var button: String?
        /// The model of a wake word, by path or name; nil: all that is said is listened to.
        public var wakeWord: String?
        public init() {}
    }

    /// A place where the firmware has a console.
    public struct Port: Sendable, Equatable {
        /// "ttyS0", "/dev/ttyS0"; "-" for standard input and output.
        public var path = "-"
        /// 0: as the line is set.
        public var baud = 0
        public var isJSON = false
        public init(path: String = "-", baud: Int = 0) {
            self.path = path
            self.baud = baud
        }
    }

    public var name = "swiftlet"
    public var logLevel = LogLevel.info
    public var modelFolder: String?
    /// What the whole firmware may take, bytes; nil: no promise.
    public var memoryBudgetBytes: Int?
    /// SCHED_FIFO priority of the sensor threads; 0: none.
    public var realTimePriority = 50
    public var locksMemory = true
    /// 0: no watchdog.
    public var watchdogSeconds = 0
    /// Set at the start, put back at the end; nil: left alone.
    public var governor: String?
    /// Where the firmware's own governor takes the kernel to throttle; nil: as the kernel says, or 80.
    public var heatLimitCelsius: Double?
    public var stateFolder = "/var/lib/swiftlet"
    public var sensors: [Sensor] = []
    public var meters: [Meter] = []
    public var inputs: [Input] = []
    public var outputs: [Output] = []
    /// nil: it doesn't listen.
    public var microphone: Microphone?
    /// What the board takes where nothing measures it, `[power-model]`; nil: nobody knows.
    public var powerModel: PowerModel?
    public var cameras: [Camera] = []
    public var tasks: [Task] = []
    /// Where records of events go, `[records]`; nil: none are kept.
    public var records: Records?
    /// Where events go, `[mqtt]`; nil: nowhere.
    public var broker: Broker?
    /// nil: standard input where somebody is there.
    public var ports: [Port]?

    public init() {}

    /// Where a sensor's calibration is kept.
    public func calibrationPath(of sensor: String) -> String {
        for known in sensors where known.name == sensor {
            if let path = known.calibration { return path }
        }
        return stateFolder + "/calibration"
    }
}
