/// What a rail carries at one moment.
public struct ElectricalState: Sendable, Equatable {
    public var volts: Double
    /// Negative where it flows back, as into a battery that is charged.
    public var amperes: Double

    public init(volts: Double, amperes: Double) {
        self.volts = volts
        self.amperes = amperes
    }

    /// What the load takes.
    public var watts: Double { volts * amperes }
}

/// What simulated power monitors measure. May be asked for any time in any order.
public protocol ElectricalLoad: AnyObject {
    /// At a time of the board's clock (monotonic nanoseconds); the same for the same time.
    func state(atNanoseconds time: Int64) -> ElectricalState
}

/// A load that never changes.
public final class SteadyLoad: ElectricalLoad {
    private let steady: ElectricalState
    /// - Parameter amperes: negative where it flows back.
    public init(volts: Double, amperes: Double) { steady = ElectricalState(volts: volts, amperes: amperes) }
    public func state(atNanoseconds time: Int64) -> ElectricalState { steady }
}

/// A load that follows a script for ever: straight lines between points, a jump where two points have one time.
public final class ScriptedLoad: ElectricalLoad {
    /// Where the load is at a time of the script.
    public struct Point: Sendable {
        public var seconds: Double
        public var state: ElectricalState

        /// - Parameter seconds: since the script's start.
        public init(_ seconds: Double, volts: Double, amperes: Double) {
            self.seconds = seconds
            state = ElectricalState(volts: volts, amperes: amperes)
        }
    }

    private let points: [Point]
    private let start: Int64
    private let length: Double

    /// - Parameter points: in the order of their times, the first at 0, two or more; the script starts again at the last.
    public init(startNanoseconds start: Int64 = 0, _ points: [Point]) {
        self.points = points
        self.start = start
        length = points.last.map { max($0.seconds, 1e-6) } ?? 1
    }

    public func state(atNanoseconds time: Int64) -> ElectricalState {
        let seconds = Double(time - start) * 1e-9
        let place = seconds - (seconds / length).rounded(.down) * length
        var index = 1
        while index < points.count - 1, points[index].seconds <= place { index += 1 }
        let before = points[index - 1], after = points[index]
        let span = after.seconds - before.seconds
        let share = span > 0 ? min(max((place - before.seconds) / span, 0), 1) : 1
        return ElectricalState(volts: before.state.volts + share * (after.state.volts - before.state.volts),
                               amperes: before.state.amperes + share * (after.state.amperes - before.state.amperes))
    }

    /// What one round of the script takes: the integral of volts times amperes, exact for straight lines.
    public var joulesOfOneRound: Double {
        var sum = 0.0
        for index in 1..<points.count {
            let a = points[index - 1].state, b = points[index].state
            let dv = b.volts - a.volts, di = b.amperes - a.amperes
            sum += (points[index].seconds - points[index - 1].seconds)
                * (a.volts * a.amperes + (a.volts * di + a.amperes * dv) / 2 + dv * di / 3)
        }
        return sum
    }
}
