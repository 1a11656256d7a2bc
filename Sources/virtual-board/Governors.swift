import ArgumentParser
import ModelRuntime
import Platform
import VirtualBoard

struct Governors: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare frequency governors on a simulated processor: five workloads, energy, misses, latency; JSON, a line a run.")

    @Option(help: "raspberry-pi-4, or wide-voltage, whose voltage falls far with its frequency.")
    var processor = "raspberry-pi-4"
    @Option(help: "Simulated seconds of each workload.")
    var seconds = 600.0
    @Option(help: "Only the workload of this name, with its course in tenths of a second.")
    var workload: String?

    func run() throws {
        guard let model = ["raspberry-pi-4": ProcessorModel.raspberryPi4, "wide-voltage": .wideVoltage][processor] else {
            throw Failure(.usage, "--processor \(processor): raspberry-pi-4 or wide-voltage is expected")
        }
        guard (10...36_000).contains(seconds) else { throw Failure(.usage, "--seconds: 10 to 36000 are expected") }
        let all = Workload.all(hertz: model.points[model.points.count - 1].hertz, seconds: seconds)
        guard workload == nil || all.contains(where: { $0.name == workload }) else {
            throw Failure(.usage, "--workload: \(listed(all.map(\.name))) is expected")
        }
        for each in all where workload == nil || each.name == workload {
            for governor in Self.governors(model) {
                let result = GovernorRun(model, ambient: each.ambient, taken: each.taken).run(each.jobs, seconds: seconds, governor)
                Output.standard.line(line(each, result))
            }
        }
    }

    private static func governors(_ model: ProcessorModel) -> [any SimulatedGovernor] {
        [KernelGovernors.Fixed.performance(model), KernelGovernors.SchedUtil(model), KernelGovernors.OnDemand(model),
         KernelGovernors.Fixed.powersave(model), DeadlineGovernorRun(model)]
    }

    private func line(_ workload: Workload, _ result: GovernorResult) -> String {
        var text = "{\"processor\":\"\(processor)\",\"workload\":\"\(workload.name)\",\"governor\":\"\(result.governor)\","
        text += "\"seconds\":\(fixed(result.seconds, decimals: 0)),\"joules\":\(fixed(result.joules, decimals: 3)),"
        text += "\"jobs\":\(result.jobs),\"misses\":\(result.misses),"
        text += "\"latencyMedian_ms\":\(fixed(result.latency(0.5) * 1e3, decimals: 3)),"
        text += "\"latency95_ms\":\(fixed(result.latency(0.95) * 1e3, decimals: 3)),"
        text += "\"mean_MHz\":\(fixed(result.meanHertz / 1e6, decimals: 1)),"
        text += "\"peak_celsius\":\(fixed(result.peakCelsius, decimals: 2))"
        guard self.workload != nil else { return text + "}" }
        var course = ""
        for point in result.trace {
            course += (course.isEmpty ? "" : ",") + "[\(fixed(point.hertz / 1e6, decimals: 0)),\(fixed(point.watts, decimals: 3)),"
                + "\(fixed(point.celsius, decimals: 2))]"
        }
        return text + ",\"trace\":[\(course)]}"
    }
}

/// Our governor on the simulated processor: its power table is the model's, its costs are what is left of each job.
final class DeadlineGovernorRun: SimulatedGovernor {
    let name = "ours"
    let interval = 0.1
    private var governor: DeadlineGovernor
    private var heat: HeatCeiling

    init(_ model: ProcessorModel) {
        heat = HeatCeiling(throttleCelsius: model.throttleCelsius)
        governor = DeadlineGovernor(model.points.indices.map { index in
            FrequencyCost(hertz: model.points[index].hertz, computingWatts: model.watts(index, share: 1),
                          waitingWatts: model.watts(index, share: model.waitingShare),
                          idleWatts: model.watts(index, share: model.idleShare))
        })
    }

    func choose(_ view: GovernorView) -> Int {
        if !view.isEvent, heat.update(celsius: view.celsius) { governor.ceiling = heat.share }
        var jobs = view.jobs + view.expected
        jobs.order { $0.deadline < $1.deadline }
        return governor.choice(jobs.map { job in
            DeadlineGovernor.Job(left: JobCost(cycles: job.cycles, memorySeconds: job.memorySeconds), deadline: job.deadline)
        }, now: view.now, capacity: view.capacity)
    }
}
