import Board
import CLinux
import Platform

/// The named inputs; every edge becomes an event. One thread calls `take`.
public final class LineWatch {
    /// One line under watch; its counts may be read from any thread.
    public struct Input {
        public let name: String
        public let line: any InputLine
        /// Edges seen, and the level at the last turn of the thread (2: unknown).
        let words: UnsafeMutablePointer<UInt32>

        /// Edges so far.
        public var edges: UInt32 { linux_load(words) }
        /// At the last turn of the thread; nil: unknown.
        public var level: Bool? { linux_load(words + 1) > 1 ? nil : linux_load(words + 1) == 1 }
    }

    public let inputs: [Input]
    private let edges: UnsafeMutableBufferPointer<LineEdge>

    init(_ named: [(name: String, line: any InputLine)]) {
        var all: [Input] = []
        for input in named {
            let words = UnsafeMutablePointer<UInt32>.allocate(capacity: 2)
            words.initialize(to: 0)
            (words + 1).initialize(to: 2)
            all.append(Input(name: input.name, line: input.line, words: words))
        }
        inputs = all
        edges = .allocate(capacity: 64)
        edges.initialize(repeating: LineEdge(isRising: false, timestampNanoseconds: 0))
    }

    deinit {
        for input in inputs { input.words.deallocate() }
        edges.deallocate()
    }

    /// Takes the edges that wait.
    func take(_ events: EventRing<FirmwareEvent>) {
        for number in 0..<inputs.count {
            while true {
                guard let taken = try? inputs[number].line.takeEdges(edges), taken > 0 else { break }
                for index in 0..<taken {
                    let total = inputs[number].words.pointee &+ 1
                    linux_store(inputs[number].words, total)
                    let edge = edges[index]
                    events.push(FirmwareEvent(.edge, source: number, at: edge.timestampNanoseconds, value: edge.isRising ? 1 : 0,
                                              sequence: edge.sequence == 0 ? total : edge.sequence))
                }
                if taken < edges.count { break }
            }
            if let level = try? inputs[number].line.level() { linux_store(inputs[number].words + 1, level ? 1 : 0) }
        }
    }
}
