import Board

/// The simulated board's one thermal zone, which throttles nothing by itself.
final class SimulatedThermometer: Thermometer {
    let throttleCelsius: Double? = nil
    private let power: SimulatedPower
    private let time: SimulatedTime

    init(_ power: SimulatedPower, _ time: SimulatedTime) {
        self.power = power
        self.time = time
    }

    func celsius() -> Double? { time.locked { power.hottest(time.lockedNow) } }
}
