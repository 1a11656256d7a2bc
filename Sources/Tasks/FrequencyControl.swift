import Board
import Configuration
import Device
import ModelRuntime
import Platform

/// What was measured of a variant: a pass at the highest frequency, and how its time goes with the clock.
struct VariantCost {
    var time: PassTime
    var job: JobCost
}

/// The control thread's part in choosing frequencies: what passes cost at the ends of the table, what tasks ask for now, how hot it
/// is, and whether models without deadlines are at work.
final class FrequencyControl {
    let governor: FrequencyGovernor
    private let device: Device
    private let hands: FrequencyHands
    private let thermometer: (any Thermometer)?
    private var heat: HeatCeiling
    private var background = BackgroundWatch()
    private var nextLook: Int64 = 0

    /// What the kernel throttles at where it doesn't say: a Raspberry Pi's firmware.
    private static let usualThrottleCelsius = 80.0
    private static let heatInterval: Int64 = 200_000_000

    /// nil where nothing can be chosen.
    init?(_ device: Device, tasks: Int) {
        guard let hands = device.frequency else { return nil }
        self.device = device
        self.hands = hands
        thermometer = device.board.openThermometer()
        heat = HeatCeiling(throttleCelsius: device.configuration.heatLimitCelsius ?? thermometer?.throttleCelsius
                           ?? Self.usualThrottleCelsius)
        let power = device.configuration.powerModel
        let volts: ((Double) -> Double)? = power.map { power in { Double(power.volts(atMegahertz: Float($0 / 1e6))) } }
        governor = FrequencyGovernor(FrequencyCost.assumed(hands.kilohertz.map { Double($0) * 1000 }, volts: volts), works: tasks,
                                     apply: { [hands] in hands.set($0) })
    }

    /// Runs a model at the highest frequency, and at the lowest where nobody else is disturbed by that.
    /// - Parameters:
    ///   - period: nanoseconds from one pass to the next.
    ///   - isAtWork: tasks have deadlines meanwhile.
    func measure(_ model: TaskModel, period: Int64, isAtWork: Bool) throws(Failure) -> VariantCost {
        let frequencies = governor.frequencies, top = frequencies.count - 1
        defer { governor.pin(nil, now: monotonicNanoseconds()) }
        governor.pin(top, now: monotonicNanoseconds())
        let fast = try PassTime(model, period: period), seconds = Double(fast.median) * 1e-9
        // All of it goes with the clock until something else is known: no frequency is too low then.
        var job = JobCost(cycles: seconds * frequencies[top].hertz, memorySeconds: 0)
        if !isAtWork, top > 0, hands.isEngaged {
            governor.pin(0, now: monotonicNanoseconds())
            let slow = try PassTime(model, period: period)
            job = JobCost(seconds: seconds, atHertz: frequencies[top].hertz, slowly: Double(slow.median) * 1e-9,
                          atHertz: frequencies[0].hertz)
        }
        return VariantCost(time: fast, job: job)
    }

    /// Whenever the control thread wakes, after paces were set. Allocates nothing.
    func look(_ runtime: Runtime, now: Int64, wake: Int32) {
        if hands.takeFailure() { giveUp() }
        guard hands.isEngaged else { return leave(now) }
        var isNew = background.update(runtime.gate, now: now, wake: wake)
        if now >= nextLook {
            nextLook = now + Self.heatInterval
            isNew = true
            if let celsius = thermometer?.celsius(), heat.update(celsius: celsius) { tellHeat(celsius) }
        }
        if isNew { governor.update(ceiling: heat.share, isBusyOtherwise: background.isBusy, now: now) }
    }

    /// Nothing is chosen here: times are what they are.
    private func leave(_ now: Int64) {
        guard now >= nextLook else { return }
        nextLook = now + Self.heatInterval
        governor.update(ceiling: 1, isBusyOtherwise: false, now: now)
    }

    private func tellHeat(_ celsius: Double) {
        let degrees = fixed(celsius, decimals: 1), share = fixed(heat.share * 100, decimals: 0)
        device.log.write(heat.share < 1 ? .warning : .info, "heat: \(degrees) °C, frequencies up to \(share) % are used")
    }

    /// The kernel's own governors are back; models go on.
    private func giveUp() {
        hands.release()
        device.lock.lock()
        for policy in device.policies { policy.restore() }
        device.lock.unlock()
        device.log.write(.error, "governor \(FrequencyHands.name): the kernel takes no frequency any more; its own governor is back")
    }

    /// How many times longer a job takes at the highest frequency that heat leaves than at the highest there is.
    func slowdown(_ cost: JobCost) -> Double {
        guard hands.isEngaged, heat.share < 1, let top = governor.frequencies.last else { return 1 }
        return cost.seconds(atHertz: top.hertz * heat.share) / max(1e-9, cost.seconds(atHertz: top.hertz))
    }

    /// As it is now, for people; nil where the kernel chooses.
    var row: FrequencyRow? {
        guard hands.isEngaged, let choice = governor.choice else { return nil }
        return FrequencyRow(kilohertz: hands.kilohertz[choice], highestKilohertz: hands.kilohertz[hands.kilohertz.count - 1],
                            way: hands.way, heatShare: heat.share)
    }
}

/// The frequency that the firmware chose, for people.
public struct FrequencyRow {
    public var kilohertz, highestKilohertz: Int
    /// How it is set: "userspace" or "bounds".
    public var way: String
    /// Share of the highest frequency that heat leaves.
    public var heatShare: Double
}
