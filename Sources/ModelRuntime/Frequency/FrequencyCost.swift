/// A frequency that the processor has, with what it takes there.
public struct FrequencyCost: Sendable, Equatable {
    public var hertz: Double
    /// Watts while cores compute, while they wait for memory, and while they have nothing to do.
    public var computingWatts, waitingWatts, idleWatts: Double

    public init(hertz: Double, computingWatts: Double, waitingWatts: Double, idleWatts: Double) {
        self.hertz = hertz
        self.computingWatts = computingWatts
        self.waitingWatts = waitingWatts
        self.idleWatts = idleWatts
    }

    /// By proportion, which is all that a choice needs: power goes with V²·f, and that waiting for memory takes 60 % and idling 5 %
    /// of computing are assumptions (those of the simulated Raspberry Pi 4).
    /// - Parameters:
    ///   - frequenciesHertz: rising.
    ///   - volts: at a frequency; nil where nobody knows: then it is taken to fall by a fifth over the table.
    public static func assumed(_ frequenciesHertz: [Double], volts known: ((Double) -> Double)? = nil) -> [FrequencyCost] {
        guard let lowest = frequenciesHertz.first, let highest = frequenciesHertz.last, lowest > 0 else { return [] }
        var costs: [FrequencyCost] = []
        for hertz in frequenciesHertz {
            let volts = known.map { $0(hertz) } ?? (highest > lowest ? 0.8 + 0.2 * (hertz - lowest) / (highest - lowest) : 1)
            let watts = volts * volts * hertz / highest
            costs.append(FrequencyCost(hertz: hertz, computingWatts: watts, waitingWatts: 0.6 * watts, idleWatts: 0.05 * watts))
        }
        return costs
    }
}
