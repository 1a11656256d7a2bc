import CLinux

/// The kernel's governors, as its documentation and source describe them (Documentation/admin-guide/pm/cpufreq).
public enum KernelGovernors {
    /// One frequency for ever.
    public final class Fixed: SimulatedGovernor {
        public let name: String
        public let interval = 1.0
        private let index: Int

        private init(_ name: String, _ index: Int) {
            self.name = name
            self.index = index
        }

        /// The highest.
        public static func performance(_ model: ProcessorModel) -> Fixed { Fixed("performance", model.points.count - 1) }
        /// The lowest.
        public static func powersave(_ model: ProcessorModel) -> Fixed { Fixed("powersave", 0) }
        public func choose(_ view: GovernorView) -> Int { index }
    }

    /// Every 10 ms: the highest where the load was above 95 %, in proportion to it otherwise.
    public final class OnDemand: SimulatedGovernor {
        public let name = "ondemand"
        public let interval = 0.01
        private let model: ProcessorModel
        private var current = 0, busy = 0.0, seconds = 0.0

        /// With its usual thresholds.
        public init(_ model: ProcessorModel) { self.model = model }

        public func choose(_ view: GovernorView) -> Int {
            busy += view.load * view.seconds
            seconds += view.seconds
            guard !view.isEvent, seconds >= interval * 0.9 else { return current }
            let load = busy / seconds
            (busy, seconds) = (0, 0)
            let highest = model.points[model.points.count - 1].hertz, lowest = model.points[0].hertz
            current = load > 0.95 ? model.points.count - 1 : model.index(atLeast: lowest + load * (highest - lowest))
            return current
        }
    }

    /// At every event and tick: 1.25 times the utilisation, which decays by half in 32 ms and counts time by the frequency in it;
    /// no more often than every millisecond.
    public final class SchedUtil: SimulatedGovernor {
        public let name = "schedutil"
        public let interval = 0.004
        private let model: ProcessorModel
        private var utilisation = 0.0, last = -1.0, current = 0

        /// With its usual headroom and decay.
        public init(_ model: ProcessorModel) { self.model = model }

        public func choose(_ view: GovernorView) -> Int {
            let highest = model.points[model.points.count - 1].hertz
            let share = view.load * model.points[view.index].hertz / highest
            let decay = exp2(-view.seconds / 0.032)
            utilisation = utilisation * decay + share * (1 - decay)
            guard view.now - last >= 0.001 else { return current }
            last = view.now
            current = model.index(atLeast: 1.25 * utilisation * highest)
            return current
        }
    }
}

extension ProcessorModel {
    /// The lowest frequency that is no lower; the highest where all are.
    func index(atLeast hertz: Double) -> Int { points.firstIndex { $0.hertz >= hertz } ?? points.count - 1 }
}
