import Platform

/// Turns a picture or a camera frame into a network's input in one go: crop, antialiased scaling, colour conversion,
/// normalisation and quantisation. YUV frames are scaled as they are and converted at the network's size (both are
/// linear, so the order does not matter), so no full-size RGB picture exists.
///
/// Chroma is taken as centred between its luma samples. After the first frame of a geometry nothing is allocated.
/// One thread at a time.
public final class ImagePreprocessor {
    public let input: NetworkInput
    private let resampler = Resampler()
    private var planned: FrameFormat?
    private var plannedRegion: Rectangle?
    private var placement: Placement
    private let int8Tables: [Int8]
    private let floatTables: [Float]
    private let rgb: UnsafeMutablePointer<UInt8>

    /// - Throws: `.unsupported` or `.badFormat` where `input` isn't a picture's.
    public init(_ input: NetworkInput) throws(Failure) {
        try input.check()
        self.input = input
        var bytes: [Int8] = []
        var floats: [Float] = []
        for channel in 0..<input.channels {
            switch input.element {
            case .int8(let scale, let zeroPoint): bytes += input.int8Table(channel: channel, scale: scale, zeroPoint: zeroPoint)
            case .float32: floats += input.floatTable(channel: channel)
            }
        }
        int8Tables = bytes
        floatTables = floats
        placement = Placement(fit: .stretch, region: Rectangle(left: 0, top: 0, right: 1, bottom: 1), width: input.width,
                              height: input.height)
        rgb = .allocate(capacity: input.width * 3)
    }

    deinit { rgb.deallocate() }

    /// Fits an RGB picture, or `region` of it, and writes the input: `input.byteCount` bytes at `output`.
    /// - Returns: where the picture went, to map boxes back.
    @discardableResult
    public func run(_ image: Image, region: Rectangle? = nil, into output: UnsafeMutableRawPointer) -> Placement {
        run(frame: image.pixels, format: FrameFormat(width: image.width, height: image.height, format: .rgb24), region: region,
            into: output)
    }

    /// The same for a frame of `format.frameBytes` bytes. `format` must have passed `check()`.
    @discardableResult
    public func run(frame: UnsafePointer<UInt8>, format: FrameFormat, region: Rectangle? = nil, into output: UnsafeMutableRawPointer)
        -> Placement {
        if planned != format || plannedRegion != region { plan(format, region: region) }
        let isYUV = format.format != .rgb24 && format.format != .mjpeg && format.format != .grey
        let conversion = ColourConversion(format.matrix)
        for row in 0..<placement.rows {
            resampler.run(frame: frame, outputRow: row)
            if isYUV {
                convertYUV(conversion)
            } else {
                convertRGB(grey: format.format == .grey)
            }
            writeRow(row, into: output, pixels: placement.columns)
        }
        if placement.rows < input.height {
            for index in 0..<input.width * 3 { rgb[index] = letterboxValue }
            for row in placement.rows..<input.height { writeRow(row, into: output, pixels: 0) }
        }
        return placement
    }

    private let letterboxValue: UInt8 = 114

    private func plan(_ format: FrameFormat, region: Rectangle?) {
        var whole = Rectangle(left: 0, top: 0, right: Float(format.width), bottom: Float(format.height))
        if let region {
            // At least a pixel, inside the picture.
            whole.left = max(0, min(whole.right - 1, region.left))
            whole.top = max(0, min(whole.bottom - 1, region.top))
            whole.right = max(whole.left + 1, min(whole.right, region.right))
            whole.bottom = max(whole.top + 1, min(whole.bottom, region.bottom))
        }
        placement = Placement(fit: input.fit, region: whole, width: input.width, height: input.height)
        resampler.plan(format, placement: placement, filter: input.filter)
        planned = format
        plannedRegion = region
    }

    // Resampled components carry 6 bits of fraction.
    private func convertYUV(_ conversion: ColourConversion) {
        let shift = Int32(ColourConversion.bits + Resampler.fractionBits)
        let half: Int32 = 1 << (shift - 1)
        let y = resampler.line(0), u = resampler.line(1), v = resampler.line(2)
        let offset = conversion.offset << Int32(Resampler.fractionBits), center: Int32 = 128 << Int32(Resampler.fractionBits)
        for x in 0..<placement.columns {
            let luma = (y[x] &- offset) &* conversion.luma &+ half
            let blueness = u[x] &- center, redness = v[x] &- center
            let red = (luma &+ redness &* conversion.redV) >> shift
            let green = (luma &- blueness &* conversion.greenU &- redness &* conversion.greenV) >> shift
            let blue = (luma &+ blueness &* conversion.blueU) >> shift
            rgb[x &* 3] = UInt8(truncatingIfNeeded: max(0, min(255, red)))
            rgb[x &* 3 &+ 1] = UInt8(truncatingIfNeeded: max(0, min(255, green)))
            rgb[x &* 3 &+ 2] = UInt8(truncatingIfNeeded: max(0, min(255, blue)))
        }
    }

    private func convertRGB(grey: Bool) {
        let half: Int32 = 1 << (Int32(Resampler.fractionBits) - 1)
        for channel in 0..<3 {
            let line = resampler.line(grey ? 0 : channel)
            for x in 0..<placement.columns {
                let value = (line[x] &+ half) >> Int32(Resampler.fractionBits)
                rgb[x &* 3 &+ channel] = UInt8(truncatingIfNeeded: max(0, min(255, value)))
            }
        }
    }

    /// Writes one row of the input from `rgb`; from `pixels` on it is filled with the letterbox's grey.
    private func writeRow(_ row: Int, into output: UnsafeMutableRawPointer, pixels: Int) {
        for index in pixels * 3..<input.width * 3 { rgb[index] = letterboxValue }
        let start = row * input.width * input.pixelStride
        switch input.element {
        case .int8:
            let target = output.assumingMemoryBound(to: Int8.self) + start
            int8Tables.withUnsafeBufferPointer { write(target, $0.baseAddress!) }
        case .float32:
            let target = output.assumingMemoryBound(to: Float.self) + start
            floatTables.withUnsafeBufferPointer { write(target, $0.baseAddress!) }
        }
    }

    @inline(__always)
    private func write<Element>(_ target: UnsafeMutablePointer<Element>, _ tables: UnsafePointer<Element>) {
        let stride = input.pixelStride
        if input.channels == 1 {
            for x in 0..<input.width {
                // Luma of BT.601 in 1/256.
                let luma = (Int(rgb[x &* 3]) &* 77 &+ Int(rgb[x &* 3 &+ 1]) &* 150 &+ Int(rgb[x &* 3 &+ 2]) &* 29 &+ 128) >> 8
                target[x &* stride] = tables[luma]
            }
            return
        }
        let first = input.isBGR ? 2 : 0, last = 2 - first
        for x in 0..<input.width {
            target[x &* stride] = tables[Int(rgb[x &* 3 &+ first])]
            target[x &* stride &+ 1] = tables[256 &+ Int(rgb[x &* 3 &+ 1])]
            target[x &* stride &+ 2] = tables[512 &+ Int(rgb[x &* 3 &+ last])]
        }
    }
}
