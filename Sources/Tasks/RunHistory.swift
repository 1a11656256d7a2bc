import Board
import Configuration
import Device
import ModelRuntime
import Platform
import Sensors

/// What a second was like for a task. Fixed size, no references.
public struct TaskSecond: Sendable {
    /// Answers a second; NaN while it has never answered.
    public var rate = Float.nan
    /// Of the second's answers, milliseconds; NaN where there was none.
    public var p50 = Float.nan, p95 = Float.nan, p99 = Float.nan
    /// Answers that came late or never.
    public var misses: Int32 = 0
    /// Number of the variant that answered, from 0; -1 before the first answer.
    public var variant: Int32 = -1

    /// Nothing known.
    public init() {}
}

/// What a second was like for the board. Fixed size, no references.
public struct DeviceSecond: Sendable {
    /// Since the firmware's start.
    public var seconds = Double.nan
    /// Of the fastest cores, NaN where the kernel doesn't tell; of the hottest zone; of the first power monitor.
    public var megahertz = Float.nan, celsius = Float.nan, watts = Float.nan

    /// Nothing known.
    public init() {}
}

/// The last hour, second by second, in memory that is got once. One thread adds, any reads; adding allocates nothing.
public final class RunHistory {
    /// Seconds that are kept.
    public static let capacity = 3600

    private let device: Device
    private let service: TaskService
    private let tasks: Int
    private let lock = Lock()
    // Guarded by the lock.
    private let seconds: UnsafeMutablePointer<DeviceSecond>
    private let taskSeconds: UnsafeMutablePointer<TaskSecond>
    private var count = 0
    // Of the thread that adds.
    private var thermometer: (any Thermometer)?
    private var policy: (any FrequencyPolicy)?
    private var hasLooked = false
    private var last: Int64 = 0
    private var known: [(done: Int, missed: Int)]
    private let times: UnsafeMutableBufferPointer<Int64>

    /// Empty, for a device's tasks.
    public init(_ device: Device, _ service: TaskService) {
        self.device = device
        self.service = service
        tasks = device.configuration.tasks.count
        seconds = .allocate(capacity: Self.capacity)
        seconds.initialize(repeating: DeviceSecond(), count: Self.capacity)
        taskSeconds = .allocate(capacity: Self.capacity * max(1, tasks))
        taskSeconds.initialize(repeating: TaskSecond(), count: Self.capacity * max(1, tasks))
        known = [(done: Int, missed: Int)](repeating: (0, 0), count: tasks)
        times = .allocate(capacity: 512)
        times.initialize(repeating: 0)
    }

    deinit {
        seconds.deallocate()
        taskSeconds.deallocate()
        times.deallocate()
    }

    /// Adds a second; where the device isn't ready there is none.
    public func add(now: Int64) {
        guard device.isReady, !device.isFast else { return }
        look()
        let elapsed = last == 0 ? 1 : Double(now - last) * 1e-9
        last = now
        var row = DeviceSecond()
        row.seconds = Double(now - device.startNanoseconds) * 1e-9
        if let kilohertz = try? policy?.currentKilohertz() { row.megahertz = Float(kilohertz) / 1000 }
        if let celsius = thermometer?.celsius() { row.celsius = Float(celsius) }
        if let meter = device.meters.first, meter.health.read().state == .running { row.watts = Float(meter.reading.read().power.watts) }
        lock.lock()
        defer { lock.unlock() }
        let place = count % Self.capacity
        seconds[place] = row
        for task in 0..<tasks { taskSeconds[place * tasks + task] = second(of: task, elapsed) }
        count += 1
    }

    /// What is asked is opened once.
    private func look() {
        guard !hasLooked else { return }
        hasLooked = true
        thermometer = device.board.openThermometer()
        var highest = 0
        for candidate in device.policies {
            let own = candidate.frequenciesKilohertz.last ?? 0
            if policy == nil || own > highest { (policy, highest) = (candidate, own) }
        }
    }

    private func second(of task: Int, _ elapsed: Double) -> TaskSecond {
        var second = TaskSecond()
        guard let newest = service.newest(of: task, since: known[task].done, into: times) else { return second }
        second.misses = Int32(clamping: newest.missed - known[task].missed)
        if newest.done > 0 { second.rate = Float(Double(newest.done - known[task].done) / max(0.001, elapsed)) }
        known[task] = (newest.done, newest.missed)
        if newest.done > 0 { second.variant = Int32(clamping: newest.variant) }
        guard newest.times > 0 else { return second }
        let own = UnsafeMutableBufferPointer(rebasing: times[..<newest.times])
        Self.order(own)
        func time(_ share: Double) -> Float {
            let rank = Int((share * Double(own.count)).rounded(.up)) - 1
            return Float(Double(own[max(0, min(own.count - 1, rank))]) / 1e6)
        }
        (second.p50, second.p95, second.p99) = (time(0.5), time(0.95), time(0.99))
        return second
    }

    /// In place and without memory, by Shell's steps: a second has few answers.
    private static func order(_ times: UnsafeMutableBufferPointer<Int64>) {
        var gap = times.count / 2
        while gap > 0 {
            for index in gap..<times.count {
                let time = times[index]
                var place = index
                while place >= gap, times[place - gap] > time {
                    times[place] = times[place - gap]
                    place -= gap
                }
                times[place] = time
            }
            gap /= 2
        }
    }

    /// All that is kept, the oldest first: of each second the board's, and its tasks' in the configuration's order.
    public var rows: [(device: DeviceSecond, tasks: [TaskSecond])] {
        lock.lock()
        defer { lock.unlock() }
        var rows: [(device: DeviceSecond, tasks: [TaskSecond])] = []
        for number in max(0, count - Self.capacity)..<count {
            let place = number % Self.capacity
            var own: [TaskSecond] = []
            for task in 0..<tasks { own.append(taskSeconds[place * tasks + task]) }
            rows.append((seconds[place], own))
        }
        return rows
    }
}
