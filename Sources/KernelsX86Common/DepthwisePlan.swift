#if arch(x86_64)
import CKernels

/// How the taps of a depthwise kernel form groups that one dot-product instruction takes, such that columns of
/// grouped input serve all the outputs that see them.
///
/// A plane holds, for every input column, the values of one group: `group` kernel rows of the column, and where one
/// row is left over, `group` taps along that row. A plane's groups lie `planeColumns` columns from the next one's.
public struct DepthwisePlan {
    /// Taps a group.
    public let group: Int
    /// Planes of grouped rows; the last may lack rows.
    public let rowPlanes: Int
    /// One more plane, for a single row left over.
    public let hasTail: Bool
    public let kernelHeight: Int, kernelWidth: Int, strideX: Int, dilationX: Int
    public let terms: Int
    /// Groups along the row left over.
    public let tailGroups: Int

    /// Plans for an instruction that takes `group` taps at once: 2 for AVX2, 4 for VNNI.
    @inlinable @inline(__always)
    public init(_ task: DepthwiseTask, group: Int) {
        self.group = group
        kernelHeight = Int(task.kernelHeight)
        kernelWidth = Int(task.kernelWidth)
        strideX = Int(task.strideX)
        dilationX = Int(task.dilationX)
        terms = Int(task.tapRepeat)
        tailGroups = (kernelWidth + group - 1) / group
        hasTail = kernelHeight % group == 1
        rowPlanes = kernelHeight / group + (kernelHeight % group > 1 ? 1 : 0)
    }

    /// Planes in all, that of the row left over included.
    @inlinable public var planes: Int { @inline(__always) get { rowPlanes + (hasTail ? 1 : 0) } }

    /// Groups of a plane.
    @inlinable @inline(__always)
    public func groups(plane: Int) -> Int { plane < rowPlanes ? kernelWidth : tailGroups }

    /// Groups of all planes, once for each term: the order of the weights.
    @inlinable public var allGroups: Int {
        @inline(__always) get { terms * (rowPlanes * kernelWidth + (hasTail ? tailGroups : 0)) }
    }

    /// The tap at place `i` of a group of weights; nil where a zero belongs.
    @inlinable @inline(__always)
    public func tap(group index: Int, _ i: Int) -> Int? {
        let perTerm = rowPlanes * kernelWidth + (hasTail ? tailGroups : 0)
        let term = index / perTerm, place = index % perTerm
        var row = place / kernelWidth * group + i, column = place % kernelWidth
        if place >= rowPlanes * kernelWidth {
            row = kernelHeight - 1
            column = (place - rowPlanes * kernelWidth) * group + i
        }
        return row < kernelHeight && column < kernelWidth ? (term * kernelHeight + row) * kernelWidth + column : nil
    }

    /// Columns a plane needs for `outputs` neighbouring outputs.
    @inlinable @inline(__always)
    public func columns(outputs: Int) -> Int { (outputs - 1) * strideX + (kernelWidth - 1) * dilationX + 1 }

    /// Neighbouring outputs whose planes fit in `capacity` columns, at most 32: more would leave the first-level cache.
    @inlinable @inline(__always)
    public func outputs(capacity: Int) -> Int {
        let spare = capacity / planes - ((kernelWidth - 1) * dilationX + 1)
        return spare < 0 ? 0 : Swift.min(32, spare / strideX + 1)
    }
}
#endif
