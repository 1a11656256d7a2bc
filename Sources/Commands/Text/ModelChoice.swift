import ModelRuntime
import Platform
import Tasks

/// A model that was measured for a task.
struct ModelChoice {
    var name: String
    /// What it takes: "224x224" or "50 rows".
    var input: String
    /// Of a picture's model.
    var size: (width: Int, height: Int)?
    var bytes: Int
    var time: PassTime
    var demand: TaskDemand
    /// How right it is, 0 to 1, as its nest says; nil where that doesn't.
    var accuracy: Double?
    /// What was measured while it worked at the rate asked for, and how many passes those were; nil: nobody asked.
    var power: (result: EnergySource.Result, runs: Int)?
    /// At most, watts.
    var wattsLimit: Double?

    var isFastEnough: Bool { Feasibility.holds([demand], reserve: ServiceLevels.reserve) }

    var isFrugal: Bool {
        guard let power, let wattsLimit else { return true }
        return power.result.watts <= wattsLimit
    }

    var fits: Bool { isFastEnough && isFrugal }

    /// How many times as fast the processor would have to be.
    private var lack: Double {
        Double(demand.cost) / (Double(min(demand.deadline, demand.period)) * (1 - ServiceLevels.reserve))
    }

    private func verdict(_ isChosen: Bool) -> String {
        if isChosen { return "chosen" }
        if !isFastEnough { return "too slow: needs a processor \(fixed(lack, decimals: 1)) times as fast" }
        guard let power, let wattsLimit, !isFrugal else { return "fits" }
        return "takes \(PowerText.watts(power.result.watts - wattsLimit)) too much"
    }

    func line(isChosen: Bool) -> String {
        var text = "\(padRight(name, 28)) \(padLeft(input, 9)) \(padLeft(megabytes(bytes), 9)) "
            + "\(padLeft(milliseconds(time.median, decimals: 2), 11)) \(padLeft(fixed(demand.use * 100, decimals: 0), 5)) %"
        if let accuracy { text += " \(padLeft(fixed(accuracy * 100, decimals: 1), 6)) % right" }
        if let power { text += " \(padLeft(PowerText.watts(power.result.watts), 9))" }
        return text + "  " + verdict(isChosen)
    }

    func object(isChosen: Bool) -> JSONObject {
        var object = JSONObject()
        object.set("model", name)
        object.set("input", input)
        if let size {
            object.set("width", size.width)
            object.set("height", size.height)
        }
        object.set("bytes", bytes)
        object.set("milliseconds", Double(time.median) / 1e6, decimals: 3)
        object.set("longestInstructionMilliseconds", Double(time.longestInstruction) / 1e6, decimals: 3)
        object.set("use", demand.use, decimals: 4)
        if let accuracy { object.set("accuracy", accuracy, decimals: 4) }
        if let power { object.set("energy", power.result.object(runs: power.runs)) }
        object.set("fits", fits)
        object.set("chosen", isChosen)
        return object
    }
}
