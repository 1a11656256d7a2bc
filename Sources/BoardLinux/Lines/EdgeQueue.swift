import Board

/// Edges that wait to be taken, oldest first, in memory of its own. A full queue drops its oldest edge.
struct EdgeQueue {
    private let edges: UnsafeMutableBufferPointer<LineEdge>
    private var first = 0
    private(set) var count = 0

    init(capacity: Int) {
        edges = .allocate(capacity: capacity)
        edges.initialize(repeating: LineEdge(isRising: false, timestampNanoseconds: 0))
    }

    func deallocate() { edges.deallocate() }

    /// False where an edge was dropped.
    mutating func append(_ edge: LineEdge) -> Bool {
        let fits = count < edges.count
        if !fits { _ = removeFirst() }
        edges[(first + count) % edges.count] = edge
        count += 1
        return fits
    }

    mutating func removeFirst() -> LineEdge? {
        guard count > 0 else { return nil }
        let edge = edges[first]
        first = (first + 1) % edges.count
        count -= 1
        return edge
    }
}
