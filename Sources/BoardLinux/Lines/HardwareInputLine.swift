import Board
import CBoard
import CLinux
import Platform

/// An input of Linux's GPIO character device. One thread at a time may use it.
public final class HardwareInputLine: InputLine {
    public let name: String
    public let descriptor: Int32

    private let handle: LineHandle
    private let edges: LineEdges
    private var losses: EdgeLosses
    /// Settled edges that nobody took before the queue was full.
    private var dropped: UInt32 = 0
    private var debouncer: EdgeDebouncer?
    private var settled = EdgeQueue(capacity: 64)
    private let raw = UnsafeMutableBufferPointer<board_line_edge>.allocate(capacity: 16)
    /// Of a read whose caller can't be told: `takeEdges` throws it.
    private var failure: Failure?

    init(_ request: LineRequest, devices: String) throws(Failure) {
        let handle = try LineHandle(request, direction: BOARD_LINE_INPUT, edges: request.edges, devices: devices)
        let debounces = request.debounceMicroseconds > 0 && request.edges != .none
        self.handle = handle
        name = handle.name
        edges = request.edges
        descriptor = board_line_descriptor(handle.raw)
        let inSoftware = debounces && board_line_debounces(handle.raw) == 0
        losses = EdgeLosses(watchesBothEdges: request.edges == .both || inSoftware)
        if inSoftware {
            debouncer = EdgeDebouncer(periodNanoseconds: Int64(request.debounceMicroseconds) * 1000,
                                      level: board_line_level(handle.raw) == 1)
        }
    }

    deinit {
        raw.deallocate()
        settled.deallocate()
    }

    /// Debouncing was asked for, and neither libgpiod 1.6 nor the kernel does it: this class does.
    public var debouncesInSoftware: Bool { debouncer != nil }

    public var lostEdges: UInt32 { losses.count &+ dropped }

    public func level() throws(Failure) -> Bool {
        let level = board_line_level(handle.raw)
        guard level >= 0 else { throw .system(.inputOutput, "cannot read line \(name)") }
        return level == 1
    }

    public func takeEdges(_ target: UnsafeMutableBufferPointer<LineEdge>) throws(Failure) -> Int {
        if debouncer != nil { return try takeSettled(target) }
        var taken = 0
        while taken < target.count {
            let count = try read(target.count - taken)
            for index in 0..<count {
                let edge = LineEdge(raw[index])
                losses.take(edge)
                target[taken] = edge
                taken += 1
            }
            if count < raw.count { break }
        }
        return taken
    }

    private func takeSettled(_ target: UnsafeMutableBufferPointer<LineEdge>) throws(Failure) -> Int {
        settle(atNanoseconds: monotonicNanoseconds())
        var taken = 0
        while taken < target.count, let edge = settled.removeFirst() {
            target[taken] = edge
            taken += 1
        }
        if taken == 0, let failure {
            self.failure = nil
            throw failure
        }
        return taken
    }

    /// Takes what the kernel has, where this class debounces; `hasSettledEdges` tells a wait what came of it.
    func settle(atNanoseconds now: Int64) {
        guard var debouncer else { return }
        while true {
            let count: Int
            do throws(Failure) {
                count = try read(raw.count)
            } catch {
                failure = error
                break
            }
            for index in 0..<count {
                let edge = LineEdge(raw[index])
                losses.take(edge)
                if let done = debouncer.take(edge) { report(done) }
            }
            if count < raw.count { break }
        }
        if let done = debouncer.settle(atNanoseconds: now) { report(done) }
        self.debouncer = debouncer
    }

    var hasSettledEdges: Bool { settled.count > 0 || failure != nil }
    /// When an edge will have settled that has not yet; the far future where none waits.
    var settlesAtNanoseconds: Int64 { debouncer?.settlesAtNanoseconds ?? .max }

    private func report(_ edge: LineEdge) {
        guard edges == .both || (edges == .rising) == edge.isRising else { return }
        if !settled.append(edge) { dropped &+= 1 }
    }

    private func read(_ capacity: Int) throws(Failure) -> Int {
        let count = board_line_take(handle.raw, raw.baseAddress, Int32(min(capacity, raw.count)))
        guard count >= 0 else { throw .system(.inputOutput, "cannot read the edges of line \(name)") }
        return Int(count)
    }
}

extension LineEdge {
    init(_ raw: board_line_edge) {
        self.init(isRising: raw.is_rising != 0, timestampNanoseconds: raw.timestamp_nanoseconds, sequence: raw.sequence)
    }
}
