import Board
import CLinux

/// The named inputs; every edge becomes an event. One thread calls `take`.
final class LineWatch {
    struct Input {
        let name: String
        let line: any InputLine
        /// Edges seen.
        let count: UnsafeMutablePointer<UInt32>
    }

    let inputs: [Input]
    private let edges: UnsafeMutableBufferPointer<LineEdge>

    init(_ named: [(name: String, line: any InputLine)]) {
        var all: [Input] = []
        for input in named {
            let count = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
            count.initialize(to: 0)
            all.append(Input(name: input.name, line: input.line, count: count))
        }
        inputs = all
        edges = .allocate(capacity: 64)
        edges.initialize(repeating: LineEdge(isRising: false, timestampNanoseconds: 0))
    }

    deinit {
        for input in inputs { input.count.deallocate() }
        edges.deallocate()
    }

    /// Takes the edges that wait.
    func take(_ events: EventRing<FirmwareEvent>) {
        for number in 0..<inputs.count {
            while true {
                guard let taken = try? inputs[number].line.takeEdges(edges), taken > 0 else { break }
                for index in 0..<taken {
                    let total = inputs[number].count.pointee &+ 1
                    linux_store(inputs[number].count, total)
                    let edge = edges[index]
                    events.push(FirmwareEvent(.edge, source: number, at: edge.timestampNanoseconds, value: edge.isRising ? 1 : 0,
                                              sequence: edge.sequence == 0 ? total : edge.sequence))
                }
                if taken < edges.count { break }
            }
        }
    }
}
