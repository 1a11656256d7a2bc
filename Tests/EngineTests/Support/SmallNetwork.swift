import Nest
import TestSupport

/// A small network that has one of most kinds of instruction, for tests of the file, of memory and of threads.
func smallNetwork(seed: UInt64 = 7, layers: Int = 6, channels: Int = 24, size: Int = 12, chunkPerInstruction: Bool = true)
    -> (builder: NestBuilder, input: Int32, output: Int32) {
    var random = Random(seed)
    let builder = NestBuilder()
    builder.chunkPerInstruction = chunkPerInstruction
    let input = builder.tensor(.int8, [1, size, size, channels], scale: 0.1, zeroPoint: 3)
    var last = input
    for layer in 0..<layers {
        var plain = PlainConvolution()
        plain.height = size
        plain.width = size
        plain.channels = channels
        plain.outputChannels = channels
        plain.isDepthwise = layer % 3 == 1
        plain.inputZeroPoint = 3
        plain.attributes.kernelHeight = 3
        plain.attributes.kernelWidth = 3
        plain.attributes.padTop = 1
        plain.attributes.padLeft = 1
        plain.attributes.resultScale = 0.1
        plain.attributes.resultZeroPoint = 3
        plain.attributes.lookupScale = 0.1
        plain.attributes.lookupZeroPoint = 3
        let blob = plain.blob(random.bytes(channels * plain.window, -127...127), bias: random.int32s(channels, -1000...1000),
                              scales: random.floats(channels, 0.0005...0.002), lookup: layer % 2 == 0 ? random.bytes(256) : nil)
        let y = builder.tensor(.int8, [1, size, size, channels], scale: 0.1, zeroPoint: 3)
        builder.emit(plain.isDepthwise ? .depthwiseConvolution : .convolution, layer > 2 ? [last, input] : [last], [y],
                     plain.attributes.words, blob: blob)
        last = y
    }
    let pooled = builder.tensor(.int8, [1, size / 2, size / 2, channels], scale: 0.1, zeroPoint: 3)
    var pool = PoolAttributes()
    pool.kernelHeight = 2
    pool.kernelWidth = 2
    pool.strideY = 2
    pool.strideX = 2
    builder.emit(.maxPool, [last], [pooled], pool.words)
    let resized = builder.tensor(.int8, [1, size, size, channels], scale: 0.1, zeroPoint: 3)
    builder.emit(.resize, [pooled], [resized], ResizeAttributes(mode: .bilinear).words)
    let wide = builder.tensor(.int8, [1, size, size, channels + 8], scale: 0.1, zeroPoint: 3)
    var copy = CopyAttributes()
    copy.sourceStrides = [Int32(size * size * channels), Int32(size * channels), Int32(channels), 1]
    copy.extent = [1, Int32(size), Int32(size), Int32(channels)]
    copy.outputStart = [0, 0, 0, 4]
    copy.fill = 1
    builder.emit(.copy, [resized], [wide], copy.words)
    let mean = builder.tensor(.int8, [1, 1, 1, channels + 8], scale: 0.1, zeroPoint: 3)
    builder.emit(.globalAverage, [wide], [mean], PoolAttributes().words)
    let addend = builder.constant(.int8, [1, 1, 1, channels + 8], bytes: [UInt8](repeating: 9, count: channels + 8), scale: 0.05,
                                  zeroPoint: 1)
    let sum = builder.tensor(.int8, [1, 1, 1, channels + 8], scale: 0.1, zeroPoint: 0)
    builder.emit(.binary, [mean, addend], [sum], BinaryAttributes(function: .add).words)
    let real = builder.tensor(.float32, [1, 1, 1, channels + 8])
    builder.emit(.convert, [sum], [real])
    let squashed = builder.tensor(.float32, [1, 1, 1, channels + 8])
    builder.emit(.unary, [real], [squashed], UnaryAttributes(function: .tanh).words)
    let output = builder.tensor(.float32, [1, 1, 1, channels + 8])
    builder.emit(.softmax, [squashed], [output], SoftmaxAttributes().words)
    return (builder, input, output)
}
