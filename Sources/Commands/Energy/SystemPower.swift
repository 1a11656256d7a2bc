import Board
import Platform

/// What the system tells of power, read again and again: counters become joules and watts between two readings, power becomes
/// joules by trapezoids.
final class SystemPower {
    /// A source with what was made of it.
    struct Row {
        var source: PowerSource
        /// Mean since the last reading, where the source counts joules; what it tells otherwise.
        var watts: Double?
        /// Since the first reading.
        var joules = 0.0
        fileprivate var counted = CountedEnergy()
        fileprivate var lastWatts: Double?
        fileprivate var lastTime: Int64 = 0
    }

    private let board: Board
    private(set) var rows: [Row] = []

    init(_ board: Board) { self.board = board }

    /// Reads all sources. One that has come is added, one that is gone keeps its joules and says nothing more.
    func look() {
        let now = monotonicNanoseconds(), found = board.powerSources()
        for index in rows.indices where !found.contains(where: { Self.isSame($0, rows[index].source) }) {
            rows[index].source.complaint = "gone"
            rows[index].watts = nil
            rows[index].lastWatts = nil
        }
        for source in found {
            if let index = rows.firstIndex(where: { Self.isSame($0.source, source) }) {
                take(source, &rows[index], now)
            } else {
                var row = Row(source: source)
                take(source, &row, now)
                rows.append(row)
            }
        }
    }

    private static func isSame(_ a: PowerSource, _ b: PowerSource) -> Bool { a.kind == b.kind && a.name == b.name }

    private func take(_ source: PowerSource, _ row: inout Row, _ now: Int64) {
        row.source = source
        let seconds = Double(now - row.lastTime) * 1e-9
        let isFirst = row.lastTime == 0
        row.lastTime = now
        if let counter = source.joules {
            let before = row.counted.joules
            row.counted.take(counter, wrapJoules: source.wrapJoules)
            row.joules = row.counted.joules
            row.watts = isFirst || seconds <= 0 ? source.watts.map { Double($0) } : (row.counted.joules - before) / seconds
        } else if let watts = source.watts.map({ Double($0) }) {
            if let last = row.lastWatts { row.joules += (last + watts) / 2 * seconds }
            row.lastWatts = watts
            row.watts = watts
        } else {
            row.watts = nil
            row.lastWatts = nil
        }
    }

    /// The rows that tell best what the board takes: one sensor, or all counters, or a battery that is being emptied. None where
    /// nothing does.
    var best: [Row] {
        func usable(_ kind: PowerSource.Kind) -> [Row] {
            var found: [Row] = []
            for row in rows where row.source.kind == kind && row.source.complaint == nil && row.source.isConsumption { found.append(row) }
            return found
        }
        let sensors = usable(.sensor)
        if let first = sensors.first { return [first] }
        let counters = usable(.counter)
        if !counters.isEmpty { return counters }
        return Array(usable(.supply).prefix(1))
    }
}

extension PowerText {
    static func line(_ row: SystemPower.Row) -> String {
        var text = "\(row.source.name):"
        if let complaint = row.source.complaint { return "\(text) \(complaint)" }
        if let volts = row.source.volts { text += " \(fixed(volts, decimals: 3)) V," }
        if let amperes = row.source.amperes { text += " \(fixed(amperes, decimals: 4)) A," }
        if let watts = row.watts { text += " \(Self.watts(watts))," }
        return text + " \(Self.joules(row.joules)) since the first look"
    }

    static func object(_ row: SystemPower.Row) -> JSONObject {
        var object = JSONObject()
        object.set("source", row.source.name)
        if let complaint = row.source.complaint { object.set("error", complaint) }
        if let volts = row.source.volts { object.set("volts", Double(volts), decimals: 4) }
        if let amperes = row.source.amperes { object.set("amperes", Double(amperes), decimals: 6) }
        if let watts = row.watts { object.set("watts", watts, decimals: 6) }
        object.set("joules", row.joules, decimals: 6)
        if let remaining = row.source.remainingJoules { object.set("remainingJoules", remaining, decimals: 0) }
        return object
    }
}
