import Board

/// Counts edges that nobody took in time: by gaps in the kernel's sequence, or where it has none and both edges are
/// asked for, by two edges in the same direction.
struct EdgeLosses {
    let watchesBothEdges: Bool
    private(set) var count: UInt32 = 0
    private var last: LineEdge?

    init(watchesBothEdges: Bool) { self.watchesBothEdges = watchesBothEdges }

    mutating func take(_ edge: LineEdge) {
        // The number after the largest is 0: who numbered the last edge numbers this one too.
        let before = last?.sequence ?? 0
        if edge.sequence != 0 || before != 0 {
            count &+= edge.sequence &- before &- 1
        } else if watchesBothEdges, let last, last.isRising == edge.isRising {
            count &+= 1
        }
        last = edge
    }
}
