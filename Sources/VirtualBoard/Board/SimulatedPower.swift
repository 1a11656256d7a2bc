import CLinux
import Platform

/// Two clusters with their frequencies, one thermal zone that follows what they do. Guarded by the board's lock.
final class SimulatedPower {
    final class Policy {
        let name: String
        let processors: [Int32]
        let frequencies: [Int]
        var governor = "schedutil"
        var speed: Int
        /// Milliseconds × 10⁶ at each frequency.
        var nanoseconds: [Int64]

        init(_ name: String, _ processors: [Int32], _ frequencies: [Int]) {
            self.name = name
            self.processors = processors
            self.frequencies = frequencies
            speed = frequencies[0]
            nanoseconds = [Int64](repeating: 0, count: frequencies.count)
        }

        /// Index of the frequency that the governor chooses for a load (0 to 1).
        func choice(load: Double) -> Int {
            switch governor {
            case "performance": return frequencies.count - 1
            case "powersave": return 0
            case "userspace": return frequencies.firstIndex(of: speed) ?? 0
            default:
                // schedutil's headroom of a quarter.
                let wanted = Double(frequencies[frequencies.count - 1]) * min(1, load * 1.25)
                return frequencies.firstIndex { Double($0) >= wanted } ?? frequencies.count - 1
            }
        }
    }

    static let governors = ["conservative", "ondemand", "userspace", "powersave", "performance", "schedutil"]

    let policies = [
        Policy("policy0", [0, 1, 2, 3], [600_000, 1_000_000, 1_500_000, 1_800_000]),
        Policy("policy4", [4, 5], [600_000, 1_200_000, 1_800_000, 2_400_000]),
    ]
    var memoryPressure: Float = 0
    var ambientCelsius = 24.0
    /// Set by hand; nil: this process's own in real time, a tenth in fast time, where processor time would tell nothing.
    var fixedLoad: Double?

    private let isFast: Bool
    private var lastNanoseconds: Int64
    private var lastProcessorNanoseconds = processorNanoseconds()
    private var load = 0.1
    private var celsius = 38.0

    init(startNanoseconds: Int64, isFast: Bool) {
        self.isFast = isFast
        lastNanoseconds = startNanoseconds
    }

    /// Accounts for the time since the last call; called before anything changes or is read.
    func settle(_ now: Int64) {
        let span = now - lastNanoseconds
        guard span > 0 else { return }
        lastNanoseconds = now
        if let fixedLoad {
            load = fixedLoad
        } else if !isFast, span > 10_000_000 {
            let used = processorNanoseconds()
            load = min(1, Double(used - lastProcessorNanoseconds) / Double(span))
            lastProcessorNanoseconds = used
        }
        for policy in policies { policy.nanoseconds[policy.choice(load: load)] += span }
        let heat = self.heat
        // A heat sink's time constant of twenty seconds.
        let target = ambientCelsius + 12 + 35 * heat
        celsius = target + (celsius - target) * exp(-Double(span) * 1e-9 / 20)
    }

    /// What the clusters turn into heat; both at their highest frequencies and fully at work: 1.56.
    private var heat: Double {
        var heat = 0.0
        for policy in policies {
            // Voltage rises with frequency, so heat rises faster than it.
            let share = Double(policy.frequencies[policy.choice(load: load)]) / 2_400_000
            heat += share * share * (0.15 + 0.85 * load)
        }
        return heat
    }

    /// What the board takes with what its processors did when they were looked at last.
    var watts: Double { 2 + 4 * heat }

    func temperatures(_ now: Int64) -> [(zone: String, celsius: Float)] { [(zone: "cpu-thermal", celsius: Float(hottest(now)))] }

    func hottest(_ now: Int64) -> Double {
        settle(now)
        return celsius
    }

    func currentKilohertz(_ policy: Policy, _ now: Int64) -> Int {
        settle(now)
        return policy.frequencies[policy.choice(load: load)]
    }
}
