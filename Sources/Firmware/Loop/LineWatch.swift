import Board
import CLinux
import Platform

/// The named inputs on a thread of their own; every edge becomes an event.
final class LineWatch {
    struct Input {
        var name: String
        var line: any InputLine
        /// Edges seen and the newest level, for `gpio`.
        var counts: UnsafeMutablePointer<UInt32>
    }

    let inputs: [Input]
    let events = EventRing(capacity: 4096, filledWith: FirmwareEvent.none)
    private let board: Board
    private let waitSet: any WaitSet
    private let stopping = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private let edges: UnsafeMutableBufferPointer<LineEdge>
    private var thread: Thread?
    private let prepare: () -> Void
    private let announce: () -> Void

    init(board: Board, inputs: [(name: String, line: any InputLine)], prepare: @escaping () -> Void, announce: @escaping () -> Void) throws(Failure) {
        self.board = board
        self.prepare = prepare
        self.announce = announce
        var lines: [any InputLine] = [], named: [Input] = []
        for input in inputs {
            lines.append(input.line)
            let counts = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
            counts.initialize(to: 0)
            named.append(Input(name: input.name, line: input.line, counts: counts))
        }
        self.inputs = named
        waitSet = try board.makeWaitSet(lines)
        edges = .allocate(capacity: 64)
        edges.initialize(repeating: LineEdge(isRising: false, timestampNanoseconds: 0))
        stopping.initialize(to: 0)
    }

    deinit {
        for input in inputs { input.counts.deallocate() }
        edges.deallocate()
        stopping.deallocate()
    }

    func start() throws(Failure) {
        thread = try Thread { [self] in
            prepare()
            while linux_load(stopping) == 0 {
                _ = waitSet.wait(untilNanoseconds: board.now() + 500_000_000)
                take()
            }
        }
    }

    private func take() {
        for number in inputs.indices {
            while true {
                guard let count = try? inputs[number].line.takeEdges(edges), count > 0 else { break }
                for index in 0..<count {
                    let total = inputs[number].counts.pointee &+ 1
                    linux_store(inputs[number].counts, total)
                    let edge = edges[index]
                    events.push(FirmwareEvent(.edge, source: number, at: edge.timestampNanoseconds, value: edge.isRising ? 1 : 0,
                                              sequence: edge.sequence == 0 ? total : edge.sequence))
                }
                if count < edges.count { break }
            }
        }
        if events.count > 0 { announce() }
    }

    func stop() {
        linux_store(stopping, 1)
        waitSet.wake()
        thread?.join()
        thread = nil
    }
}
