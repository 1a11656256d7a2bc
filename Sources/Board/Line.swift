import Platform

/// How a GPIO line is pulled while nothing drives it.
public enum LineBias: UInt8, Sendable { case asIs, none, pullUp, pullDown }
/// Which changes of an input are reported.
public enum LineEdges: UInt8, Sendable { case none, rising, falling, both }

/// A change of an input, with the kernel's time of it (monotonic nanoseconds).
public struct LineEdge: Sendable, Equatable {
    public var isRising: Bool
    public var timestampNanoseconds: Int64
    /// Counts the line's edges from 1 where the kernel does; 0 where it doesn't.
    public var sequence: UInt32

    public init(isRising: Bool, timestampNanoseconds: Int64, sequence: UInt32 = 0) {
        self.isRising = isRising
        self.timestampNanoseconds = timestampNanoseconds
        self.sequence = sequence
    }
}

/// What is asked for when a line is opened. Levels are logical: active low is turned around below.
public struct LineRequest: Sendable {
    /// A line's name, or "gpiochip0/17".
    public var line: String
    public var bias: LineBias = .asIs
    public var edges: LineEdges = .none
    public var isActiveLow = false
    public var debounceMicroseconds: UInt32 = 0
    /// An output that only pulls low and lets go for high, as the wires of I2C want it.
    public var isOpenDrain = false

    public init(line: String) { self.line = line }
}

/// An open input.
public protocol InputLine: AnyObject {
    /// As the request named it.
    var name: String { get }
    /// Readable when edges wait; -1 where there is no descriptor (a simulated board).
    var descriptor: Int32 { get }
    func level() throws(Failure) -> Bool
    /// Takes up to `edges.count` waiting edges, oldest first, without blocking; the number taken.
    func takeEdges(_ edges: UnsafeMutableBufferPointer<LineEdge>) throws(Failure) -> Int
    /// Edges that were lost because nobody took them in time, as far as the kernel or a gap in the sequence tells.
    var lostEdges: UInt32 { get }
}

/// An open output; its level is put back to what it was before (or the line released) when it is closed.
public protocol OutputLine: AnyObject {
    /// As the request named it.
    var name: String { get }
    func set(_ level: Bool) throws(Failure)
}
