import Board
import Platform

/// An open input of a simulated board: debounced and filtered edges in a ring of the kernel's default kind.
final class SimulatedInput: InputLine {
    let name: String
    let line: SimulatedLine
    private let board: SimulatedBoard
    private let request: LineRequest
    private static let capacity = 256
    private let ring: UnsafeMutablePointer<LineEdge>
    private var head = 0
    private(set) var waiting = 0
    private var sequence: UInt32 = 0
    private var lost: UInt32 = 0
    // Debouncing: the level reported, and since when the wire differs.
    private var stable: Bool
    private var unstableSince: Int64?

    init(_ line: SimulatedLine, _ request: LineRequest, board: SimulatedBoard) {
        self.line = line
        self.request = request
        self.board = board
        name = request.line
        stable = line.level
        ring = .allocate(capacity: Self.capacity)
        ring.initialize(repeating: LineEdge(isRising: false, timestampNanoseconds: 0), count: Self.capacity)
    }

    deinit {
        board.locked { line.input = nil }
        ring.deallocate()
    }

    var descriptor: Int32 { -1 }

    var lostEdges: UInt32 { board.locked { lost } }

    func level() throws(Failure) -> Bool { board.locked { board.advanceLocked(); return stable != request.isActiveLow } }

    func takeEdges(_ edges: UnsafeMutableBufferPointer<LineEdge>) throws(Failure) -> Int {
        board.locked {
            board.advanceLocked()
            let number = min(edges.count, waiting)
            for index in 0..<number {
                edges[index] = ring[head]
                head = (head + 1) % Self.capacity
            }
            waiting -= number
            return number
        }
    }

    // MARK: with the board's lock held

    func wireChanged(_ level: Bool, _ time: Int64) {
        settle(time)
        guard request.debounceMicroseconds > 0 else {
            stable = level
            report(level, time)
            return
        }
        unstableSince = level == stable ? nil : time
    }

    /// Reports a level that has been steady for long enough.
    func settle(_ now: Int64) {
        guard let due = nextEventNanoseconds, due <= now else { return }
        unstableSince = nil
        stable = line.level
        report(stable, due)
    }

    var nextEventNanoseconds: Int64? { unstableSince.map { $0 + Int64(request.debounceMicroseconds) * 1_000 } }

    private func report(_ level: Bool, _ time: Int64) {
        let rising = level != request.isActiveLow
        switch request.edges {
        case .none: return
        case .rising: if !rising { return }
        case .falling: if rising { return }
        case .both: break
        }
        sequence &+= 1
        // As the kernel does: the oldest goes.
        if waiting == Self.capacity {
            head = (head + 1) % Self.capacity
            waiting -= 1
            lost &+= 1
        }
        ring[(head + waiting) % Self.capacity] = LineEdge(isRising: rising, timestampNanoseconds: time, sequence: sequence)
        waiting += 1
    }
}
