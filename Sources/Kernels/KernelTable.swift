import CKernels

/// The kernel functions chosen for this processor. One value, made at start and passed down; never changed after.
public struct KernelTable {
    /// A kernel that executes part of a task: the slice names the pixels, the output channels and the thread's scratch.
    public typealias Slice<Task> = (UnsafePointer<Task>, UnsafePointer<KernelSlice>) -> Void

    /// Names for people, best first: "dotprod+neon", "vnni+avx2", "reference".
    public var name: String
    public var convolution: Slice<ConvolutionTask>
    public var depthwise: Slice<DepthwiseTask>
    public var floatConvolution: Slice<FloatConvolutionTask>
    public var floatDepthwise: Slice<FloatDepthwiseTask>
    public var add: (UnsafePointer<AddTask>, Int32, Int32) -> Void
    public var lookup: (UnsafePointer<Int8>, UnsafeMutablePointer<Int8>, UnsafePointer<Int8>, Int32) -> Void
    /// input, output, inverse scale, zero point, count
    public var quantize: (UnsafePointer<Float>, UnsafeMutablePointer<Int8>, Float, Int32, Int32) -> Void
    /// input, output, scale, zero point, count
    public var dequantize: (UnsafePointer<Int8>, UnsafeMutablePointer<Float>, Float, Int32, Int32) -> Void
    /// input, sums, pixels, channels, pixel stride
    public var channelSums: (UnsafePointer<Int8>, UnsafeMutablePointer<Int32>, Int32, Int32, Int32) -> Void

    // Language models: LanguageKernels.h.

    /// task, first output, end output
    public var matrix: (UnsafePointer<MatrixTask>, Int32, Int32) -> Void = referenceMatrix
    /// input, values, scales, sums, count, values to where the rest goes
    public var quantizeGroups: (UnsafePointer<Float>, UnsafeMutablePointer<Int8>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>,
                                Int32, Int32) -> Void
        = referenceQuantizeGroups
    /// input, weight, epsilon, normalised floats or nil, values, scales and sums or nil, count, values to where the rest goes
    public var normalize: (
        UnsafePointer<Float>, UnsafePointer<Float>, Float, UnsafeMutablePointer<Float>?,
        UnsafeMutablePointer<Int8>?, UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?, Int32, Int32
    ) -> Void = referenceNormalize
    /// input, weight, bias, epsilon, output, count
    public var layerNormalize: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, Float, UnsafeMutablePointer<Float>,
                                Int32) -> Void = referenceLayerNormalize
    /// gate, up, values, scales, sums, function, count, values to where the rest goes
    public var gated: (
        UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Int8>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>,
            Int32, Int32, Int32
    ) -> Void = referenceGated
    /// task, row, first head, end head, scratch
    public var attention: (UnsafePointer<AttentionTask>, Int32, Int32, Int32, UnsafeMutablePointer<Float>) -> Void = referenceAttention
    /// floats, half floats, count
    public var toHalves: (UnsafePointer<Float>, UnsafeMutablePointer<UInt16>, Int32) -> Void = referenceToHalves
    /// input, output, function, count
    public var function: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int32, Int32) -> Void = referenceFunction
}
