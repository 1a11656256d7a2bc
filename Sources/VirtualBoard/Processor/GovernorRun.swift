import CLinux
import Platform

/// A piece of work that comes at a time and is due at another.
public struct SimulatedJob: Sendable {
    /// Seconds since the start.
    public var arrival, deadline: Double
    /// Cycles that go with the clock, and seconds that memory takes at any.
    public var cycles, memorySeconds: Double
    /// It was announced: the task that it belongs to comes at a rate.
    public var isExpected: Bool

    public init(arrival: Double, deadline: Double, cycles: Double, memorySeconds: Double, isExpected: Bool = true) {
        self.isExpected = isExpected
        self.arrival = arrival
        self.deadline = deadline
        self.cycles = cycles
        self.memorySeconds = memorySeconds
    }
}

/// What a governor may see when it is asked.
public struct GovernorView {
    public var now: Double
    /// Waiting and at work, in the order of their deadlines, with what is left of them.
    public var jobs: [SimulatedJob]
    /// What is known to come before the last of their deadlines.
    public var expected: [SimulatedJob]
    /// Index of the present frequency.
    public var index: Int
    /// Share of time in which cores were busy since it was asked last, and how long that is.
    public var load: Double, seconds: Double
    public var celsius: Double
    /// Share of the processor that isn't taken by another process.
    public var capacity: Double
    /// A job has come or is done; else it is just time.
    public var isEvent: Bool
}

/// Chooses frequencies of a simulated processor.
public protocol SimulatedGovernor: AnyObject {
    /// "schedutil".
    var name: String { get }
    /// How often it is asked, seconds.
    var interval: Double { get }
    /// Index of a frequency.
    func choose(_ view: GovernorView) -> Int
}

/// What came of a run.
public struct GovernorResult: Sendable {
    public var governor = ""
    /// Of the processor alone.
    public var joules = 0.0, seconds = 0.0
    public var jobs = 0, misses = 0
    public var latencies: [Double] = []
    public var meanHertz = 0.0, peakCelsius = 0.0
    /// Ten times a second: hertz, watts and degrees, for a plot.
    public var trace: [(hertz: Double, watts: Double, celsius: Double)] = []

    /// Seconds from a job's coming to its end within which a share of them were done.
    public func latency(_ share: Double) -> Double {
        latencies.isEmpty ? 0 : latencies[min(latencies.count - 1, Int(Double(latencies.count) * share))]
    }
}

/// A processor that executes work under a governor, in steps of simulated time.
public struct GovernorRun {
    private static let step = 0.000_25

    let model: ProcessorModel
    /// Air at a time, and the share of the processor that another process takes.
    var ambient: (Double) -> Double = { _ in 25 }
    var taken: (Double) -> Double = { _ in 0 }

    /// - Parameters:
    ///   - ambient: degrees of the air at a time.
    ///   - taken: share of the processor that another process takes at a time.
    public init(_ model: ProcessorModel, ambient: @escaping (Double) -> Double = { _ in 25 },
                taken: @escaping (Double) -> Double = { _ in 0 }) {
        self.model = model
        self.ambient = ambient
        self.taken = taken
    }

