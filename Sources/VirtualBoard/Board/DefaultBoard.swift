import Board
import Platform

extension SimulatedBoard {
    /// The board of `run --simulate`: an MPU-9250 with its interrupt line, an LSM6DSO on a second bus with an INA226 that measures
    /// the board, a motion sensor, a button, a door contact, an indicator, a microphone. Clocks of the chips are off by up to 1 %,
    /// drawn by the seed.
    /// - Parameters:
    ///   - log: NPY or CSV as module Pose reads them, beginning now; nil: a board that lies still and is turned in between.
    ///   - fast: time as fast as it goes; with a log that isn't looping, to a second after its end, where it stands still.
    ///   - isLooping: starts the log again at its end; else the board then stays still.
    /// - Throws: what is wrong with the log.
    public static func make(log: String?, fast: Bool, seed: UInt64 = 1, isLooping: Bool = false) throws(Failure) -> SimulatedBoard {
        let board = SimulatedBoard(fast: fast)
        let start = board.now()
        let motion: any Motion
        if let log {
            let recorded = try RecordedMotion(path: log, startNanoseconds: start, isLooping: isLooping)
            // A second more: what chips have collected is read and filtered.
            if !isLooping { board.time.end(atNanoseconds: start + Int64(recorded.durationSeconds * 1e9) + 1_000_000_000) }
            motion = recorded
        } else {
            motion = RockingMotion(startNanoseconds: start)
        }
        var random = ChipRandom(seed: seed)
        func options() -> ChipOptions {
            var options = ChipOptions(seed: random.bits())
            options.drift = (random.uniform() - 0.5) * 0.02
            return options
        }

        board.place(main, MPUChip.mpu9250(motion: motion, options: options()), label: "imu-ready")
        board.place(second, LSM6DSOChip(motion: motion, options: options()), label: "second-imu-ready")
        let meter = INAChip.ina226(BoardLoad(board.power), shuntOhms: Double(Self.meter.shuntOhms), options: options())
        board.buses[1].attach(meter, at: Self.meter.address)
        board.layout.meters.append(Self.meter)
        let sensor = board.wire(motionSensor), button = board.wire(Self.button, level: true), door = board.wire(Self.door)
        board.layout.outputs.append(indicator)
        _ = board.addLine(indicator.request.line, indicator.name)
        board.layout.hasMicrophone = true
        board.addScript(LineScript(sensor, startNanoseconds: start, [.init(seconds: 3, true), .init(seconds: 5.5, false)],
                                   repeatSeconds: 11))
        // The button pulls the line down, and bounces.
        board.addScript(LineScript(button, startNanoseconds: start, [
            .init(seconds: 6, false), .init(seconds: 6.001, true), .init(seconds: 6.0015, false), .init(seconds: 6.2, true),
        ], repeatSeconds: 17))
        board.addScript(LineScript(door, startNanoseconds: start, [.init(seconds: 8, true), .init(seconds: 13, false)], repeatSeconds: 31))
        return board
    }

    private func place(_ sensor: BoardLayout.Sensor, _ chip: RegisterChip, label: String) {
        chip.pin.line = addLine(sensor.line, label)
        addBus(sensor.bus).attach(chip, at: sensor.address)
        layout.sensors.append(sensor)
    }

    private func wire(_ input: BoardLayout.Line, level: Bool = false) -> SimulatedLine {
        layout.inputs.append(input)
        return addLine(input.request.line, input.name, level: level)
    }

    private static let main = BoardLayout.Sensor(name: "main", chip: "MPU-9250", bus: "/dev/i2c-1", address: 0x68, line: "gpiochip0/4",
                                                 rateHertz: 200, hasMagnetometer: true)
    private static let second = BoardLayout.Sensor(name: "second", chip: "LSM6DSO", bus: "/dev/i2c-2", address: 0x6A, line: "gpiochip0/5",
                                                   rateHertz: 208, hasMagnetometer: false)
    private static let meter = BoardLayout.Meter(name: "board", chip: "INA226", bus: "/dev/i2c-2", address: 0x40, shuntOhms: 0.01)
    private static let motionSensor = BoardLayout.Line("motion", "gpiochip0/17", edges: .both)
    private static let button = BoardLayout.Line("button", "gpiochip0/27", edges: .both, bias: .pullUp, isActiveLow: true,
                                                debounceMicroseconds: 10_000)
    private static let door = BoardLayout.Line("door", "gpiochip0/22", edges: .both, debounceMicroseconds: 20_000)
    private static let indicator = BoardLayout.Line("indicator", "gpiochip0/18")
}
