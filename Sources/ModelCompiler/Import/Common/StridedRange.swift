import Platform

/// One axis of a slice: `count` elements from `start` in steps of `step`.
struct StridedRange {
    var start: Int
    var step: Int
    var count: Int
    /// The axis disappears from the result.
    var isShrunk = false

    /// Python's rules: negative positions count from the end, positions outside are clamped.
    init(begin: Int?, end: Int?, step: Int, size: Int) throws {
        guard step != 0, step > -1 << 31, step < 1 << 31, size > 0, size < 1 << 31 else {
            throw Failure(.badFormat, "a slice of \(size) in steps of \(step)")
        }
        func clamped(_ position: Int, _ range: ClosedRange<Int>) -> Int {
            let positive = position < 0 ? position &+ size : position
            return min(max(positive, range.lowerBound), range.upperBound)
        }
        if step > 0 {
            start = begin.map { clamped($0, 0...size) } ?? 0
            count = max(0, ((end.map { clamped($0, 0...size) } ?? size) - start + step - 1) / step)
        } else {
            start = begin.map { clamped($0, -1...size - 1) } ?? size - 1
            count = max(0, (start - (end.map { clamped($0, -1...size - 1) } ?? -1) - step - 1) / -step)
        }
        self.step = step
        guard count > 0 else { throw Failure(.badFormat, "a slice leaves nothing of \(size) elements") }
    }

    static func resolve(shape: [Int], begin: [Int], end: [Int], steps: [Int], beginMask: Int32, endMask: Int32, shrinkMask: Int32) throws
        -> [StridedRange] {
        guard begin.count == end.count, begin.count == steps.count, begin.count <= shape.count else {
            throw Failure(.badFormat, "a slice from \(begin) to \(end) in steps \(steps) of \(shape)")
        }
        return try shape.indices.map { axis in
            guard axis < begin.count else { return try StridedRange(begin: nil, end: nil, step: 1, size: shape[axis]) }
            let bit = Int32(1) << Int32(axis)
            if shrinkMask & bit != 0 {
                let position = begin[axis] < 0 ? begin[axis] &+ shape[axis] : begin[axis]
                guard (0..<shape[axis]).contains(position) else { throw Failure(.badFormat, "position \(begin[axis]) of \(shape)") }
                var range = try StridedRange(begin: position, end: position + 1, step: 1, size: shape[axis])
                range.isShrunk = true
                return range
            }
            return try StridedRange(begin: beginMask & bit != 0 ? nil : begin[axis], end: endMask & bit != 0 ? nil : end[axis],
                                    step: steps[axis], size: shape[axis])
        }
    }
}
