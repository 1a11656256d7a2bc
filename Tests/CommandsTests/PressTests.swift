import Board
@testable import Commands
@testable import Configuration
@testable import Console
@testable import Device
import Foundation
import Platform
import Testing
import VirtualBoard

/// Hands on a simulated board, from the console.
@Suite struct PressTests {
    /// A button that pulls its line down and a door contact, which nothing else works.
    private func device(_ board: Board) throws -> Device {
        var configuration = DeviceConfiguration()
        for (name, line, isActiveLow) in [("button", "gpiochip0/27", true), ("door", "gpiochip0/22", false)] {
            var input = DeviceConfiguration.Input()
            input.name = name
            input.request.line = line
            input.request.edges = .both
            input.request.isActiveLow = isActiveLow
            input.request.debounceMicroseconds = 2000
            configuration.inputs.append(input)
        }
        configuration.locksMemory = false
        let device = try Device(board: board, configuration: configuration)
        DeviceFactory.populate(device)
        return device
    }

    private func simulated() -> SimulatedBoard {
        let board = SimulatedBoard(fast: false)
        _ = board.addLine("gpiochip0/27", "button", level: true)
        _ = board.addLine("gpiochip0/22", "door")
        _ = board.addLine("gpiochip0/18", "indicator")
        return board
    }

    /// Until the log has just this text.
    private func logs(_ text: String, _ device: Device) -> Bool {
        comes(device) { device.log.lines.contains { $0.text == text } }
    }

    @Test func edgesReachTheLog() throws {
        let device = try device(simulated())
        try device.start()
        defer { device.stop() }
        #expect(run(["press", "button", "--for", "30"], device) == (0, ["button pressed for 30 ms"]))
        #expect(logs("button on (edge 1)", device) && logs("button off (edge 2)", device))
        #expect(run(["press", "door", "--hold"], device) == (0, ["door pressed"]))
        #expect(logs("door on (edge 1)", device))
        #expect(try device.inputs[1].line.level())
        #expect(run(["press", "door", "--release", "--json"], device) == (0, [#"{"pressed":"door","held":false}"#]))
        #expect(logs("door off (edge 2)", device))
        // Whatever the request, the level is the input's.
        #expect(try !device.inputs[0].line.level() && !device.inputs[1].line.level())
    }

    /// The 2³²th edge of a line that nobody restarts.
    @Test func countsOfEdgesComeRound() throws {
        let device = try device(simulated())
        try device.start()
        defer { device.stop() }
        let input = try #require(device.watch?.inputs.first)
        input.words.pointee = .max
        #expect(run(["press", "button", "--for", "30"], device).status == 0)
        #expect(logs("button on (edge 1)", device) && logs("button off (edge 2)", device))
        #expect(input.edges == 1)
        #expect(run(["gpio", "button"], device).said.first?.contains("1 edges") == true)
    }

    @Test func whatIsRefusedIsSaid() throws {
        let device = try device(simulated())
        try device.start()
        defer { device.stop() }
        for (words, expected) in [
            (["press"], "the name of one input is expected"), (["press", "bell"], "bell is not a line of simulated board"),
            (["press", "door", "--hold", "--for", "5"], "one of --for, --hold and --release"),
        ] {
            let (status, said) = run(words, device)
            #expect(status == 2 && said.count == 1 && said[0].contains(expected), "\(said)")
        }
        #expect(run(["gpio", "indicator", "on"], device).status == 0)
        let (status, said) = run(["press", "indicator"], device)
        #expect(status == 2 && said[0].contains("indicator is an output of the firmware"), "\(said)")
    }

    @Test func realBoardsHaveNoHands() throws {
        let device = try Device(board: Board(), configuration: DeviceConfiguration())
        try device.start()
        defer { device.stop() }
        for words in [["press", "button"], ["fault", "clear"]] {
            let (status, said) = run(words, device)
            #expect(status == 2 && said.count == 1 && said[0].contains("simulated"), "\(said)")
        }
    }

    @Test func namesAreCompleted() throws {
        let device = try device(simulated())
        try device.start()
        defer { device.stop() }
        let completion = Completion(commands: CommandNames.forCompletion, names: { CommandNames.of($0, device, Context()) })
        #expect(String(decoding: completion.complete(Array("press bu".utf8), cursor: 8).insertion, as: UTF8.self) == "button ")
        #expect(String(decoding: completion.complete(Array("pres".utf8), cursor: 4).insertion, as: UTF8.self) == "press ")
        #expect(run(["help", "press"], device).said.joined().contains("press door --for 3000"))
    }
}
