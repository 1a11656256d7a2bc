@testable import ModelRuntime
import Platform
import Testing
@testable import VirtualBoard

/// Our governor on the simulated processor, beside the kernel's.
private final class Ours: SimulatedGovernor {
    let name = "ours"
    let interval = 0.1
    let governor: DeadlineGovernor

    init(_ model: ProcessorModel) { governor = DeadlineGovernor(costs(model)) }

    func choose(_ view: GovernorView) -> Int {
        let jobs = (view.jobs + view.expected).sorted { $0.deadline < $1.deadline }
        return governor.choice(jobs.map { job in
            DeadlineGovernor.Job(left: JobCost(cycles: job.cycles, memorySeconds: job.memorySeconds), deadline: job.deadline)
        }, now: view.now, capacity: view.capacity)
    }
}

private func costs(_ model: ProcessorModel) -> [FrequencyCost] {
    model.points.indices.map { index in
        FrequencyCost(hertz: model.points[index].hertz, computingWatts: model.watts(index, share: 1),
                      waitingWatts: model.watts(index, share: model.waitingShare), idleWatts: model.watts(index, share: model.idleShare))
    }
}

@Suite struct DeadlineGovernorTests {
    private let steps = [1.0, 2, 4].map { FrequencyCost(hertz: $0 * 1e9, computingWatts: $0 * $0, waitingWatts: $0, idleWatts: 0.1 * $0) }

    private func choice(_ cycles: Double, _ memory: Double, _ deadline: Double, capacity: Double = 1,
                        _ frequencies: [FrequencyCost]? = nil) -> Int {
        var governor = DeadlineGovernor(frequencies ?? steps)
        governor.margin = 0.1
        return governor.choice([.init(left: JobCost(cycles: cycles, memorySeconds: memory), deadline: deadline)], now: 0,
                               capacity: capacity)
    }

    @Test func theLowestFrequencyThatIsInTime() {
        // 1 s, 0.5 s, 0.25 s of computing, and a tenth more.
        #expect(choice(1e9, 0, 1.2) == 0 && choice(1e9, 0, 1.05) == 1 && choice(1e9, 0, 0.3) == 2)
        #expect(choice(1e9, 0, 0.1) == 2, "none will do: the highest")
        // Memory takes its time at any frequency.
        #expect(choice(1e9, 0.5, 1.2) == 1 && choice(1e9, 0.1, 0.4) == 2)
        #expect(choice(1e9, 0, 1.2, capacity: 0.5) == 1, "half of the processor is somebody else's")
    }

    @Test func idlingThatIsCheapIsRacedTo() {
        // Power that hardly rises with the frequency: done early and idle is less than slow.
        let flat = [1.0, 2, 4].map { FrequencyCost(hertz: $0 * 1e9, computingWatts: 1 + 0.1 * $0, waitingWatts: 1, idleWatts: 0.01) }
        #expect(choice(1e9, 0, 10, flat) == 2)
        // What waits for memory gains nothing by it.
        let waiting = [1.0, 2, 4].map { FrequencyCost(hertz: $0 * 1e9, computingWatts: 1, waitingWatts: $0, idleWatts: 0.01) }
        #expect(choice(1e6, 1, 10, waiting) == 0)
    }

    @Test func earlierDeadlinesCountForLaterOnes() {
        let governor = DeadlineGovernor(steps)
        let frame = DeadlineGovernor.Job(left: JobCost(cycles: 0.5e9, memorySeconds: 0), deadline: 1)
        let text = DeadlineGovernor.Job(left: JobCost(cycles: 1e9, memorySeconds: 0), deadline: 1.5)
        #expect(governor.choice([frame], now: 0, capacity: 1) == 0 && governor.choice([text], now: 0, capacity: 1) == 0)
        #expect(governor.choice([frame, text], now: 0, capacity: 1) == 1)
        #expect(governor.choice([], now: 0, capacity: 1) == 0)
        var hot = governor
        hot.ceiling = 0.5
        #expect(hot.choice([frame, text], now: 0.9, capacity: 1) == 1, "too hot for the highest")
    }

    /// One job, one frequency: the energy of a run by hand.
    @Test func theSimulationAddsUp() {
        var model = ProcessorModel.raspberryPi4
        model.leakageWatts = 0
        let job = SimulatedJob(arrival: 1, deadline: 3, cycles: 1.5e9, memorySeconds: 0.5)
        let result = GovernorRun(model).run([job], seconds: 4, KernelGovernors.Fixed.performance(model))
        let full = 4 * 0.83e-9 * 0.86 * 0.86 * 1.5e9
        #expect(abs(result.joules - (full + 0.5 * full * 0.6 + 2.5 * full * 0.05)) < 0.01, "\(result.joules) J")
        #expect(result.jobs == 1 && result.misses == 0 && abs(result.latency(0.5) - 1.5) < 0.001)
        let late = GovernorRun(model).run([job], seconds: 5, KernelGovernors.Fixed.powersave(model))
        #expect(late.misses == 1 && abs(late.latency(0.5) - 3) < 0.001)
        // 11 K/W in still air, a long time: the board's own watt beside the chip's.
        let always = SimulatedJob(arrival: 0, deadline: 2000, cycles: 1e15, memorySeconds: 0)
        let hot = GovernorRun(model).run([always], seconds: 900, KernelGovernors.Fixed.performance(model))
        #expect(abs(hot.peakCelsius - (25 + 11 * (full + 1))) < 0.5, "\(hot.peakCelsius) °C")
    }

    /// The bench's figures in small: never later than the highest frequency, less than schedutil on each.
    @Test(arguments: ["a Raspberry Pi 4", "wide voltage"])
    func deadlinesHoldOnLessEnergy(_ name: String) {
        let model = name == "wide voltage" ? ProcessorModel.wideVoltage : .raspberryPi4
        for workload in Workload.all(hertz: model.points[model.points.count - 1].hertz, seconds: 40) {
            let run = GovernorRun(model, ambient: workload.ambient, taken: workload.taken)
            let fastest = run.run(workload.jobs, seconds: workload.seconds, KernelGovernors.Fixed.performance(model))
            let kernel = run.run(workload.jobs, seconds: workload.seconds, KernelGovernors.SchedUtil(model))
            let ours = run.run(workload.jobs, seconds: workload.seconds, Ours(model))
            #expect(ours.misses <= fastest.misses && ours.joules < kernel.joules && ours.joules < fastest.joules,
                    "\(name), \(workload.name): \(ours.joules) J, \(kernel.joules) J, \(fastest.joules) J; \(ours.misses) late")
        }
    }
}
