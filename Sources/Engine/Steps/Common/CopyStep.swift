import CLinux
import Nest

/// Strided copy of a box, row by row of the output.
final class CopyStep: Step {
    private let x: View, y: View
    private let a: CopyAttributes
    private let rowsPerSlice: Int
    private let rows: Int

    init(_ context: StepContext) {
        x = context.view(context.instruction.inputs.0)
        y = context.view(context.instruction.outputs.0)
        a = CopyAttributes(words: context.words)!
        rows = Int(y.record.batch) * Int(y.record.height)
        let partition = Partition(pixels: rows, channels: Int(y.record.width) * y.channels, operations: 4, threads: context.threads, row: 1,
                                  splitChannels: false)
        rowsPerSlice = partition.pixelsPerSlice
        super.init(index: context.index)
        slices = partition.count
    }

    override func execute(_ slice: Int, worker: Int) {
        for row in slice * rowsPerSlice..<min((slice + 1) * rowsPerSlice, rows) {
            switch y.type.size {
            case 1: copy(row, UInt8.self, fill: UInt8(truncatingIfNeeded: a.fillValue))
            case 2: copy(row, UInt16.self, fill: UInt16(truncatingIfNeeded: a.fillValue))
            default: copy(row, UInt32.self, fill: UInt32(bitPattern: a.fillValue))
            }
        }
    }

    @inline(__always)
    private func copy<Element: FixedWidthInteger>(_ row: Int, _ type: Element.Type, fill: Element) {
        let width = Int(y.record.width), channels = y.channels
        let out = y.address.assumingMemoryBound(to: Element.self) + row * width * y.stride
        if a.fill != 0 {
            for pixel in 0..<width { (out + pixel * y.stride).update(repeating: fill, count: channels) }
        }
        let image = row / Int(y.record.height) - Int(a.outputStart[0]), line = row % Int(y.record.height) - Int(a.outputStart[1])
        guard image >= 0, image < Int(a.extent[0]), line >= 0, line < Int(a.extent[1]) else { return }
        let strideX = Int(a.sourceStrides[2]), strideC = Int(a.sourceStrides[3]), pixels = Int(a.extent[2]), count = Int(a.extent[3])
        let source = x.address.assumingMemoryBound(to: Element.self)
            + (Int(a.sourceOffset) + image * Int(a.sourceStrides[0]) + line * Int(a.sourceStrides[1]))
        let target = out + (Int(a.outputStart[2]) * y.stride + Int(a.outputStart[3]))
        if strideC == 1 || count == 1 {
            if strideX == count, y.stride == count {
                target.update(from: source, count: pixels * count)
            } else if count < 16 {
                for pixel in 0..<pixels {
                    for c in 0..<count { target[pixel * y.stride + c] = source[pixel * strideX + c] }
                }
            } else {
                for pixel in 0..<pixels { (target + pixel * y.stride).update(from: source + pixel * strideX, count: count) }
            }
        } else {
            for pixel in 0..<pixels {
                for c in 0..<count { target[pixel * y.stride + c] = source[pixel * strideX + c * strideC] }
            }
        }
    }
}
