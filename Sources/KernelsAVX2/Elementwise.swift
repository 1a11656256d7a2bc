#if arch(x86_64)
import CIntrinsics
import CKernels

/// Stores the first `count` (at most 16) of 16 bytes.
@inline(__always)
func storeBytes(_ output: UnsafeMutablePointer<Int8>, _ bytes: __m128i, _ count: Int) {
    if count >= 16 {
        avx2_store_half(output, bytes)
        return
    }
    // In pieces: a loop over lanes would go through memory byte by byte.
    let to = UnsafeMutableRawPointer(output)
    let halves = unsafeBitCast(bytes, to: SIMD2<UInt64>.self)
    var rest = halves[0], at = 0
    if count & 8 != 0 {
        to.storeBytes(of: rest, as: UInt64.self)
        rest = halves[1]
        at = 8
    }
    if count & 4 != 0 {
        to.storeBytes(of: UInt32(truncatingIfNeeded: rest), toByteOffset: at, as: UInt32.self)
        rest >>= 32
        at += 4
    }
    if count & 2 != 0 {
        to.storeBytes(of: UInt16(truncatingIfNeeded: rest), toByteOffset: at, as: UInt16.self)
        rest >>= 16
        at += 2
    }
    if count & 1 != 0 { to.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: at, as: UInt8.self) }
}

@_cdecl("avx2_add")
public func avx2Add(_ task: UnsafePointer<AddTask>, _ firstPixel: Int32, _ endPixel: Int32) {
    let t = task.pointee
    let channels = Int(t.channels)
    let isDense = t.strideA == t.channels && t.strideB == t.channels && t.outputPixelStride == t.channels
    // Tensors without gaps are one long row.
    let rows = isDense ? 1 : Int(endPixel - firstPixel)
    let length = isDense ? Int(endPixel - firstPixel) * channels : channels
    let bias = avx2_fill32(t.bias), multiplierA = avx2_fill32(t.multiplierA), multiplierB = avx2_fill32(t.multiplierB)
    let zeroPoint = avx2_fill32(t.outputZeroPoint)
    for row in 0..<rows {
        let pixel = Int(firstPixel) + row
        let a = t.a + pixel * Int(t.strideA), b = t.b + pixel * Int(t.strideB), output = t.output + pixel * Int(t.outputPixelStride)
        var i = 0
        while i < length {
            var low = avx2_multiply_add32(bias, avx2_widen_to_32(a + i), multiplierA)
            var high = avx2_multiply_add32(bias, avx2_widen_to_32(a + i + 8), multiplierA)
            low = avx2_multiply_add32(low, avx2_widen_to_32(b + i), multiplierB)
            high = avx2_multiply_add32(high, avx2_widen_to_32(b + i + 8), multiplierB)
            low = avx2_add32(avx2_shift_right32(low, t.shift), zeroPoint)
            high = avx2_add32(avx2_shift_right32(high, t.shift), zeroPoint)
            storeBytes(output + i, avx2_to_bytes(low, high, 0, t.outputMinimum, t.outputMaximum), length - i)
            i += 16
        }
    }
}

@_cdecl("avx2_lookup")
public func avx2Lookup(_ input: UnsafePointer<Int8>, _ output: UnsafeMutablePointer<Int8>, _ table: UnsafePointer<Int8>, _ count: Int32) {
    let middle = table + 128
    for i in 0..<Int(count) { output[i] = middle[Int(input[i])] }
}

@_cdecl("avx2_quantize")
public func avx2Quantize(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Int8>, _ inverseScale: Float, _ zeroPoint: Int32,
                         _ count: Int32) {
    let scale = avx2_fill_floats(inverseScale), offset = avx2_fill32(zeroPoint)
    let low = avx2_fill_floats(Float(-128 - zeroPoint)), high = avx2_fill_floats(Float(127 - zeroPoint))
    var i = 0
    // The last 16 are stored in part; 64 bytes past the end may be read.
    while i < Int(count) {
        let a = avx2_add32(avx2_quantize_lanes(avx2_load_floats(input + i), scale, low, high), offset)
        let b = avx2_add32(avx2_quantize_lanes(avx2_load_floats(input + i + 8), scale, low, high), offset)
        storeBytes(output + i, avx2_to_bytes(a, b, 0, -128, 127), Int(count) - i)
        i += 16
    }
}

@_cdecl("avx2_dequantize")
public func avx2Dequantize(_ input: UnsafePointer<Int8>, _ output: UnsafeMutablePointer<Float>, _ scale: Float, _ zeroPoint: Int32,
                           _ count: Int32) {
    let scales = avx2_fill_floats(scale), offset = avx2_fill32(zeroPoint)
    var i = 0
    while i + 8 <= Int(count) {
        avx2_store_floats(output + i, avx2_to_floats(avx2_subtract32(avx2_widen_to_32(input + i), offset), scales))
        i += 8
    }
    while i < Int(count) {
        output[i] = Float(Int32(input[i]) - zeroPoint) * scale
        i += 1
    }
}

@_cdecl("avx2_channel_sums")
public func avx2ChannelSums(_ input: UnsafePointer<Int8>, _ sums: UnsafeMutablePointer<Int32>, _ pixels: Int32, _ channels: Int32,
                            _ pixelStride: Int32) {
    var channel = 0
    while channel < Int(channels) {
        var even = __m256i(), odd = __m256i()
        var source = input + channel
        for _ in 0..<Int(pixels) / 2 {
            even = avx2_add32(even, avx2_widen_to_32(source))
            odd = avx2_add32(odd, avx2_widen_to_32(source + Int(pixelStride)))
            source += 2 * Int(pixelStride)
        }
        if pixels % 2 != 0 { even = avx2_add32(even, avx2_widen_to_32(source)) }
        let total = avx2_add32(even, odd)
        if channel + 8 <= Int(channels) {
            avx2_store(sums + channel, total)
        } else {
            let values = unsafeBitCast(total, to: SIMD8<Int32>.self)
            for i in 0..<Int(channels) - channel { sums[channel + i] = values[i] }
        }
        channel += 8
    }
}
#endif
