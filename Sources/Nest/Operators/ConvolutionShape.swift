/// Sizes that follow from a convolution's attributes and channel counts (layouts in CKernels.h).
public struct ConvolutionShape: Sendable {
    public var runCount: Int
    /// Elements of a run.
    public var runLength: Int
    /// Bytes of packed weights, runRepeat included; the largest Int where they are more, which no file has.
    public var weightBytes: Int
    /// Bytes that bias, and for int8 scales, must have.
    public var channelBytes: Int

    /// Of a convolution over all channels: runs are kernel rows or single taps, as `runPerRow` says.
    public init(convolution a: ConvolutionAttributes, inputChannels: Int, outputChannels: Int, type: ElementType) {
        let perRow = a.runPerRow != 0
        runCount = Int(a.kernelHeight) * (perRow ? 1 : Int(a.kernelWidth))
        runLength = inputChannels * (perRow ? Int(a.kernelWidth) : 1)
        channelBytes = roundUp(outputChannels, to: 16) * 4
        let bytes = type == .int8
            ? Int64(runCount) * Int64(a.runRepeat) * Int64(roundUp(runLength, to: 4)) * Int64(roundUp(outputChannels, to: 4))
            : Int64(runCount) * Int64(runLength) * Int64(roundUp(outputChannels, to: 16)) * 4
        weightBytes = Int(clamping: bytes)
    }

    /// Of a depthwise convolution: each tap is a run, one weight a channel.
    public init(depthwise a: ConvolutionAttributes, channels: Int, type: ElementType) {
        runCount = Int(a.kernelHeight) * Int(a.kernelWidth)
        runLength = 1
        channelBytes = roundUp(channels, to: 16) * 4
        weightBytes = Int(clamping: Int64(runCount) * Int64(roundUp(channels, to: 16)) * (type == .int8 ? Int64(a.runRepeat) : 4))
    }
}
