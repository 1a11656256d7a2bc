#if arch(arm64)
import CKernels

/// int8 depthwise convolution.
@_cdecl("dotprod_depthwise")
public func dotprodDepthwise(_ task: UnsafePointer<DepthwiseTask>, _ slice: UnsafePointer<KernelSlice>) {
    neon_depthwise(task, slice)
}
#endif
