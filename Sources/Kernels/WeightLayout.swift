/// Packing of weights into the layouts of CKernels.h. Everything is in elements of the weight type unless a name says
/// otherwise. Source order is OHWI: output channel, kernel row, kernel column, input channel.

/// The shape of a convolution's weights and how its window is read.
public struct ConvolutionLayout: Sendable, Equatable {
    public var outputChannels: Int, kernelHeight: Int, kernelWidth: Int, inputChannels: Int
    /// A run is one kernel row (needs dilationX 1 and an input without gaps between pixels), else one tap.
    public var runPerRow: Bool

    public init(outputChannels: Int, kernelHeight: Int, kernelWidth: Int, inputChannels: Int, runPerRow: Bool) {
        self.outputChannels = outputChannels
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.inputChannels = inputChannels
        self.runPerRow = runPerRow
    }

    /// Runs in a window, before any repetition.
    public var runCount: Int { runPerRow ? kernelHeight : kernelHeight * kernelWidth }
    /// Elements in a run.
    public var runLength: Int { runPerRow ? kernelWidth * inputChannels : inputChannels }
    /// Elements of one output channel in OHWI order.
    public var window: Int { kernelHeight * kernelWidth * inputChannels }

    /// Whether rows make the better runs: fewer of them, where taps would waste most of each group of four.
    public static func prefersRows(inputChannels: Int, kernelWidth: Int, dilationX: Int, pixelStride: Int) -> Bool {
        kernelWidth > 1 && dilationX == 1 && pixelStride == inputChannels
    }

    /// Bytes of the packed int8 weights, `terms` being runRepeat.
    public func packedBytes(terms: Int = 1) -> Int {
        (outputChannels + 3) / 4 * 4 * runCount * terms * ((runLength + 3) / 4 * 4)
    }

    /// Elements of the packed float weights.
    public var packedFloats: Int { (outputChannels + 15) / 16 * 16 * runCount * runLength }

    /// Packs int8 weights. `terms` holds one OHWI array, or two for weights split into a sum (runRepeat 2); each has
    /// outputChannels * window values in [-127, 127].
    public func pack(terms: [[Int8]]) -> [Int8] {
        let quads = (runLength + 3) / 4
        let allRuns = runCount * terms.count
        var packed = [Int8](repeating: 0, count: packedBytes(terms: terms.count))
        for channel in 0..<outputChannels {
            let width = convolutionBlockWidth(channel / 16, outputChannels: outputChannels)
            let start = channel / 16 * 16 * allRuns * quads * 4
            for run in 0..<allRuns {
                let source = channel * window + run % runCount * runLength
                for i in 0..<runLength {
                    packed[start + ((run * quads + i / 4) * width + channel % 16) * 4 + i % 4] = terms[run / runCount][source + i]
                }
            }
        }
        return packed
    }

    /// Packs int8 weights without a split.
    public func pack(_ weights: [Int8]) -> [Int8] { pack(terms: [weights]) }

    /// Packs float weights.
    public func pack(_ weights: [Float]) -> [Float] {
        var packed = [Float](repeating: 0, count: packedFloats)
        for channel in 0..<outputChannels {
            let start = channel / 16 * 16 * runCount * runLength
            for i in 0..<runCount * runLength {
                packed[start + i * 16 + channel % 16] = weights[channel * window + i]
            }
        }
        return packed
    }
}

/// The shape of a depthwise convolution's weights. Source order is HWC: kernel row, kernel column, channel.
public struct DepthwiseLayout: Sendable, Equatable {
    public var channels: Int, kernelHeight: Int, kernelWidth: Int

    public init(channels: Int, kernelHeight: Int, kernelWidth: Int) {
        self.channels = channels
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
    }

    /// Places of the kernel: weights of one channel.
    public var taps: Int { kernelHeight * kernelWidth }

    /// Elements of the packed weights, `terms` being tapRepeat.
    public func packedElements(terms: Int = 1) -> Int { paddedChannels(channels) * taps * terms }

    /// Packs int8 weights into [tap][padded channel]. `terms` holds one HWC array, or two for weights split into a sum (tapRepeat 2).
    public func pack(terms: [[Int8]]) -> [Int8] { packTaps(terms, zero: 0) }
    /// Packs int8 weights without a split.
    public func pack(_ weights: [Int8]) -> [Int8] { packTaps([weights], zero: 0) }
    /// Packs float weights: taps * channels of them, in HWC order.
    public func pack(_ weights: [Float]) -> [Float] { packTaps([weights], zero: 0) }

    private func packTaps<Element>(_ terms: [[Element]], zero: Element) -> [Element] {
        let stride = paddedChannels(channels)
        var packed = [Element](repeating: zero, count: packedElements(terms: terms.count))
        for (term, weights) in terms.enumerated() {
            for tap in 0..<taps {
                for channel in 0..<channels { packed[(term * taps + tap) * stride + channel] = weights[tap * channels + channel] }
            }
        }
        return packed
    }
}

/// Channels rounded up to 16: the length of bias and scales, and of a tap of depthwise weights.
public func paddedChannels(_ channels: Int) -> Int { (channels + 15) / 16 * 16 }

/// Bias with the input's zero point folded in, as the kernels want it: bias[c] - zeroPoint * sum(weights of c), padded
/// to a multiple of 16. `weightSums` are the sums over all terms.
public func foldedBias(_ bias: [Int32], weightSums: [Int32], inputZeroPoint: Int32) -> [Int32] {
    var folded = [Int32](repeating: 0, count: paddedChannels(bias.count))
    for channel in 0..<bias.count { folded[channel] = bias[channel] &- inputZeroPoint &* weightSums[channel] }
    return folded
}