    /// - Parameter jobs: in the order of their arrivals.
    public func run(_ jobs: [SimulatedJob], seconds: Double, _ governor: any SimulatedGovernor) -> GovernorResult {
        var state = State(model: model)
        var result = GovernorResult()
        result.governor = governor.name
        var next = 0, nextAsk = 0.0, nextThermal = 0.0, nextTrace = 0.0, steps = 0
        var busy = 0.0, since = 0.0
        while true {
            let now = Double(steps) * Self.step
            guard now < seconds else { break }
            steps += 1
            var isEvent = state.isDone
            state.isDone = false
            while next < jobs.count, jobs[next].arrival <= now {
                state.add(jobs[next])
                next += 1
                isEvent = true
            }
            let taken = taken(now)
            if isEvent || now >= nextAsk {
                if now >= nextAsk { nextAsk += governor.interval }
                let span = now - since
                let expected = Self.expected(jobs, next, state.jobs.last?.deadline)
                let view = GovernorView(now: now, jobs: state.jobs, expected: expected, index: state.index,
                                        load: span > 0 ? busy / span : 0, seconds: span, celsius: state.celsius, capacity: 1 - taken,
                                        isEvent: isEvent)
                state.index = min(max(governor.choose(view), 0), state.cap)
                (busy, since) = (0, now)
            }
            if now >= nextThermal {
                nextThermal += 0.1
                state.throttle()
            }
            let watts = state.advance(Self.step, now: now, taken: taken, ambient: ambient(now), &result)
            busy += Self.step * max(state.wasBusy ? 1 : 0, taken)
            result.joules += watts * Self.step
            result.meanHertz += model.points[state.index].hertz * Self.step / seconds
            result.peakCelsius = max(result.peakCelsius, state.celsius)
            if now >= nextTrace {
                nextTrace += 0.1
                result.trace.append((model.points[state.index].hertz, watts, state.celsius))
            }
        }
        // What should have been done by the end and isn't, is late.
        for job in state.jobs where job.deadline < seconds { result.misses += 1 }
        result.seconds = seconds
        result.latencies.order(by: <)
        return result
    }

    /// Announced jobs from `next` on that come before a time.
    private static func expected(_ jobs: [SimulatedJob], _ next: Int, _ end: Double?) -> [SimulatedJob] {
        guard let end else { return [] }
        var found: [SimulatedJob] = [], index = next
        while index < jobs.count, jobs[index].arrival < end {
            if jobs[index].isExpected, jobs[index].deadline <= end { found.append(jobs[index]) }
            index += 1
        }
        return found
    }

    /// The processor at one moment.
    private struct State {
        let model: ProcessorModel
        var jobs: [SimulatedJob] = []
        var index = 0, cap: Int
        var celsius: Double
        var wasBusy = false, isDone = false

        init(model: ProcessorModel) {
            self.model = model
            cap = model.points.count - 1
            celsius = 45
        }

        /// Earliest deadline first.
        mutating func add(_ job: SimulatedJob) {
            var place = jobs.count
            while place > 0, jobs[place - 1].deadline > job.deadline { place -= 1 }
            jobs.insert(job, at: place)
        }

        /// The kernel's: a step down for each tenth of a second that it is too hot, and up again below.
        mutating func throttle() {
            if celsius > model.throttleCelsius { cap = max(0, cap - 1) }
            if celsius < model.releaseCelsius { cap = min(model.points.count - 1, cap + 1) }
            index = min(index, cap)
        }

        /// One step of time; the watts in it.
        mutating func advance(_ step: Double, now: Double, taken: Double, ambient: Double, _ result: inout GovernorResult) -> Double {
            var left = step, computing = 0.0, waiting = 0.0
            let hertz = model.points[index].hertz * (1 - taken)
            while left > 1e-12, let job = jobs.first {
                if job.cycles > 0 {
                    let time = min(left, job.cycles / hertz)
                    jobs[0].cycles = job.cycles - time * hertz
                    if jobs[0].cycles < 1 { jobs[0].cycles = 0 }
                    left -= time
                    computing += time
                } else if job.memorySeconds > 1e-12 {
                    let time = min(left, job.memorySeconds)
                    jobs[0].memorySeconds = job.memorySeconds - time
                    left -= time
                    waiting += time
                } else {
                    jobs.removeFirst()
                    isDone = true
                    let end = now + step - left
                    result.jobs += 1
                    result.latencies.append(end - job.arrival)
                    if end > job.deadline + 1e-9 { result.misses += 1 }
                }
            }
            wasBusy = left < step / 2
            let own = 1 - taken
            let watts = (computing * model.watts(index, share: 1) + waiting * model.watts(index, share: model.waitingShare)
                         + left * model.watts(index, share: model.idleShare)) / step * own
                + model.watts(index, share: 1) * taken + model.leakage(index, celsius: celsius)
            // A watt of the board's other parts warms it too.
            let target = ambient + model.thermalResistance * (watts + 1)
            celsius += (target - celsius) / (model.thermalResistance * model.thermalCapacity) * step
            return watts
        }
    }
}
