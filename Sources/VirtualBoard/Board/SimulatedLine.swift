/// A GPIO line of a simulated board, with what drives it: a chip's pin, a script, a hand. Guarded by the board's lock.
public final class SimulatedLine {
    /// "gpiochip0/4"
    public let identifier: String
    /// "imu-ready"
    public let label: String
    /// Of the wire, not turned around by an active-low request.
    public private(set) var level: Bool
    /// Set while somebody has it open as an input.
    /// Unmanaged because Embedded Swift has no weak references; the input takes itself out when it goes.
    var input: Unmanaged<SimulatedInput>?
    /// Set while somebody has it open as an output.
    var isOutput = false

    init(identifier: String, label: String, level: Bool = false) {
        self.identifier = identifier
        self.label = label
        self.level = level
    }

    /// The wire changes; with the board's lock held.
    func drive(_ newLevel: Bool, atNanoseconds time: Int64) {
        guard newLevel != level else { return }
        level = newLevel
        input?.takeUnretainedValue().wireChanged(newLevel, time)
    }
}
