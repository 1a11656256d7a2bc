#if arch(arm64)
import CIntrinsics
import CKernels
import KernelsArmCommon

@_cdecl("neon_add")
public func neonAdd(_ task: UnsafePointer<AddTask>, _ firstPixel: Int32, _ endPixel: Int32) {
    let channels = Int(task.pointee.channels)
    let strideA = Int(task.pointee.strideA), strideB = Int(task.pointee.strideB), stride = Int(task.pointee.outputPixelStride)
    let first = Int(firstPixel), pixels = Int(endPixel) &- first
    if pixels <= 0 { return }
    let sum = ScaledSum(task)
    let a = task.pointee.a + first &* strideA, b = task.pointee.b + first &* strideB
    let output = task.pointee.output + first &* stride
    if strideA == channels && strideB == channels && stride == channels {
        sum.run(a, b, output, pixels &* channels)
        return
    }
    var pixel = 0
    while pixel < pixels {
        sum.run(a + pixel &* strideA, b + pixel &* strideB, output + pixel &* stride, channels)
        pixel &+= 1
    }
}

/// The constants of an addition.
struct ScaledSum {
    let multiplierA, multiplierB, bias, shift: int32x4_t
    let requantizer: Requantizer

    @inline(__always)
    init(_ task: UnsafePointer<AddTask>) {
        multiplierA = repeat_i32x4(task.pointee.multiplierA)
        multiplierB = repeat_i32x4(task.pointee.multiplierB)
        bias = repeat_i32x4(task.pointee.bias)
        shift = repeat_i32x4(0 &- task.pointee.shift)
        requantizer = Requantizer(
            zeroPoint: task.pointee.outputZeroPoint, minimum: task.pointee.outputMinimum, maximum: task.pointee.outputMaximum)
    }

    @inline(__always)
    func four(_ a: int32x4_t, _ b: int32x4_t) -> int32x4_t {
        shift_left_i32(multiply_add_i32(multiply_add_i32(bias, a, multiplierA), b, multiplierB), shift)
    }

    @inline(__always)
    func sixteen(_ a: int8x16_t, _ b: int8x16_t) -> int8x16_t {
        let a0 = widened_low(a), a1 = widened_high(a), b0 = widened_low(b), b1 = widened_high(b)
        return requantizer.packed(
            four(widened_low_i16(a0), widened_low_i16(b0)), four(widened_high_i16(a0), widened_high_i16(b0)),
            four(widened_low_i16(a1), widened_low_i16(b1)), four(widened_high_i16(a1), widened_high_i16(b1)))
    }

    @inline(__always)
    func run(_ a: UnsafePointer<Int8>, _ b: UnsafePointer<Int8>, _ output: UnsafeMutablePointer<Int8>, _ count: Int) {
        var i = 0
        while i &+ 16 <= count {
            store_i8x16(output + i, sixteen(load_i8x16(a + i), load_i8x16(b + i)))
            i &+= 16
        }
        if i < count {
            store_low_i8(output + i, sixteen(load_i8x16(a + i), load_i8x16(b + i)), Int32(truncatingIfNeeded: count &- i))
        }
    }
}

@_cdecl("neon_lookup")
public func neonLookup(_ input: UnsafePointer<Int8>, _ output: UnsafeMutablePointer<Int8>, _ table: UnsafePointer<Int8>, _ count: Int32) {
    let t0 = load_table_64(table), t1 = load_table_64(table + 64)
    let t2 = load_table_64(table + 128), t3 = load_table_64(table + 192)
    let count = Int(count)
    var i = 0
    while i &+ 16 <= count {
        store_i8x16(output + i, lookup_256(t0, t1, t2, t3, table_index(load_i8x16(input + i))))
        i &+= 16
    }
    if i < count {
        store_low_i8(output + i, lookup_256(t0, t1, t2, t3, table_index(load_i8x16(input + i))), Int32(truncatingIfNeeded: count &- i))
    }
}

