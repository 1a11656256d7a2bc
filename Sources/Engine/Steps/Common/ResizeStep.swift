import Nest
import Platform

/// Nearest and bilinear resize with TensorFlow Lite's coordinates; a slice is some rows of the output.
final class ResizeStep: Step {
    private let x: View, y: View
    private let mode: ResizeMode
    private let rowsPerSlice: Int
    private let rows: Int
    private let vertical: Taps, horizontal: Taps

    init(_ context: StepContext) throws(Failure) {
        x = context.view(context.instruction.inputs.0)
        y = context.view(context.instruction.outputs.0)
        let a = ResizeAttributes(words: context.words)!
        mode = a.mode
        vertical = try Taps(from: Int(x.record.height), to: Int(y.record.height), a)
        horizontal = try Taps(from: Int(x.record.width), to: Int(y.record.width), a)
        rows = Int(y.record.batch) * Int(y.record.height)
        let partition = Partition(pixels: rows, channels: Int(y.record.width) * y.channels, operations: mode == .nearest ? 4 : 24,
                                  threads: context.threads, row: 1, splitChannels: false)
        rowsPerSlice = partition.pixelsPerSlice
        super.init(index: context.index)
        slices = partition.count
    }

    override var ownBytes: Int { vertical.memory.bytes.count + horizontal.memory.bytes.count }

    override func execute(_ slice: Int, worker: Int) {
        for row in slice * rowsPerSlice..<min((slice + 1) * rowsPerSlice, rows) {
            switch (mode, y.type) {
            case (.nearest, .int8): nearest(row, UInt8.self)
            case (.nearest, _): nearest(row, UInt32.self)
            case (.bilinear, .int8): bilinearBytes(row)
            case (.bilinear, _): bilinearFloats(row)
            }
        }
    }

    private func sourceRow(_ row: Int, _ line: Int32) -> Int {
        (row / Int(y.record.height) * Int(x.record.height) + Int(line)) * Int(x.record.width) * x.stride
    }

    @inline(__always)
    private func nearest<Element: FixedWidthInteger>(_ row: Int, _ type: Element.Type) {
        let source = x.address.assumingMemoryBound(to: Element.self) + sourceRow(row, vertical[row % Int(y.record.height)].first)
        var out = y.address.assumingMemoryBound(to: Element.self) + row * Int(y.record.width) * y.stride
        for ox in 0..<Int(y.record.width) {
            out.update(from: source + Int(horizontal[ox].first) * x.stride, count: y.channels)
            out += y.stride
        }
    }

    private func bilinearFloats(_ row: Int) {
        let tap = vertical[row % Int(y.record.height)]
        let upper = x.floats + sourceRow(row, tap.first), lower = x.floats + sourceRow(row, tap.second)
        var out = y.floats + row * Int(y.record.width) * y.stride
        for ox in 0..<Int(y.record.width) {
            let h = horizontal[ox], left = Int(h.first) * x.stride, right = Int(h.second) * x.stride
            for c in 0..<y.channels {
                let top = upper[left + c] + (upper[right + c] - upper[left + c]) * h.fraction
                let bottom = lower[left + c] + (lower[right + c] - lower[left + c]) * h.fraction
                out[c] = top + (bottom - top) * tap.fraction
            }
            out += y.stride
        }
    }

    /// Input and output have the same scale, so that only whole steps are interpolated: with weights of 11 bits, rounded
    /// up at the half, as XNNPACK does it.
    private func bilinearBytes(_ row: Int) {
        let tap = vertical[row % Int(y.record.height)]
        let upper = x.bytes + sourceRow(row, tap.first), lower = x.bytes + sourceRow(row, tap.second), down = weight(tap.fraction)
        var out = y.bytes + row * Int(y.record.width) * y.stride
        for ox in 0..<Int(y.record.width) {
            let h = horizontal[ox], left = Int(h.first) * x.stride, right = Int(h.second) * x.stride
            let across = weight(h.fraction)
            for c in 0..<y.channels {
                let a = Int32(upper[left + c]), b = Int32(upper[right + c]), d = Int32(lower[left + c]), e = Int32(lower[right + c])
                let top = a << 11 &+ (b - a) &* across, bottom = d << 11 &+ (e - d) &* across
                out[c] = Int8(truncatingIfNeeded: (top << 11 &+ (bottom - top) &* down &+ 1 << 21) >> 22)
            }
            out += y.stride
        }
    }
}

/// A fraction in 2048ths.
private func weight(_ fraction: Float) -> Int32 { Int32((fraction * 2048).rounded(.toNearestOrEven)) }

/// For every output coordinate the two input coordinates it lies between.
private struct Taps {
    struct Tap {
        var first: Int32, second: Int32
        /// Weight of the second.
        var fraction: Float
    }

    let memory: PageMemory

    init(from: Int, to: Int, _ a: ResizeAttributes) throws(Failure) {
        memory = try PageMemory(count: to * MemoryLayout<Tap>.stride)
        let taps = memory.baseAddress.bindMemory(to: Tap.self, capacity: to)
        let aligned = a.alignCorners != 0 && to > 1
        let scale = aligned ? Float(from - 1) / Float(to - 1) : Float(from) / Float(to)
        let half: Float = a.halfPixelCentres != 0 ? 0.5 : 0
        for o in 0..<to {
            let last = Float(from - 1)
            switch a.mode {
            case .nearest:
                let at = (Float(o) + half) * scale
                let index = min(max(aligned ? at.rounded(.toNearestOrAwayFromZero) : at.rounded(.down), 0), last)
                taps[o] = Tap(first: Int32(index), second: Int32(index), fraction: 0)
            case .bilinear:
                let at = min(max((Float(o) + half) * scale - half, 0), last)
                let first = at.rounded(.down)
                taps[o] = Tap(first: Int32(first), second: Int32(min(first + 1, last)), fraction: at - first)
            }
        }
    }

    subscript(index: Int) -> Tap { memory.baseAddress.assumingMemoryBound(to: Tap.self)[index] }
}
