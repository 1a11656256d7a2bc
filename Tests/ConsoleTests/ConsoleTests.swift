import CConsole
@testable import Console
import Device
import Foundation
import Platform
import Testing

/// A console between pipes, served by hand.
private final class Bench {
    let console: Console
    let toConsole: Int32
    let fromConsole: Int32
    let wake = console_wake_open()
    private static let wording = ConsoleWording(log: { "[log] " + $0.text }, error: { "error: " + $0 }, droppedLines: { "lost \($0)" })

    init(isInteractive: Bool) {
        var a: [Int32] = [0, 0], b: [Int32] = [0, 0]
        pipe(&a)
        pipe(&b)
        for descriptor in [a[0], b[0], b[1]] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        toConsole = a[1]
        fromConsole = b[0]
        console = Console(name: "test", input: a[0], output: b[1], isInteractive: isInteractive, isJSON: false, prompt: "> ",
                          wake: wake, wording: Self.wording, completion: nil)
    }

    deinit {
        console.hangUp()
        close(toConsole)
        close(fromConsole)
        close(wake)
    }

    func type(_ text: String) {
        _ = text.withCString { write(toConsole, $0, strlen($0)) }
        _ = console.readInput()
    }

    func read() -> String {
        _ = console.flush(now: monotonicNanoseconds())
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = Glibc.read(fromConsole, &bytes, bytes.count)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }
}

@Suite struct ConsoleTests {
    private let line = LogLine(level: .info, sinceStart: 1_500_000_000, text: "door on")

    @Test func promptsSurviveTheLog() {
        let bench = Bench(isInteractive: true)
        bench.console.begin()
        bench.type("sta")
        _ = bench.read()
        bench.console.show(line)
        // Erased, said, drawn again with what was typed.
        #expect(bench.read() == "\r\u{1B}[K[log] door on\r\n\r\u{1B}[K> sta")
        bench.type("tus\r")
        #expect(bench.console.takeLine() == Array("status".utf8))
        bench.console.show(line)
        bench.console.write("answer")
        #expect(bench.read().hasSuffix("[log] door on\r\nanswer\r\n"))
        bench.console.becomeIdle()
        #expect(bench.read() == "\r\u{1B}[K> ")
    }

    @Test func keysTypedMeanwhileAreKept() {
        let bench = Bench(isInteractive: true)
        bench.type("one\rtwo\rthr")
        #expect(bench.console.takeLine() == Array("one".utf8))
        #expect(bench.console.takeLine() == nil)
        bench.type("ee\r")
        bench.console.becomeIdle()
        #expect(bench.console.takeLine() == Array("two".utf8))
        bench.console.becomeIdle()
        #expect(bench.console.takeLine() == Array("three".utf8))
        #expect(!bench.console.isCancelled)
        bench.type("\u{3}")
        #expect(bench.console.isCancelled)
    }

    @Test func aReaderThatNeverReads() throws {
        let bench = Bench(isInteractive: false)
        // The log never waits, whatever there is room for.
        for _ in 0..<20_000 { bench.console.show(line) }
        #expect(bench.console.dropped > 10_000)
        // A command waits until the reader counts as stalled, and then comes to its end.
        bench.type("status\n")
        #expect(bench.console.takeLine() != nil)
        let ended = EventRing<Bool>(capacity: 2)
        let console = bench.console
        let command = try Platform.Thread {
            for number in 0..<5000 { console.write("line \(number)") }
            ended.push(true)
        }
        // Without the end of a stalled reader's patience this would never end. Every look comes later than the one before by
        // more than that patience: the queue may have been empty at the last one, and waits from then on.
        var now: Int64 = 0
        while ended.count == 0 {
            _ = bench.console.flush(now: now)
            now += 10_000_000_000
            bench.console.checkProgress(now: now)
            usleep(200)
        }
        command.join()
        #expect(ended.count == 1)
        // When it reads again, it is told.
        var said = ""
        for _ in 0..<200 { said += bench.read() }
        #expect(said.contains("lost "))
        bench.console.becomeIdle()
        bench.type("again\n")
        #expect(bench.console.takeLine() == Array("again".utf8))
    }

    @Test func scriptsAndTheirEnd() {
        let bench = Bench(isInteractive: false)
        bench.type("one\r\n\n" + String(repeating: "x", count: 3000) + "\ntwo")
        for _ in 0..<100 { _ = bench.console.readInput() }
        #expect(bench.console.takeLine() == Array("one".utf8))
        bench.console.becomeIdle()
        #expect(bench.read().contains("error: a line of more than 1000 bytes was ignored"))
        close(bench.toConsole)
        _ = bench.console.readInput()
        #expect(bench.console.takeLine() == Array("two".utf8))
        #expect(!bench.console.isFinished)
        bench.console.becomeIdle()
        _ = bench.read()
        #expect(bench.console.isFinished)
    }

    @Test func whatIsSaidIsSafe() {
        let bench = Bench(isInteractive: true)
        bench.console.write("a\u{1B}[2Jb\u{7}c\u{9B}d\ne")
        #expect(bench.read() == "a?[2Jb?c?d\r\ne\r\n")
    }

    @Test func liveDisplaysRedraw() {
        let bench = Bench(isInteractive: true)
        bench.console.redraw(["one", "two"])
        #expect(bench.read() == "\r\u{1B}[Kone\r\n\r\u{1B}[Ktwo\r\n")
        bench.console.redraw(["three", String(repeating: "語", count: 100)])
        let said = bench.read()
        #expect(said.hasPrefix("\u{1B}[2A\r\u{1B}[Kthree\r\n") && said.count < 80)
        // Behind: frames are left out, not queued.
        bench.console.redraw(["x"])
        bench.console.redraw(["y"])
        #expect(!bench.read().contains("y"))
    }
}
