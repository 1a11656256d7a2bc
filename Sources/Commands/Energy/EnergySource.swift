import Board
import BoardLinux
import Configuration
import Device
import Platform
import Sensors

/// The energy of a piece of work, by the best that there is: a power monitor of the firmware, a sensor or counter of the system, a
/// model of the board. Nothing is assumed: where there is none of them, there is no answer.
final class EnergySource {
    /// What was measured.
    struct Result {
        /// Mean over the work, as far as it was measured.
        var watts: Double
        var seconds: Double
        var source: String
        /// Share that it may be off; nil: a measurement, whose error is its chip's.
        var error: Double?

        var joules: Double { watts * seconds }
    }

    static let nothing = "nothing measures power here: [meter NAME] in the firmware's configuration adds a power monitor, "
        + "--power-model FILE an estimate"

    static let options = [
        OptionSpecification("--meter", "NAME", "the firmware's power monitor to measure with (default: the first)"),
        OptionSpecification("--power-model", "FILE", "an estimate with the [power-model] of this file, where nothing measures"),
    ]

    private enum Way {
        case meter(MeterTrack)
        case system(SystemPower)
        case model(ModelledPower)
    }

    private let way: Way
    private var start: Int64 = 0, startProcessor: Int64 = 0, lastLook: Int64 = 0
    private var first = MeterReading()
    private var startJoules = 0.0

    /// - Throws: `.usage` where nothing measures or estimates, or the power monitor isn't there.
    init(_ context: Context, _ arguments: Arguments) throws(Failure) {
        let device = try context.device == nil ? nil : context.runningDevice()
        if let name = arguments.text("--meter") {
            guard let device else { throw Failure(.usage, "power monitors are the firmware's: --meter is for its console") }
            way = .meter(try device.meter(named: name))
            return
        }
        let board = device?.board ?? HardwareBoard()
        if let path = arguments.text("--power-model") {
            way = .model(ModelledPower(try Self.model(path), board.frequencyPolicies()))
            return
        }
        if let meter = device?.meters.first(where: { $0.health.read().state == .running }) {
            way = .meter(meter)
            return
        }
        let system = SystemPower(board)
        system.look()
        if !system.best.isEmpty {
            way = .system(system)
        } else if let model = device?.configuration.powerModel {
            way = .model(ModelledPower(model, board.frequencyPolicies()))
        } else {
            for row in system.rows {
                guard let complaint = row.source.complaint else { continue }
                throw Failure(.inputOutput, "\(row.source.name): \(complaint)")
            }
            throw Failure(.usage, Self.nothing)
        }
    }

    /// The [power-model] of a file.
    static func model(_ path: String) throws(Failure) -> PowerModel {
        guard let model = try ConfigurationFile.read(path).powerModel else {
            throw Failure(.badFormat, "\(path) has no [power-model]")
        }
        return model
    }

    func begin() {
        start = monotonicNanoseconds()
        startProcessor = processorNanoseconds()
        switch way {
        case .meter(let meter): first = meter.reading.read()
        case .system(let system):
            system.look()
            startJoules = joules(system)
        case .model: break
        }
        lastLook = start
    }

    private func joules(_ system: SystemPower) -> Double {
        var sum = 0.0
        for row in system.best { sum += row.joules }
        return sum
    }

    /// Between two pieces of the work: what only tells its power of the moment is asked every 20 ms.
    func look() {
        guard case .system(let system) = way, monotonicNanoseconds() - lastLook > 20_000_000 else { return }
        lastLook = monotonicNanoseconds()
        system.look()
    }

    /// - Parameter bytes: that the work moved from and to memory, for the model.
    /// - Throws: where the source has fallen silent or tells what can't be.
    func end(bytes: Double) throws(Failure) -> Result {
        let seconds = Double(monotonicNanoseconds() - start) * 1e-9
        switch way {
        case .meter(let meter):
            let last = meter.reading.read()
            let measured = Double(last.power.measuredNanoseconds - first.power.measuredNanoseconds) * 1e-9
            guard last.power.samples >= first.power.samples + 5, measured > 0 else {
                throw Failure(.inputOutput, "\(meter.source.name) measured too little meanwhile (\(meter.health.read().state.name))")
            }
            let watts = (last.power.joules - first.power.joules) / measured
            guard watts >= 0 else {
                throw Failure(.inputOutput, "\(meter.source.name) measured \(PowerText.watts(watts)): is its shunt the right way round?")
            }
            guard !last.power.isSaturated else {
                throw Failure(.inputOutput, "\(meter.source.name) is at the end of its range: a smaller shunt is needed")
            }
            return Result(watts: watts, seconds: seconds, source: meter.source.title)
        case .system(let system):
            system.look()
            var names: [String] = []
            for row in system.best { names.append(row.source.name) }
            guard !names.isEmpty else { throw Failure(.inputOutput, "what measured power has gone") }
            return Result(watts: (joules(system) - startJoules) / seconds, seconds: seconds, source: names.joinedByCommas)
        case .model(let modelled):
            let processor = Double(processorNanoseconds() - startProcessor) * 1e-9
            let joules = modelled.model.joules(seconds: seconds, coreSeconds: processor, megahertz: modelled.megahertz, bytes: bytes)
            return Result(watts: joules / seconds, seconds: seconds, source: modelled.title, error: Double(modelled.model.error))
        }
    }
}

extension EnergySource.Result {
    /// "0.105 J a run, 2.133 W over 41 runs in 2.01 s (INA226 at 0x40 on /dev/i2c-2, shunt 10.00 mΩ)".
    func line(runs: Int) -> String {
        "\(PowerText.joules(joules / Double(runs))) a run, \(PowerText.watts(watts)) over \(runs) runs in "
            + "\(fixed(seconds, decimals: 2)) s (\(source))"
    }

    func object(runs: Int) -> JSONObject {
        var object = JSONObject()
        object.set("joulesPerRun", joules / Double(runs), decimals: 9)
        object.set("watts", watts, decimals: 6)
        object.set("seconds", seconds, decimals: 4)
        object.set("runs", runs)
        object.set("source", source)
        if let error { object.set("error", error, decimals: 3) }
        return object
    }
}
