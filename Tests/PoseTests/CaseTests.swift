import Foundation
import Pose
import Testing

/// Small logs as people have them, each with the same motion: two seconds still, a quarter turn to the left within one
/// second, one second still.
struct CaseTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var back: UInt32 = 0
        var forward: UInt32 = 0
        var gaps: UInt32 = 0
        /// A part of the warning; nil: there is none.
        var warning: String?
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "plain"), Case(name: "quoted"),
        // In the midst of the turn, by years.
        Case(name: "clock-set-forward", forward: 1, gaps: 1), Case(name: "clock-set-back", back: 1),
        Case(name: "g-under-m-s2", warning: "are they in g?"),
    ]

    @Test(arguments: cases, [false, true]) func theTurnIsAQuarter(_ each: Case, isOffline: Bool) throws {
        var options = PoseReplayOptions()
        options.isOffline = isOffline
        var replay = try PoseReplay(path: repository.appendingPathComponent("Tests/golden/imu/\(each.name).csv").path, options: options)
        var plot = PosePlot(title: each.name, hasReference: false)
        var end = Attitude.identity
        while let record = try replay.next() {
            end = record.attitude
            plot.add(time: record.timeSeconds, attitude: end, totalError: .nan, inclinationError: .nan, bias: record.bias,
                     isResting: record.isResting, isDisturbed: record.isDisturbed)
        }
        #expect(replay.samples == 200)
        #expect(abs(end.eulerDegrees.z - 90) < 1.5, "\(end.eulerDegrees)")
        #expect(replay.clockJumps.back == each.back && replay.clockJumps.forward == each.forward, "\(replay.clockJumps)")
        #expect(replay.counters.gaps == each.gaps && replay.counters.badIntervals == 0)
        if let expected = each.warning { #expect(replay.warning?.contains(expected) == true) } else { #expect(replay.warning == nil) }
        // Four seconds, whatever the clock said.
        #expect(Self.timeLabels(plot.svg) == ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0", "3.5"], "\(Self.timeLabels(plot.svg))")
    }

    /// The texts below the last panel, left to right.
    static func timeLabels(_ svg: String) -> [String] {
        svg.split(separator: "\n").filter { $0.contains("text-anchor=\"middle\" fill=\"#666\"") }
            .compactMap { $0.split(separator: ">").last?.split(separator: "<").first.map(String.init) }
    }

    /// Seconds since 1970, where a Float's steps are 128 seconds; and times that no clock has.
    @Test(arguments: [0, 1_764_000_000, 1.7e18, -1e300]) func plotsOfAnyClockEnd(start: Double) throws {
        var plot = PosePlot(title: "", hasReference: true)
        for index in 0..<300 {
            plot.add(time: start + Double(index) * 0.0035, attitude: .identity, totalError: 1e30,
                     inclinationError: index % 2 == 0 ? -1e30 : 1e-30,
                     bias: SIMD3(3e38, -3e38, 1e9), isResting: false, isDisturbed: false)
        }
        let svg = plot.svg
        #expect(svg.utf8.count < 200_000 && !svg.contains("nan") && !svg.contains("inf"))
        if start < 1e10, start >= 0 { #expect(Self.timeLabels(svg) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]) }
    }

    private func temporary(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("pose-case-\(UUID().uuidString)").path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private static let header = "time_s,acc_x_g,acc_y_g,acc_z_g,gyr_x_deg/s,gyr_y_deg/s,gyr_z_deg/s,note"

    @Test func quotesAndMarksAreThoseOfSpreadsheets() throws {
        let path = try temporary("\u{FEFF}" + Self.header
                                 + "\r\n \"1.5\" ,\" 0 \",0,1,\"\",2,3,\"turned, then \"\"still\"\"\"\r\n2,0,0,1,0,0,0,5\" pipe\r\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let all = try rows(path, reference: nil)
        #expect(all.count == 2)
        #expect(all[0].timeSeconds == 1.5 && all[0].accelerometer == SIMD3(0, 0, 9.80665) && all[0].gyroscope.x.isNaN)
        #expect(all[1].timeSeconds == 2)
    }

    @Test(arguments: ["\"1", "\"1\"2", "\"\"1\"\"", "1\"", "\"1,0\""]) func otherQuotesAreNoNumbers(time: String) throws {
        let path = try temporary(Self.header + "\n" + time + ",0,0,1,0,0,0,\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: (any Error).self) { try rows(path, reference: nil) }
    }

    /// A pause is counted by the clock and bridged by the filter; slow logs have none.
    @Test func slowLogsHaveNoPauses() {
        for interval in [0.001, 0.04, 0.5, 2, 60] {
            var clock = SampleClock(usualInterval: 0.01)
            _ = clock.interval(at: 0)
            for index in 1..<100 { #expect(abs(clock.interval(at: Double(index) * interval) - Float(interval)) < 1e-4) }
            #expect(clock.setForward == 0 && clock.setBack == 0)
            _ = clock.interval(at: 1e6)
            _ = clock.interval(at: 1e6 + interval)
            _ = clock.interval(at: 0)
            #expect(clock.setForward == 1 && clock.setBack == 1)
        }
    }
}
