#if arch(arm64)
import CIntrinsics
import CKernels

public typealias WindowTable = UnsafeMutablePointer<UnsafePointer<Int8>>

/// Finds where the runs of a few output pixels' windows lie. A run inside the image is read in place; one that
/// crosses its border is gathered into scratch, one outside points at a shared run of the padding value.
///
/// The table holds, for each run, the pointers of `columns` pixels: at most 15, or 48 for pointwise convolutions, which
/// gather nothing; a multiple of the tile's rows. Scratch: the table, the shared run, then 15 windows of `slotBytes`
/// slots, each one run; what the last one spills over is not in use yet.
public struct ConvolutionWindows {
    /// 256 bytes of scratch that the windows leave.
    public let spare: UnsafeMutablePointer<Int32>

    public let table: WindowTable
    public let columns: Int
    /// Pixels a table takes.
    public let pixels: Int
    public let runCount: Int

    @usableFromInline let input: UnsafePointer<Int8>
    @usableFromInline let slots: UnsafeMutablePointer<Int8>
    @usableFromInline let shared: UnsafePointer<Int8>
    @usableFromInline let pixelBytes, rowBytes, runBytes, slotBytes: Int
    @usableFromInline let height, width, outputHeight, outputWidth: Int
    @usableFromInline let kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, padTop, padLeft: Int
    @usableFromInline let runPerRow: Bool
    @usableFromInline let pointwise: Bool
    @usableFromInline let padding: Int8

    @inlinable @inline(__always)
    public init(_ task: UnsafePointer<ConvolutionTask>, scratch: UnsafeMutableRawPointer, rows: Int) {
        self.init(
            rows: rows,
            input: task.pointee.input, elementBytes: 1, padding: Int8(truncatingIfNeeded: task.pointee.inputZeroPoint), scratch: scratch,
            pixelStride: task.pointee.inputPixelStride, height: task.pointee.inputHeight, width: task.pointee.inputWidth,
            outputHeight: task.pointee.outputHeight, outputWidth: task.pointee.outputWidth,
            kernelHeight: task.pointee.kernelHeight, kernelWidth: task.pointee.kernelWidth,
            strideY: task.pointee.strideY, strideX: task.pointee.strideX, dilationY: task.pointee.dilationY,
            dilationX: task.pointee.dilationX, padTop: task.pointee.padTop, padLeft: task.pointee.padLeft,
            runPerRow: task.pointee.runPerRow != 0, runCount: task.pointee.runCount, runLength: task.pointee.runLength)
    }

    @inlinable @inline(__always)
    public init(_ task: UnsafePointer<FloatConvolutionTask>, scratch: UnsafeMutableRawPointer, rows: Int) {
        self.init(
            rows: rows,
            input: UnsafeRawPointer(task.pointee.input).assumingMemoryBound(to: Int8.self), elementBytes: 4, padding: 0, scratch: scratch,
            pixelStride: task.pointee.inputPixelStride, height: task.pointee.inputHeight, width: task.pointee.inputWidth,
            outputHeight: task.pointee.outputHeight, outputWidth: task.pointee.outputWidth,
            kernelHeight: task.pointee.kernelHeight, kernelWidth: task.pointee.kernelWidth,
            strideY: task.pointee.strideY, strideX: task.pointee.strideX, dilationY: task.pointee.dilationY,
            dilationX: task.pointee.dilationX, padTop: task.pointee.padTop, padLeft: task.pointee.padLeft,
            runPerRow: task.pointee.runPerRow != 0, runCount: task.pointee.runCount, runLength: task.pointee.runLength)
    }

