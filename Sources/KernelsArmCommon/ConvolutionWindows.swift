#if arch(arm64)
import CIntrinsics
import CKernels

/// Pointers to the runs of windows: for each run, one for each of `columns` pixels.
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
    /// Runs of the table: one where windows are packed.
    public let runCount: Int
    /// Groups of four bytes in each.
    public let quadCount: Int

    @usableFromInline let input: UnsafePointer<Int8>
    @usableFromInline let slots: UnsafeMutablePointer<Int8>
    @usableFromInline let shared: UnsafePointer<Int8>
    @usableFromInline let pixelBytes, rowBytes, runBytes, slotBytes: Int
    @usableFromInline let height, width, outputHeight, outputWidth: Int
    @usableFromInline let kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, padTop, padLeft: Int
    /// Output columns whose windows cross neither the left nor the right border.
    @usableFromInline let insideFirst, insideEnd: Int
    @usableFromInline let runPerRow: Bool
    @usableFromInline let pointwise: Bool
    /// Short runs are copied together, each rounded up to four bytes: one run then stands for the window.
    @usableFromInline let packed: Bool
    @usableFromInline let padding: Int8

    /// Windows of int8 input, padded with its zero point. `scratch` has `kernelScratchBytes`; `rows` is how many pixels a tile has.
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

    /// Windows of float input, read as bytes and padded with zeros. `scratch` and `rows` as above; nothing is packed.
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
        packed = runPerRow && elementBytes == 1 && runCount > 1 && runLength <= 16
        slotBytes = packed ? (runBytes &+ 3) & ~3 : (runBytes &+ 15) & ~15
        self.runCount = packed ? 1 : Int(runCount)
        quadCount = packed ? slotBytes >> 2 &* Int(runCount) : (Int(runLength) &+ 3) >> 2
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
        pointwise = kernelHeight == 1 && kernelWidth == 1 && strideY == 1 && strideX == 1 && padTop == 0 && padLeft == 0
            && outputHeight == height && outputWidth == width
        insideFirst = (self.padLeft &+ self.strideX &- 1) / self.strideX
        let room = self.width &- 1 &- (self.kernelWidth &- 1) &* self.dilationX &+ self.padLeft
        let end = room < 0 ? 0 : room / self.strideX &+ 1
        insideEnd = end < self.outputWidth ? end : self.outputWidth
        // A table's pixels should stay in the first-level cache while all channels are computed from them.
        let general = 15 / rows &* rows
        var pixels = 48 / rows &* rows
        while pixels > general && pixels &* runBytes > 16384 { pixels &-= rows }
        self.pixels = pointwise ? pixels : general
        columns = pointwise ? 48 : 16
        table = scratch.assumingMemoryBound(to: UnsafePointer<Int8>.self)
        let first = scratch.assumingMemoryBound(to: Int8.self) + 16 &* Int(runCount) &* 8
        shared = UnsafePointer(first)
        slots = first + ((runBytes &+ 15) & ~15)
        spare = (scratch + 16 &* Int(runCount) &* (8 &+ ((runBytes &+ 15) & ~15))).assumingMemoryBound(to: Int32.self)
        if !pointwise {
            var i = 0
            while i < runBytes {
                store_i8x16(first + i, repeat_i8x16(padding))
                i &+= 16
            }
        }
    }

    /// Fills the table with the windows of `count` pixels from `first` of the flattened output.
    @inlinable @_transparent
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
            let top = y &* strideY &- padTop, left = x &* strideX &- padLeft
            var n = 1
            if x >= insideFirst && x < insideEnd {
                n = insideEnd &- x < count &- i ? insideEnd &- x : count &- i
                if packed {
                    packInside(i, n, image: image, top: top, left: left)
                } else {
                    fillInside(i, n, image: image, top: top, left: left)
                }
            } else {
                fillWindow(i, image: image, top: top, left: left)
            }
            i &+= n
            x &+= n
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

    /// `n` windows of one row of the output, none of which crosses the left or the right border.
    @_transparent @inlinable
    func fillInside(_ i: Int, _ n: Int, image: UnsafePointer<Int8>, top: Int, left: Int) {
        let step = strideX &* pixelBytes
        let taps = runPerRow ? 1 : kernelWidth
        var entry = table + i
        var ky = 0
        var y = top
        while ky < kernelHeight {
            let insideY = y >= 0 && y < height
            let stepX = insideY ? step : 0
            var tap = image + (y &* rowBytes &+ left &* pixelBytes)
            var kx = 0
            while kx < taps {
                var p = insideY ? tap : shared
                var j = 0
                while j < n {
                    entry[j] = p
                    p += stepX
                    j &+= 1
                }
                entry += columns
                tap += dilationX &* pixelBytes
                kx &+= 1
            }
            y &+= dilationY
            ky &+= 1
        }
    }

    /// The same with the runs copied one after the other. Stores whole vectors: what is too much is overwritten by the
    /// next run or lies between two windows.
    @_transparent @inlinable
    func packInside(_ i: Int, _ n: Int, image: UnsafePointer<Int8>, top: Int, left: Int) {
        let step = strideX &* pixelBytes
        let windowBytes = 16 &* kernelHeight
        var ky = 0
        var y = top
        while ky < kernelHeight {
            let insideY = y >= 0 && y < height
            let stepX = insideY ? step : 0
            var p = insideY ? image + (y &* rowBytes &+ left &* pixelBytes) : shared
            var to = slots + (i &* windowBytes &+ ky &* slotBytes)
            var j = n
            repeat {
                store_i8x16(to, load_i8x16(p))
                p += stepX
                to += windowBytes
                j &-= 1
            } while j > 0
            y &+= dilationY
            ky &+= 1
        }
        var j = i
        var window = slots + i &* windowBytes
        while j < i &+ n {
            table[j] = UnsafePointer(window)
            window += windowBytes
            j &+= 1
        }
    }

    /// A window that crosses the left or the right border.
    @_transparent @inlinable
    func fillWindow(_ i: Int, image: UnsafePointer<Int8>, top: Int, left: Int) {
        var entry = table + i
        var slot = slots + i &* (packed ? kernelHeight &* 16 : runCount &* slotBytes)
        if packed { entry.pointee = UnsafePointer(slot) }
        var ky = 0
        var y = top
        while ky < kernelHeight {
            let insideY = y >= 0 && y < height
            let line = image + (y &* rowBytes &+ left &* pixelBytes)
            if packed {
                if !(insideY && gather(line, left: left, slot) != shared) { store_i8x16(slot, repeat_i8x16(padding)) }
                slot += slotBytes
            } else if runPerRow {
                entry.pointee = insideY ? gather(line, left: left, slot) : shared
                entry += columns
                slot += slotBytes
            } else {
                var kx = 0
                var x = left
                var tap = line
                while kx < kernelWidth {
                    entry.pointee = insideY && x >= 0 && x < width ? tap : shared
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
    @_transparent @inlinable
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
