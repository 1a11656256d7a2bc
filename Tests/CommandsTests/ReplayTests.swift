import Board
@testable import Commands
@testable import Device
import Foundation
import Platform
import Pose
import Testing
import TestSupport
import VirtualBoard

/// A recorded trial through simulated chip, bus, driver, filter and console, against the filter on the log itself.
@Suite struct ReplayTests {
    private static let log = evaluationData("pose/16_undisturbed_fast_translation_B.npy")

    private func arguments(_ words: [String]) throws -> Arguments { try Arguments(words, options: Commands.run.options) }

    private func angle(_ a: Attitude, _ b: Attitude) -> Double {
        let d = (a.conjugate * b)
        return 2 * atan2(Double((d.x * d.x + d.y * d.y + d.z * d.z).squareRoot()), Double(abs(d.w))) * 180 / .pi
    }

    @Test(.enabled(if: log != nil, "no evaluation data: set SWIFTLET_DATA")) func attitudeIsThatOfTheLog() throws {
        let path = try #require(Self.log)
        let device = try DeviceFactory.make(try arguments(["--simulate", path, "--fast"]))
        let board = device.board
        let track = try device.track(named: "main")
        let start = board.now()
        var options = PoseReplayOptions()
        options.rateHertz = 2000.0 / 7
        var replay = try PoseReplay(path: path, options: options)
        var before: (time: Double, attitude: Attitude)?, after: (time: Double, attitude: Attitude)?
        let waits = try board.makeWaitSet([])
        let events = EventRing<FirmwareEvent>(capacity: 1024)
        var squares = 0.0, compared = 0, worst = 0.0, inclination = 0.0
        var last: Int64 = 0
        outer: while true {
            let next = track.turn(now: board.now(), board: board, events: events)
            while events.pop() != nil {}
            _ = waits.wait(untilNanoseconds: next)
            let reading = track.reading.read()
            guard reading.samples > 0, reading.sample.timestampNanoseconds != last else { continue }
            last = reading.sample.timestampNanoseconds
            let time = Double(last - start) * 1e-9
            while after == nil || after!.time < time {
                before = after
                guard let record = try replay.next() else { break outer }
                // The replay counts from one interval after zero, the board from the first row.
                after = (record.timeSeconds - 7.0 / 2000, record.attitude)
            }
            guard let before, let after, time > 20 else { continue }
            let expected = before.attitude.mixed(with: after.attitude, share: Float((time - before.time) / (after.time - before.time)))
            let error = angle(expected, reading.attitude)
            squares += error * error
            if let parts = AttitudeError.of(reading.attitude, reference: expected) {
                inclination += Double(parts.inclination * parts.inclination)
            }
            worst = max(worst, error)
            compared += 1
        }
        let rms = (squares / Double(compared)).squareRoot()
        print("replay: \(compared) attitudes, RMS \(rms)°, inclination \((inclination / Double(compared)).squareRoot())°, worst \(worst)°")
        #expect(compared > 5000 && rms < 1.0 && worst < 5)
    }

    /// The same through threads and the console's own command, at the end of the log.
    @Test(.enabled(if: log != nil, "no evaluation data: set SWIFTLET_DATA")) func theConsoleSaysTheSame() throws {
        let path = try #require(Self.log)
        let device = try DeviceFactory.make(try arguments(["--simulate", path, "--fast"]))
        try device.start()
        defer { device.stop() }
        var options = PoseReplayOptions()
        options.rateHertz = 2000.0 / 7
        var replay = try PoseReplay(path: path, options: options)
        var end = Attitude.identity
        while let record = try replay.next() { end = record.attitude }
        // Time stands still after the log; two turns later all of it has been read.
        while try #require(device.board as? SimulatedBoard).time.isOver == false { usleep(10_000) }
        let turns = device.loops[0].turns
        while device.loops[0].turns &- turns < 2 { usleep(10_000) }
        let answer = run(["pose", "main", "--json", "--seconds", "1"], device)
        #expect(answer.status == 0)
        let last = Data((answer.said.last ?? "").utf8)
        let object = try #require(try JSONSerialization.jsonObject(with: last) as? [String: Any])
        func number(_ name: String) -> Float { Float(object[name] as? Double ?? .nan) }
        let said = Attitude(number("q_w"), number("q_x"), number("q_y"), number("q_z"))
        let error = angle(end, said)
        print("replay: the console's attitude after the log is off by \(error)°")
        #expect(error < 2)
    }
}
