import CKernels

/// How a step's output is cut into slices: ranges of pixels times ranges of channels.
struct Partition {
    let pixels: Int, channels: Int
    let pixelsPerSlice: Int, channelsPerSlice: Int
    let pixelSlices: Int, channelSlices: Int

    var count: Int { pixelSlices * channelSlices }

    /// - operations: multiply-accumulates of one output element.
    /// - most: pixels a slice may have at most (results that wait in scratch), 0: any number.
    /// - row: pixels that are cheaper together, a row of a depthwise convolution say.
    init(pixels: Int, channels: Int, operations: Int, threads: Int, most: Int = 0, row: Int = 16, splitChannels: Bool = true) {
        self.pixels = pixels
        self.channels = channels
        // Below this a slice costs more to hand over than to execute.
        let smallest = 100_000
        let work = pixels * channels * max(operations, 1)
        let wanted = threads == 1 ? 1 : max(1, min(threads * 4, work / smallest))
        var share = (pixels + wanted - 1) / wanted
        var channelShare = channels
        if splitChannels, wanted > 1, most == 0, pixels < wanted * 16 {
            // Few pixels, many channels: every slice of pixels would read all weights again.
            let blocks = (channels + 15) / 16
            if blocks >= wanted || blocks * 16 >= pixels {
                share = pixels
                channelShare = (blocks + wanted - 1) / wanted * 16
            }
        }
        if share < pixels { share = (share + row - 1) / row * row }
        if most > 0 { share = min(share, most) }
        pixelsPerSlice = max(1, min(share, pixels))
        channelsPerSlice = min(channelShare, channels)
        pixelSlices = (pixels + pixelsPerSlice - 1) / pixelsPerSlice
        channelSlices = (channels + channelsPerSlice - 1) / channelsPerSlice
    }

    @inline(__always)
    func slice(_ index: Int, scratch: UnsafeMutableRawPointer?) -> KernelSlice {
        invariant(index >= 0 && index < count, "a slice outside its partition")
        let pixel = index % pixelSlices * pixelsPerSlice, channel = index / pixelSlices * channelsPerSlice
        return KernelSlice(firstPixel: Int32(pixel), endPixel: Int32(min(pixel + pixelsPerSlice, pixels)),
                           firstChannel: Int32(channel), endChannel: Int32(min(channel + channelsPerSlice, channels)), scratch: scratch)
    }
}