@_cdecl("neon_quantize")
public func neonQuantize(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Int8>, _ inverseScale: Float, _ zeroPoint: Int32,
                         _ count: Int32) {
    let requantizer = Requantizer(zeroPoint: zeroPoint, minimum: -128, maximum: 127)
    let scale = repeat_f32x4(inverseScale)
    let count = Int(count)
    var i = 0
    while i < count {
        let p = input + i
        let q = requantizer.packed(
            nearest_i32(multiply_f32(load_f32x4(p), scale)), nearest_i32(multiply_f32(load_f32x4(p + 4), scale)),
            nearest_i32(multiply_f32(load_f32x4(p + 8), scale)), nearest_i32(multiply_f32(load_f32x4(p + 12), scale)))
        if count &- i >= 16 {
            store_i8x16(output + i, q)
        } else {
            store_low_i8(output + i, q, Int32(truncatingIfNeeded: count &- i))
        }
        i &+= 16
    }
}

@_cdecl("neon_dequantize")
public func neonDequantize(_ input: UnsafePointer<Int8>, _ output: UnsafeMutablePointer<Float>, _ scale: Float, _ zeroPoint: Int32,
                           _ count: Int32) {
    let zero = repeat_i16x8(Int16(truncatingIfNeeded: zeroPoint))
    let scales = repeat_f32x4(scale)
    let count = Int(count)
    var i = 0
    while i < count {
        let q = load_i8x16(input + i)
        let low = subtract_i16(widened_low(q), zero), high = subtract_i16(widened_high(q), zero)
        let to = output + i
        storeFirst(multiply_f32(float_from_i32(widened_low_i16(low)), scales), to, count &- i)
        storeFirst(multiply_f32(float_from_i32(widened_high_i16(low)), scales), to + 4, count &- i &- 4)
        storeFirst(multiply_f32(float_from_i32(widened_low_i16(high)), scales), to + 8, count &- i &- 8)
        storeFirst(multiply_f32(float_from_i32(widened_high_i16(high)), scales), to + 12, count &- i &- 12)
        i &+= 16
    }
}

/// Stores as much of a vector as there is room for.
@inline(__always)
func storeFirst(_ v: float32x4_t, _ p: UnsafeMutablePointer<Float>, _ room: Int) {
    if room >= 4 {
        store_f32x4(p, v)
    } else if room > 0 {
        store_low_f32(p, v, Int32(truncatingIfNeeded: room))
    }
}

@_cdecl("neon_channel_sums")
public func neonChannelSums(_ input: UnsafePointer<Int8>, _ sums: UnsafeMutablePointer<Int32>, _ pixels: Int32, _ channels: Int32,
                            _ pixelStride: Int32) {
    let channels = Int(channels), stride = Int(pixelStride)
    var channel = 0
    while channel < channels {
        var total = Sums16(repeat_i32x4(0), repeat_i32x4(0), repeat_i32x4(0), repeat_i32x4(0))
        var p = input + channel
        var left = Int(pixels)
        while left > 0 {
            // 256 values of -128 are the most that 16 bits hold.
            var n = left < 256 ? left : 256
            left &-= n
            var low = repeat_i16x8(0), high = repeat_i16x8(0)
            while n > 0 {
                let v = load_i8x16(p)
                low = add_widened_i8_low(low, v)
                high = add_widened_i8_high(high, v)
                p += stride
                n &-= 1
            }
            total.v0 = add_widened_low(total.v0, low)
            total.v1 = add_widened_high(total.v1, low)
            total.v2 = add_widened_low(total.v2, high)
            total.v3 = add_widened_high(total.v3, high)
        }
        storeFirst(total.v0, sums + channel, channels &- channel)
        storeFirst(total.v1, sums + channel + 4, channels &- channel &- 4)
        storeFirst(total.v2, sums + channel + 8, channels &- channel &- 8)
        storeFirst(total.v3, sums + channel + 12, channels &- channel &- 12)
        channel &+= 16
    }
}

@inline(__always)
func storeFirst(_ v: int32x4_t, _ p: UnsafeMutablePointer<Int32>, _ room: Int) {
    if room >= 4 {
        store_i32x4(p, v)
    } else if room > 0 {
        store_low_i32(p, v, Int32(truncatingIfNeeded: room))
    }
}
#endif
