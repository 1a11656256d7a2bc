/// Separable fixed-point resampling of the components of a frame, one output row at a time: first down the columns
/// (over the bytes as they lie, whatever they mean), then along the row, component by component.
final class Resampler {
    /// Bits of fraction in a finished line.
    static let fractionBits = 6

    private struct Lane {
        var component: FramePlane.Component
        var axis: ResampleAxis
        var range: (start: Int, end: Int)
    }

    private struct PlanePlan {
        var plane: FramePlane
        var vertical: ResampleAxis
        var lanes: [Lane]
        var firstByte, endByte: Int
    }

    private var plans: [PlanePlan] = []
    private var columns = 0
    private var sums: UnsafeMutablePointer<Int32>
    private var sumCapacity = 0
    private var samples: UnsafeMutablePointer<Int16>
    private var lines: UnsafeMutablePointer<Int32>
    private var lineCapacity = 0

    init() {
        sums = .allocate(capacity: 1)
        samples = .allocate(capacity: 1)
        lines = .allocate(capacity: 1)
    }

    deinit {
        sums.deallocate()
        samples.deallocate()
        lines.deallocate()
    }

    /// The finished output row of a component.
    func line(_ slot: Int) -> UnsafePointer<Int32> { UnsafePointer(lines + slot * columns) }

    func plan(_ format: FrameFormat, placement: Placement, filter: ResampleFilter) {
        columns = placement.columns
        plans.removeAll(keepingCapacity: true)
        var widest = 0
        for plane in format.planes {
            // A plane of fewer rows or samples (chroma) covers the same picture.
            let scaleY = Float(plane.rows) / Float(format.height)
            var vertical = ResampleAxis()
            vertical.plan(size: plane.rows, origin: placement.source.top * scaleY, extent: placement.source.height * scaleY,
                          outputs: placement.rows, filter: filter)
            var lanes: [Lane] = []
            var firstByte = plane.rowBytes, endByte = 0
            for component in plane.components {
                let scaleX = Float(component.count) / Float(format.width)
                var axis = ResampleAxis()
                axis.plan(size: component.count, origin: placement.source.left * scaleX, extent: placement.source.width * scaleX,
                          outputs: placement.columns, filter: filter)
                let range = axis.range
                firstByte = min(firstByte, component.offset + range.start * component.step)
                endByte = max(endByte, component.offset + (range.end - 1) * component.step + 1)
                lanes.append(Lane(component: component, axis: axis, range: range))
            }
            widest = max(widest, plane.rowBytes)
            plans.append(PlanePlan(plane: plane, vertical: vertical, lanes: lanes, firstByte: firstByte, endByte: endByte))
        }
        reserve(bytes: widest, columns: placement.columns)
    }

    private func reserve(bytes: Int, columns: Int) {
        if bytes > sumCapacity {
            sums.deallocate()
            samples.deallocate()
            sums = .allocate(capacity: bytes)
            samples = .allocate(capacity: bytes)
            sumCapacity = bytes
        }
        if columns * 3 > lineCapacity {
            lines.deallocate()
            lines = .allocate(capacity: columns * 3)
            lineCapacity = columns * 3
        }
    }

    /// Makes output row `outputRow` of every component.
    func run(frame: UnsafePointer<UInt8>, outputRow: Int) {
        for index in 0..<plans.count { runPlane(plans[index], frame: frame, outputRow: outputRow) }
    }

    private func runPlane(_ plan: PlanePlan, frame: UnsafePointer<UInt8>, outputRow: Int) {
        let taps = plan.vertical.taps
        let start = frame + (plan.plane.offset + Int(plan.vertical.first[outputRow]) * plan.plane.rowBytes)
        plan.vertical.weights.withUnsafeBufferPointer { weights in
            addRows(start, rowBytes: plan.plane.rowBytes, from: plan.firstByte, to: plan.endByte,
                    weights: weights.baseAddress! + outputRow * taps, taps: taps)
        }
        for lane in plan.lanes {
            gather(lane.component, from: lane.range.start, to: lane.range.end)
            let target = lines + lane.component.slot * columns
            lane.axis.first.withUnsafeBufferPointer { first in
                lane.axis.weights.withUnsafeBufferPointer { weights in
                    addColumns(first: first.baseAddress!, weights: weights.baseAddress!, taps: lane.axis.taps, into: target)
                }
            }
        }
    }

    /// sums = the weighted sum of `taps` rows, four rows a pass so that sums are loaded and stored less often.
    private func addRows(_ start: UnsafePointer<UInt8>, rowBytes: Int, from: Int, to: Int, weights: UnsafePointer<Int16>, taps: Int) {
        let sums = self.sums
        let half: Int32 = 1 << (Int32(ResampleAxis.weightBits - Resampler.fractionBits) - 1)
        for byte in from..<to { sums[byte] = half }
        var tap = 0
        while tap + 4 <= taps {
            let row0 = start + tap * rowBytes, row1 = row0 + rowBytes, row2 = row1 + rowBytes, row3 = row2 + rowBytes
            let weight0 = Int32(weights[tap]), weight1 = Int32(weights[tap + 1]), weight2 = Int32(weights[tap + 2]),
                weight3 = Int32(weights[tap + 3])
            if weight0 | weight1 | weight2 | weight3 != 0 {
                for byte in from..<to {
                    sums[byte] = sums[byte] &+ Int32(row0[byte]) &* weight0 &+ Int32(row1[byte]) &* weight1
                        &+ Int32(row2[byte]) &* weight2 &+ Int32(row3[byte]) &* weight3
                }
            }
            tap += 4
        }
        while tap < taps {
            let row = start + tap * rowBytes
            let weight = Int32(weights[tap])
            if weight != 0 {
                for byte in from..<to { sums[byte] = sums[byte] &+ Int32(row[byte]) &* weight }
            }
            tap += 1
        }
    }

    /// samples = one component of the sums, contiguous, with 6 bits of fraction.
    private func gather(_ component: FramePlane.Component, from: Int, to: Int) {
        let shift = Int32(ResampleAxis.weightBits - Resampler.fractionBits)
        let source = sums + component.offset
        let samples = self.samples
        switch component.step {
        case 1: for index in from..<to { samples[index] = Int16(truncatingIfNeeded: source[index] >> shift) }
        case 2: for index in from..<to { samples[index] = Int16(truncatingIfNeeded: source[index &* 2] >> shift) }
        case 3: for index in from..<to { samples[index] = Int16(truncatingIfNeeded: source[index &* 3] >> shift) }
        default:
            let step = component.step
            for index in from..<to { samples[index] = Int16(truncatingIfNeeded: source[index &* step] >> shift) }
        }
    }

    private func addColumns(first: UnsafePointer<Int32>, weights: UnsafePointer<Int16>, taps: Int,
                            into target: UnsafeMutablePointer<Int32>) {
        let half: Int32 = 1 << (Int32(ResampleAxis.weightBits) - 1)
        let samples = self.samples
        var weight = weights
        for column in 0..<columns {
            let source = samples + Int(first[column])
            var sum = half
            for tap in 0..<taps { sum = sum &+ Int32(source[tap]) &* Int32(weight[tap]) }
            target[column] = sum >> Int32(ResampleAxis.weightBits)
            weight += taps
        }
    }
}
