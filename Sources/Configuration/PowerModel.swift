import Platform

/// What a board takes where nothing measures it: P = static + cores at work × C × V² × f, and picojoules for each byte that
/// moves between processor and memory. All of it comes from a file (`[power-model]`), with where its numbers are from and how
/// far off they may be.
public struct PowerModel: Sendable {
    /// A frequency and the voltage that its cores get there.
    public struct Point: Sendable, Equatable {
        public var megahertz: Float
        public var volts: Float
    }

    /// The board or chip that it describes, and the publication that its numbers are from.
    public var name = "", source = ""
    /// Watts of the board while nothing runs.
    public var staticWatts: Float = 0
    /// Switched capacitance of one core at work, nanofarads.
    public var capacitanceNanofarads: Float = 0
    /// In rising order of frequency, at least one.
    public var points: [Point] = []
    /// Of one byte from or to memory.
    public var picojoulesPerByte: Float = 0
    /// How far off it may be, as a share: 0.3 is 30 %.
    public var error: Float = -1

    public init() {}

    /// What is missing; nil where it is whole.
    var complaint: String? {
        if name.isEmpty { return "has no name; name = BOARD is expected" }
        if source.isEmpty { return "has no source; source = PUBLICATION is expected" }
        if staticWatts <= 0 { return "has no static; static = WATTS is expected" }
        if capacitanceNanofarads <= 0 { return "has no capacitance; capacitance = NANOFARADS is expected" }
        if points.isEmpty { return "has no voltages; voltages = MHZ:VOLTS, … is expected" }
        if error < 0 { return "has no error; error = PERCENT is expected" }
        return nil
    }

    /// Volts at a frequency: straight lines between points, and the ends' values beyond them.
    public func volts(atMegahertz megahertz: Float) -> Float {
        guard let first = points.first, megahertz > first.megahertz else { return points.first?.volts ?? 0 }
        for index in 1..<max(1, points.count) where points[index].megahertz >= megahertz {
            let a = points[index - 1], b = points[index]
            return a.volts + (b.volts - a.volts) * (megahertz - a.megahertz) / (b.megahertz - a.megahertz)
        }
        return points[points.count - 1].volts
    }

    /// Watts of one core that is always at work.
    public func coreWatts(atMegahertz megahertz: Float) -> Float {
        let volts = volts(atMegahertz: megahertz)
        return capacitanceNanofarads * 1e-9 * volts * volts * megahertz * 1e6
    }

    /// Joules of a piece of work.
    /// - Parameters:
    ///   - seconds: that it takes.
    ///   - coreSeconds: of all cores together.
    ///   - bytes: that it moves from and to memory.
    public func joules(seconds: Double, coreSeconds: Double, megahertz: Float, bytes: Double) -> Double {
        Double(staticWatts) * seconds + Double(coreWatts(atMegahertz: megahertz)) * coreSeconds + Double(picojoulesPerByte) * 1e-12 * bytes
    }

    /// "600:0.80, 1500:0.86", megahertz and volts in rising order of frequency; nil where it is something else.
    static func points(_ text: String) -> [Point]? {
        var points: [Point] = []
        for part in split(text, at: ",") {
            let numbers = split(part, at: ":")
            guard numbers.count == 2, let megahertz = decimal(numbers[0]), let volts = decimal(numbers[1]), megahertz > 0,
                  megahertz <= 10_000, volts > 0, volts <= 3, points.count < 64 else { return nil }
            if let last = points.last, last.megahertz >= megahertz { return nil }
            points.append(Point(megahertz: megahertz, volts: volts))
        }
        return points
    }
}

extension ConfigurationKey {
    private static func model(_ key: String, _ expected: String,
                              _ apply: @escaping (inout PowerModel, String) -> Bool) -> ConfigurationKey {
        ConfigurationKey("power-model", key, expected) { configuration, value in
            guard configuration.powerModel != nil else { return false }
            return apply(&configuration.powerModel!, value)
        }
    }

    static let powerModel = [
        model("name", "what it describes") { model, value in
            model.name = value
            return !value.isEmpty
        },
        model("source", "the publication that the numbers are from") { model, value in
            model.source = value
            return !value.isEmpty
        },
        model("static", "watts while nothing runs, from 0.001 to 1000") { number($1, 0.001...1000, &$0.staticWatts) },
        model("capacitance", "nanofarads of one core at work, from 0.001 to 100") { number($1, 0.001...100, &$0.capacitanceNanofarads) },
        model("voltages", "megahertz and volts in rising order, such as 600:0.80, 1500:0.86") { model, value in
            guard let points = PowerModel.points(value) else { return false }
            model.points = points
            return true
        },
        model("byte", "picojoules of a byte from or to memory, from 0 to 100000") { number($1, 0...100_000, &$0.picojoulesPerByte) },
        model("error", "percent that it may be off, from 0 to 100") { model, value in
            guard number(value, 0...100, &model.error) else { return false }
            model.error /= 100
            return true
        },
    ]
}
