#if arch(arm64)
import CIntrinsics
import CKernels

/// Rows of the output, or a part of one.
public struct DepthwiseBand {
    /// The image that is read, and the first row that is written.
    public let image: UnsafePointer<Int8>
    public let output: UnsafeMutablePointer<Int8>
    public let firstY, rows: Int
    public let firstX, endX: Int

    @inlinable @inline(__always)
    init(image: UnsafePointer<Int8>, output: UnsafeMutablePointer<Int8>, firstY: Int, rows: Int, firstX: Int, endX: Int) {
        self.image = image
        self.output = output
        self.firstY = firstY
        self.rows = rows
        self.firstX = firstX
        self.endX = endX
    }
}

/// Cuts a slice of a depthwise convolution into bands: whole rows as far as they go, few enough that a block of
/// channels after the other finds them in the first-level cache.
public struct DepthwiseGeometry {
    public let task: UnsafePointer<DepthwiseTask>
    public let channelsRounded: Int
    public let pixelStride, rowStride, outputStride, outputRowStride: Int
    public let requantizer: Requantizer
    /// Sixteen bytes of the input's zero point: what a row outside the image holds.
    public let padding: UnsafePointer<Int8>
    @usableFromInline let bandRows: Int

    /// Takes strides from the task, and the most rows of a band (2 to 16) such that its input stays within 32 KiB if it can.
    @inlinable @inline(__always)
    public init(_ task: UnsafePointer<DepthwiseTask>, padding: UnsafePointer<Int8>) {
        self.task = task
        self.padding = padding
        channelsRounded = (Int(task.pointee.channels) &+ 15) & ~15
        pixelStride = Int(task.pointee.inputPixelStride)
        rowStride = pixelStride &* Int(task.pointee.inputWidth)
        outputStride = Int(task.pointee.outputPixelStride)
        outputRowStride = outputStride &* Int(task.pointee.outputWidth)
        requantizer = Requantizer(
            zeroPoint: task.pointee.outputZeroPoint, minimum: task.pointee.outputMinimum, maximum: task.pointee.outputMaximum)
        let step = Int(task.pointee.strideY)
        var rows = 2
        while rows < 16 && (rows &+ 2) &* step &* rowStride <= 32768 { rows &+= 2 }
        bandRows = rows
    }

    /// The band that starts at `pixel`.
    @inlinable @inline(__always)
    public func band(at pixel: Int, end: Int) -> DepthwiseBand {
        let width = Int(task.pointee.outputWidth), height = Int(task.pointee.outputHeight)
        let row = pixel / width
        let x = pixel &- row &* width, batch = row / height
        let y = row &- batch &* height
        var rows = 1
        var endX = width
        if x != 0 || end &- pixel < width {
            if end &- pixel < width &- x { endX = x &+ end &- pixel }
        } else {
            rows = (end &- pixel) / width
            if rows > height &- y { rows = height &- y }
            if rows > bandRows { rows = bandRows }
        }
        return DepthwiseBand(
            image: task.pointee.input + batch &* Int(task.pointee.inputRingRows) &* rowStride,
            output: task.pointee.output + row &* outputRowStride, firstY: y, rows: rows, firstX: x, endX: endX)
    }

    /// Where row `y` of an image is, taking the ring into account.
    @inlinable @inline(__always)
    public func line(_ image: UnsafePointer<Int8>, _ y: Int) -> UnsafePointer<Int8> {
        let ring = Int(task.pointee.inputRingRows)
        return image + (ring == Int(task.pointee.inputHeight) ? y : y % ring) &* rowStride
    }
}

/// One input row that a window slides along: outside the image it stands still at the padding.
public struct SlidingRow {
    public var pointer: UnsafePointer<Int8>
    public let step: Int

    /// At column `x` of row `y`.
    @inlinable @inline(__always)
    public init(_ geometry: DepthwiseGeometry, _ image: UnsafePointer<Int8>, y: Int, x: Int, channel: Int) {
        if y >= 0 && y < Int(geometry.task.pointee.inputHeight) {
            step = geometry.pixelStride
            pointer = geometry.line(image, y) + (x &* step &+ channel)
        } else {
            step = 0
            pointer = geometry.padding
        }
    }

    /// Sixteen channels of this column; moves on to the next one.
    @inlinable @inline(__always)
    public mutating func next() -> int8x16_t {
        let v = load_i8x16(pointer)
        pointer += step
        return v
    }

    /// Eight channels, in the low half.
    @inlinable @inline(__always)
    public mutating func nextHalf() -> int8x16_t {
        let v = load_low_i8x16(pointer)
        pointer += step
        return v
    }
}
#endif