    @inlinable @inline(__always)
    init(rows: Int, input: UnsafePointer<Int8>, elementBytes: Int, padding: Int8, scratch: UnsafeMutableRawPointer, pixelStride: Int32,
         height: Int32, width: Int32, outputHeight: Int32, outputWidth: Int32, kernelHeight: Int32, kernelWidth: Int32,
         strideY: Int32, strideX: Int32, dilationY: Int32, dilationX: Int32, padTop: Int32, padLeft: Int32,
         runPerRow: Bool, runCount: Int32, runLength: Int32) {
        self.input = input
        self.padding = padding
        pixelBytes = Int(pixelStride) &* elementBytes
        rowBytes = Int(pixelStride) &* Int(width) &* elementBytes
        runBytes = Int(runLength) &* elementBytes
        slotBytes = (runBytes &+ 15) & ~15
        self.height = Int(height)
        self.width = Int(width)
        self.outputHeight = Int(outputHeight)
        self.outputWidth = Int(outputWidth)
        self.kernelHeight = Int(kernelHeight)
        self.kernelWidth = Int(kernelWidth)
        self.strideY = Int(strideY)
        self.strideX = Int(strideX)
        self.dilationY = Int(dilationY)
        self.dilationX = Int(dilationX)
        self.padTop = Int(padTop)
        self.padLeft = Int(padLeft)
        self.runPerRow = runPerRow
        self.runCount = Int(runCount)
        pointwise = kernelHeight == 1 && kernelWidth == 1 && strideY == 1 && strideX == 1 && padTop == 0 && padLeft == 0
            && outputHeight == height && outputWidth == width
        // A table's pixels should stay in the first-level cache while all channels are computed from them.
        let general = 15 / rows &* rows
        var pixels = 48 / rows &* rows
        while pixels > general && pixels &* runBytes > 16384 { pixels &-= rows }
        self.pixels = pointwise ? pixels : general
        columns = pointwise ? 48 : 16
        table = scratch.assumingMemoryBound(to: UnsafePointer<Int8>.self)
        let first = scratch.assumingMemoryBound(to: Int8.self) + 16 &* self.runCount &* 8
        shared = UnsafePointer(first)
        slots = first + slotBytes
        spare = (scratch + 16 &* self.runCount &* (8 &+ slotBytes)).assumingMemoryBound(to: Int32.self)
        if !pointwise {
            var i = 0
            while i < slotBytes {
                store_i8x16(first + i, repeat_i8x16(padding))
                i &+= 16
            }
        }
    }

    /// Fills the table with the windows of `count` pixels from `first` of the flattened output.
    @inlinable @inline(__always)
    public func fill(first: Int, count: Int) {
        if pointwise {
            var pointer = input + first &* pixelBytes
            var i = 0
            while i < count {
                table[i] = pointer
                pointer += pixelBytes
                i &+= 1
            }
            return
        }
        var x = first % outputWidth
        let row = first / outputWidth
        var y = row % outputHeight
        var image = input + (row / outputHeight) &* height &* rowBytes
        var i = 0
        while i < count {
            fillWindow(i, image: image, top: y &* strideY &- padTop, left: x &* strideX &- padLeft)
            i &+= 1
            x &+= 1
            if x == outputWidth {
                x = 0
                y &+= 1
                if y == outputHeight {
                    y = 0
                    image += height &* rowBytes
                }
            }
        }
    }

    @inlinable @inline(__always)
    func fillWindow(_ i: Int, image: UnsafePointer<Int8>, top: Int, left: Int) {
        let insideX = left >= 0 && left &+ (kernelWidth &- 1) &* dilationX < width
        var entry = table + i
        var slot = slots + i &* runCount &* slotBytes
        var ky = 0
        var y = top
        while ky < kernelHeight {
            let insideY = y >= 0 && y < height
            let line = image + (y &* rowBytes &+ left &* pixelBytes)
            if runPerRow {
                if !insideY {
                    entry.pointee = shared
                } else if insideX {
                    entry.pointee = line
                } else {
                    entry.pointee = gather(line, left: left, slot)
                }
                entry += columns
                slot += slotBytes
            } else {
                var kx = 0
                var x = left
                var tap = line
                while kx < kernelWidth {
                    entry.pointee = insideY && (insideX || (x >= 0 && x < width)) ? tap : shared
                    entry += columns
                    tap += dilationX &* pixelBytes
                    x &+= dilationX
                    kx &+= 1
                }
            }
            ky &+= 1
            y &+= dilationY
        }
    }

    /// One kernel row that begins `left` pixels from the image's edge and crosses it. Writes whole vectors: what it
    /// spills over is either overwritten right after or lies in a slot not yet filled.
    @inlinable @inline(__always)
    func gather(_ line: UnsafePointer<Int8>, left: Int, _ slot: UnsafeMutablePointer<Int8>) -> UnsafePointer<Int8> {
        let before = left < 0 ? (0 &- left < kernelWidth ? 0 &- left : kernelWidth) : 0
        let inside = width &- left < kernelWidth ? width &- left : kernelWidth
        if inside <= before { return shared }
        let fill = repeat_i8x16(padding)
        var at = 0
        let copyStart = before &* pixelBytes, copyEnd = inside &* pixelBytes
        while at < copyStart {
            store_i8x16(slot + at, fill)
            at &+= 16
        }
        at = copyStart
        while at < copyEnd {
            store_i8x16(slot + at, load_i8x16(line + at))
            at &+= 16
        }
        at = copyEnd
        while at < runBytes {
            store_i8x16(slot + at, fill)
            at &+= 16
        }
        return UnsafePointer(slot)
    }
}
#endif
