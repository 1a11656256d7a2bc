/// What a simulated board takes at its 5 V: a rail that sags a little, and a current that follows its processors. Asked by chips
/// alone, and so with the board's lock held.
final class BoardLoad: ElectricalLoad {
    private let power: SimulatedPower

    init(_ power: SimulatedPower) { self.power = power }

    func state(atNanoseconds time: Int64) -> ElectricalState {
        let amperes = power.watts / 5
        return ElectricalState(volts: 5.05 - 0.03 * amperes, amperes: amperes)
    }
}
