#if arch(x86_64)
import CIntrinsics
import CKernels

/// What a tile needs to know about the blocks of 16 channels it computes.
struct TileChannels {
    /// The first block's weights; the next block's are `blockBytes` on.
    var weights: UnsafeRawPointer
    var blockBytes: Int
    /// Bytes from one group of four inputs to the next: 64, or less in a narrow last block.
    var step: Int
    /// Groups of four inputs in a window, and how often the weights go through it.
    var quads: Int
    var terms: Int
    /// bias - 128 * sum of weights, a register a block.
    var starts: UnsafePointer<__m512i>
    var scales: UnsafePointer<Float>
    /// Which of up to 64 channels exist.
    var mask: UInt64
}

/// Pixels x Blocks registers of sums, which stay in registers: the loops over them unroll away.
struct ConvolutionTile<let Pixels: Int, let Blocks: Int> {
    /// Computes pixels [first, first + Pixels) of the gathered windows and stores them from `output` on.
    @inline(never)
    static func run(_ channels: borrowing TileChannels, windows: UnsafeRawPointer, _ requantizer: borrowing Requantizer,
                    output: UnsafeMutablePointer<Int8>, pixelStride: Int) {
        var sums = InlineArray<Pixels, InlineArray<Blocks, __m512i>>(repeating: .init(repeating: __m512i()))
        for p in 0..<Pixels {
            for b in 0..<Blocks { sums[p][b] = channels.starts[b] }
        }
        var weights = channels.weights
        let blockBytes = channels.blockBytes, step = channels.step
        for _ in 0..<channels.terms {
            var window = windows
            var left = channels.quads
            while left > 0 {
                let quads = Swift.min(left, WindowGather.chunk / 4)
                left -= quads
                var value = window
                for _ in 0..<quads {
                    var block = InlineArray<Blocks, __m512i>(repeating: __m512i())
                    for b in 0..<Blocks { block[b] = avx512_load(weights + b * blockBytes) }
                    for p in 0..<Pixels {
                        let values = avx512_broadcast_dword(value + p * WindowGather.chunk)
                        for b in 0..<Blocks { sums[p][b] = avx512_dot(sums[p][b], values, block[b]) }
                    }
                    value += 4
                    weights += step
                }
                window += WindowGather.pixels * WindowGather.chunk
            }
        }
        // The loop below is too long to unroll, and an index that varies would keep the sums out of registers above.
        var finished = InlineArray<Pixels, InlineArray<Blocks, __m512i>>(repeating: .init(repeating: __m512i()))
        for p in 0..<Pixels {
            for b in 0..<Blocks { finished[p][b] = sums[p][b] }
        }
        let zero = __m512i()
        for p in 0..<Pixels {
            let scales = channels.scales
            let a = requantizer.scaled(finished[p][0], scales)
            let b = Blocks > 1 ? requantizer.scaled(finished[p][1], scales + 16) : zero
            let c = Blocks > 2 ? requantizer.scaled(finished[p][2], scales + 32) : zero
            let d = Blocks > 3 ? requantizer.scaled(finished[p][3], scales + 48) : zero
            avx512_store_bytes(output + p * pixelStride, channels.mask, requantizer.bytes(a, b, c, d))
        }
    }
}

/// Tiles of `Blocks` blocks over up to 12 gathered pixels: as many at once as the registers hold.
@inline(__always)
func convolvePixels<let Blocks: Int>(
    _: InlineArray<Blocks, Void>.Type, count: Int, _ channels: borrowing TileChannels, windows: UnsafeRawPointer,
    _ requantizer: borrowing Requantizer, output: UnsafeMutablePointer<Int8>, pixelStride: Int
) {
    var p = 0
    while p < count {
        let window = windows + p * WindowGather.chunk, out = output + p * pixelStride
        let left = count - p
        if Blocks <= 2 && left >= 12 {
            ConvolutionTile<12, Blocks>.run(channels, windows: window, requantizer, output: out, pixelStride: pixelStride)
            p += 12
        } else if left >= 6 {
            ConvolutionTile<6, Blocks>.run(channels, windows: window, requantizer, output: out, pixelStride: pixelStride)
            p += 6
        } else if left >= 4 {
            ConvolutionTile<4, Blocks>.run(channels, windows: window, requantizer, output: out, pixelStride: pixelStride)
            p += 4
        } else if left >= 2 {
            ConvolutionTile<2, Blocks>.run(channels, windows: window, requantizer, output: out, pixelStride: pixelStride)
            p += 2
        } else {
            ConvolutionTile<1, Blocks>.run(channels, windows: window, requantizer, output: out, pixelStride: pixelStride)
            p += 1
        }
    }
}
#endif
