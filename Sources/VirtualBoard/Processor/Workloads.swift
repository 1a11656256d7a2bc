import Platform

/// Five kinds of a device's day, a minute and more each, for comparing governors.
public struct Workload {
    public let name: String
    public let seconds: Double
    /// In the order of their arrivals.
    public let jobs: [SimulatedJob]
    public let ambient: (Double) -> Double
    public let taken: (Double) -> Double

    private init(_ name: String, _ seconds: Double, _ jobs: [SimulatedJob], ambient: @escaping (Double) -> Double = { _ in 25 },
                 taken: @escaping (Double) -> Double = { _ in 0 }) {
        self.name = name
        self.seconds = seconds
        self.jobs = jobs
        self.ambient = ambient
        self.taken = taken
    }

    /// - Parameters:
    ///   - hertz: the processor's highest frequency, for which times are given here.
    ///   - seconds: of each.
    public static func all(hertz: Double, seconds: Double, seed: UInt64 = 1) -> [Workload] {
        let video = video(hertz: hertz, seconds: seconds, computing: 0.012, waiting: 0.004)
        return [
            Workload("video at 30/s", seconds, video),
            Workload("bursts", seconds, bursts(hertz: hertz, seconds: seconds, seed: seed)),
            Workload("video and text", seconds, merge(Self.video(hertz: hertz, seconds: seconds, computing: 0.008, waiting: 0.003),
                                                      text(hertz: hertz, seconds: seconds))),
            // From a room to 36 °C within a third of the time: the highest frequency gets too hot in it.
            Workload("heat wave", seconds, Self.video(hertz: hertz, seconds: seconds, computing: 0.016, waiting: 0.004),
                     ambient: { 25 + 11 * min(1, $0 / (seconds / 3)) }),
            // A quarter of the cores, every other ten seconds.
            Workload("competing process", seconds, video, taken: { Int($0 / 10) % 2 == 1 ? 0.25 : 0 }),
        ]
    }

    /// A frame every thirtieth of a second, due when the next comes.
    private static func video(hertz: Double, seconds: Double, computing: Double, waiting: Double) -> [SimulatedJob] {
        (0..<Int(seconds * 30)).map { number in
            let arrival = Double(number) / 30
            return SimulatedJob(arrival: arrival, deadline: arrival + 1 / 30.0, cycles: computing * hertz, memorySeconds: waiting)
        }
    }

    /// Every two seconds or so ten pictures, due within a second and a half.
    private static func bursts(hertz: Double, seconds: Double, seed: UInt64) -> [SimulatedJob] {
        var random = ChipRandom(seed: seed), jobs: [SimulatedJob] = [], time = 0.5
        while time < seconds {
            for number in 0..<10 {
                let arrival = time + Double(number) * 0.01
                jobs.append(SimulatedJob(arrival: arrival, deadline: arrival + 1.5, cycles: 0.025 * hertz, memorySeconds: 0.015,
                                         isExpected: false))
            }
            time += 1.8 + random.uniform() * 1.4
        }
        return jobs
    }

    /// Four tokens a second: weights stream from memory, little is computed.
    private static func text(hertz: Double, seconds: Double) -> [SimulatedJob] {
        (0..<Int(seconds * 4)).map { number in
            let arrival = Double(number) / 4 + 0.003
            return SimulatedJob(arrival: arrival, deadline: arrival + 0.25, cycles: 0.01 * hertz, memorySeconds: 0.07)
        }
    }

    private static func merge(_ a: [SimulatedJob], _ b: [SimulatedJob]) -> [SimulatedJob] {
        var all = a + b
        all.order { $0.arrival < $1.arrival }
        return all
    }
}
