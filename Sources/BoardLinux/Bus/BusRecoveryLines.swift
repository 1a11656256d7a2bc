import Board
import CLinux
import Platform

/// GPIO lines on the two wires of a bus, which free it from a chip that was cut off in the middle of a byte and holds
/// data low (UM10204, 3.1.16: nine clocks, then a stop). The outputs must be open drain: a chip may pull against them.
public final class BusRecoveryLines {
    private let clock: OutputLine, data: OutputLine?, sense: InputLine?

    /// `data`: to end with a stop condition; `sense`: reads the data wire, to know when it is free.
    public init(clock: OutputLine, data: OutputLine? = nil, sense: InputLine? = nil) {
        self.clock = clock
        self.data = data
        self.sense = sense
    }

    /// False where the data wire is still low afterwards, or a line can't be driven. Takes about two milliseconds.
    func clockOut() -> Bool {
        do {
            try data?.set(true)
            for _ in 0..<9 {
                if let sense, try sense.level() { break }
                try clock.set(false)
                Self.halfPeriod()
                try clock.set(true)
                Self.halfPeriod()
            }
            if let data {
                try clock.set(false)
                try data.set(false)
                Self.halfPeriod()
                try clock.set(true)
                Self.halfPeriod()
                try data.set(true)
                Self.halfPeriod()
            }
            if let sense { return try sense.level() }
            return true
        } catch {
            return false
        }
    }

    private static func halfPeriod() { usleep(5) }
}
