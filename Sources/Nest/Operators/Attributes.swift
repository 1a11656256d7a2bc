import KernelFormats

// The words of each operation. Each struct is written and read in one place, so that the compiler and the engine
// cannot disagree; the order of the fields is the order in the file.

/// A list of words read in order; reading past the end gives zero and sets `overrun`.
struct WordReader {
    let words: [Int32]
    var next: Int
    var overrun = false

    init(_ words: [Int32], from start: Int = 0) {
        self.words = words
        self.next = start
    }

    mutating func integer() -> Int32 {
        guard next < words.count else {
            overrun = true
            return 0
        }
        next += 1
        return words[next - 1]
    }

    mutating func float() -> Float { Float(bitPattern: UInt32(bitPattern: integer())) }
}

func word(_ value: Float) -> Int32 { Int32(bitPattern: value.bitPattern) }

/// Convolution and depthwise convolution.
///
/// The blob of an int8 convolution: weights at 0, bias (int32) at `biasOffset`, scales (float32) at `scaleOffset`,
/// a lookup table (256 int8) at `lookupOffset` or -1; all offsets multiples of 64, layouts as in CKernels.h.
/// Order of the fused tail: requantise and clamp, lookup, residual addition.
public struct ConvolutionAttributes: Sendable, Equatable {
    public var kernelHeight: Int32 = 1, kernelWidth: Int32 = 1
    public var strideY: Int32 = 1, strideX: Int32 = 1
    public var dilationY: Int32 = 1, dilationX: Int32 = 1
    public var padTop: Int32 = 0, padLeft: Int32 = 0
    /// 1: a run is a kernel row; 0: a run is a tap (CKernels.h). Depthwise: unused.
    public var runPerRow: Int32 = 0
    /// 1, or 2 for weights split into two terms. Depthwise: tapRepeat.
    public var runRepeat: Int32 = 1
    /// int8: clamp of the quantised result.
    public var outputMinimum: Int32 = -128, outputMaximum: Int32 = 127
    /// float32: clamp of the result.
    public var floatMinimum: Float = -.infinity, floatMaximum: Float = .infinity
    public var biasOffset: Int32 = 0
    public var scaleOffset: Int32 = 0
    public var lookupOffset: Int32 = -1
    /// The convolution's own result scale and zero point (they differ from the output tensor's when a lookup or a
    /// residual follows).
    public var resultScale: Float = 0
    public var resultZeroPoint: Int32 = 0
    /// Scale and zero point after the lookup, before the residual (the same as the result's without a lookup).
    public var lookupScale: Float = 0
    public var lookupZeroPoint: Int32 = 0
    /// Clamp after the residual addition.
    public var residualMinimum: Int32 = -128, residualMaximum: Int32 = 127
    /// float32: function applied after bias and before the clamp (Unary raw value; 0: none).
    public var floatFunction: Int32 = 0
    /// Parameters of that function, as in UnaryAttributes.
    public var functionAlpha: Float = 0, functionBeta: Float = 0

    public static let wordCount = 26

    public init() {}

    public init?(words: [Int32], from start: Int = 0) {
        var reader = WordReader(words, from: start)
        kernelHeight = reader.integer(); kernelWidth = reader.integer()
        strideY = reader.integer(); strideX = reader.integer()
        dilationY = reader.integer(); dilationX = reader.integer()
        padTop = reader.integer(); padLeft = reader.integer()
        runPerRow = reader.integer(); runRepeat = reader.integer()
        outputMinimum = reader.integer(); outputMaximum = reader.integer()
        floatMinimum = reader.float(); floatMaximum = reader.float()
        biasOffset = reader.integer(); scaleOffset = reader.integer(); lookupOffset = reader.integer()
        resultScale = reader.float(); resultZeroPoint = reader.integer()
        lookupScale = reader.float(); lookupZeroPoint = reader.integer()
        residualMinimum = reader.integer(); residualMaximum = reader.integer()
        floatFunction = reader.integer()
        functionAlpha = reader.float(); functionBeta = reader.float()
        if reader.overrun { return nil }
    }

    public var words: [Int32] {
        [kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, padTop, padLeft, runPerRow, runRepeat,
         outputMinimum, outputMaximum, word(floatMinimum), word(floatMaximum), biasOffset, scaleOffset, lookupOffset,
         word(resultScale), resultZeroPoint, word(lookupScale), lookupZeroPoint, residualMinimum, residualMaximum,
         floatFunction, word(functionAlpha), word(functionBeta)]
    }
}

/// Pointwise + depthwise pair: the pointwise attributes, then the depthwise ones (their blob offsets count from the
/// same blob; depthwise weights start at `depthwiseWeightsOffset`), then the tensor between them.
public struct PairAttributes: Sendable, Equatable {
    public var pointwise = ConvolutionAttributes()
    public var depthwise = ConvolutionAttributes()
    public var depthwiseWeightsOffset: Int32 = 0
    public var middleChannels: Int32 = 0
    /// Rows of the ring between them, for one thread (in per-thread scratch, not in the arena).
    public var ringRows: Int32 = 0

    public init() {}

    public init?(words: [Int32]) {
        let size = ConvolutionAttributes.wordCount
        guard let first = ConvolutionAttributes(words: words), let second = ConvolutionAttributes(words: words, from: size) else { return nil }
        pointwise = first
        depthwise = second
        var reader = WordReader(words, from: 2 * size)
        depthwiseWeightsOffset = reader.integer()
        middleChannels = reader.integer()
        ringRows = reader.integer()
        if reader.overrun { return nil }
    }

    public var words: [Int32] { pointwise.words + depthwise.words + [depthwiseWeightsOffset, middleChannels, ringRows] }
}

public enum BinaryFunction: Int32, Sendable { case add = 1, subtract, multiply, divide, maximum, minimum }

/// Elementwise function of two tensors, float32 or int8 (int8: through the tensors' scales; add as in CKernels.h).
public struct BinaryAttributes: Sendable, Equatable {
    public var function: BinaryFunction
    public var outputMinimum: Int32 = -128, outputMaximum: Int32 = 127
    public var floatMinimum: Float = -.infinity, floatMaximum: Float = .infinity

    public init(function: BinaryFunction) { self.function = function }

    public init?(words: [Int32]) {
        var reader = WordReader(words)
        guard let function = BinaryFunction(rawValue: reader.integer()) else { return nil }
        self.function = function
        outputMinimum = reader.integer(); outputMaximum = reader.integer()
        floatMinimum = reader.float(); floatMaximum = reader.float()
        if reader.overrun { return nil }
    }

    public var words: [Int32] { [function.rawValue, outputMinimum, outputMaximum, word(floatMinimum), word(floatMaximum)] }
}

/// Pooling. int8 average: TFLite's rounding (half away from zero of sum/count, count without padding);
/// globalAverage int8: roundToNearestEven((sum - n*zeroPoint) * inputScale/(outputScale*n)) + zeroPoint.
public struct PoolAttributes: Sendable, Equatable {
    public var kernelHeight: Int32 = 1, kernelWidth: Int32 = 1, strideY: Int32 = 1, strideX: Int32 = 1, padTop: Int32 = 0, padLeft: Int32 = 0
    public var outputMinimum: Int32 = -128, outputMaximum: Int32 = 127
    /// 1: padding counts in the divisor of an average (ONNX count_include_pad).
    public var countPadding: Int32 = 0

    public init() {}

    public init?(words: [Int32]) {
        var reader = WordReader(words)
        kernelHeight = reader.integer(); kernelWidth = reader.integer(); strideY = reader.integer(); strideX = reader.integer()
        padTop = reader.integer(); padLeft = reader.integer()
        outputMinimum = reader.integer(); outputMaximum = reader.integer(); countPadding = reader.integer()
        if reader.overrun { return nil }
    }

    public var words: [Int32] { [kernelHeight, kernelWidth, strideY, strideX, padTop, padLeft, outputMinimum, outputMaximum, countPadding] }
}

/// output[o + outputOffset] = input[sourceOffset + o.batch*s0 + o.height*s1 + o.width*s2 + o.channel*s3] over the box
/// `extent` (batch, height, width, channels), strides and offsets in elements. The output box starts at the four
/// `outputStart` coordinates of the output tensor. With `fill` != 0 the whole output is first set to `fillValue`
/// (bits of a float, or an int8).
public struct CopyAttributes: Sendable, Equatable {
    public var sourceOffset: Int32 = 0
    public var sourceStrides: SIMD4<Int32> = .zero
    public var extent: SIMD4<Int32> = .zero
    public var outputStart: SIMD4<Int32> = .zero
    public var fill: Int32 = 0
    public var fillValue: Int32 = 0

    public init() {}

    public init?(words: [Int32]) {
        var reader = WordReader(words)
        sourceOffset = reader.integer()
        for i in 0..<4 { sourceStrides[i] = reader.integer() }
        for i in 0..<4 { extent[i] = reader.integer() }
        for i in 0..<4 { outputStart[i] = reader.integer() }
        fill = reader.integer(); fillValue = reader.integer()
        if reader.overrun { return nil }
    }

    public var words: [Int32] {
        var all = [sourceOffset]
        for i in 0..<4 { all.append(sourceStrides[i]) }
        for i in 0..<4 { all.append(extent[i]) }
        for i in 0..<4 { all.append(outputStart[i]) }
        return all + [fill, fillValue]
    }
}

public enum ResizeMode: Int32, Sendable { case nearest = 1, bilinear }

/// Resize over height and width.
public struct ResizeAttributes: Sendable, Equatable {
    public var mode: ResizeMode
    public var alignCorners: Int32 = 0
    public var halfPixelCentres: Int32 = 0

    public init(mode: ResizeMode) { self.mode = mode }

    public init?(words: [Int32]) {
        var reader = WordReader(words)
        guard let mode = ResizeMode(rawValue: reader.integer()) else { return nil }
        self.mode = mode
        alignCorners = reader.integer(); halfPixelCentres = reader.integer()
        if reader.overrun { return nil }
    }

    public var words: [Int32] { [mode.rawValue, alignCorners, halfPixelCentres] }
}

public struct SoftmaxAttributes: Sendable, Equatable {
    public var beta: Float = 1

    public init(beta: Float = 1) { self.beta = beta }

    public init?(words: [Int32]) {
        var reader = WordReader(words)
        beta = reader.float()
        if reader.overrun { return nil }
    }

    public var words: [Int32] { [word(beta)] }
}

public enum UnaryFunction: Int32, Sendable {
    case relu = 1, relu6, sigmoid, silu, tanh, hardSwish, hardSigmoid, exponential, clip, leakyRelu, logarithm, squareRoot, absolute, negate, gelu
}

/// float32 elementwise; `alpha` and `beta`: bounds of clip, slope of leakyRelu, scale and offset of hardSigmoid.
public struct UnaryAttributes: Sendable, Equatable {
    public var function: UnaryFunction
    public var alpha: Float = 0, beta: Float = 0

    public init(function: UnaryFunction, alpha: Float = 0, beta: Float = 0) {
        self.function = function
        self.alpha = alpha
        self.beta = beta
    }

    public init?(words: [Int32]) {
        var reader = WordReader(words)
        guard let function = UnaryFunction(rawValue: reader.integer()) else { return nil }
        self.function = function
        alpha = reader.float(); beta = reader.float()
        if reader.overrun { return nil }
    }

    public var words: [Int32] { [function.rawValue, word(alpha), word(beta)] }
}

/// SSD post-processing (the TFLite custom operator): anchors (y, x, height, width as float32) at the blob's start.
/// Outputs: boxes (1, 1, detections, 4: ymin, xmin, ymax, xmax), classes, scores, count; float32.
public struct DetectionAttributes: Sendable, Equatable {
    public var maximumDetections: Int32 = 10, maximumClassesPerDetection: Int32 = 1, detectionsPerClass: Int32 = 100
    public var classes: Int32 = 0, useRegularSuppression: Int32 = 0
    public var scoreThreshold: Float = 0, overlapThreshold: Float = 0.6
    public var scaleY: Float = 10, scaleX: Float = 10, scaleHeight: Float = 5, scaleWidth: Float = 5

    public init() {}

    public init?(words: [Int32]) {
        var reader = WordReader(words)
        maximumDetections = reader.integer(); maximumClassesPerDetection = reader.integer(); detectionsPerClass = reader.integer()
        classes = reader.integer(); useRegularSuppression = reader.integer()
        scoreThreshold = reader.float(); overlapThreshold = reader.float()
        scaleY = reader.float(); scaleX = reader.float(); scaleHeight = reader.float(); scaleWidth = reader.float()
        if reader.overrun { return nil }
    }

    public var words: [Int32] {
        [maximumDetections, maximumClassesPerDetection, detectionsPerClass, classes, useRegularSuppression, word(scoreThreshold),
         word(overlapThreshold), word(scaleY), word(scaleX), word(scaleHeight), word(scaleWidth)]
    }
}

/// GRU or LSTM over a sequence (batch, 1, time, channels). Gate order and layouts are ONNX's: GRU z, r, h; LSTM i, o,
/// f, c. Blob: input weights [gate*hidden] x input as a float convolution's (CKernels.h), then recurrent weights the
/// same way at `recurrentOffset`, input bias at `inputBiasOffset`, recurrent bias at `recurrentBiasOffset`. Either of the
/// two matrices may be int8 instead: blocks of format q8 (LanguageKernels.h), its columns rounded up to 32 with zeros.
public struct RecurrentAttributes: Sendable, Equatable {
    public var hidden: Int32 = 0, inputs: Int32 = 0
    public var recurrentOffset: Int32 = 0, inputBiasOffset: Int32 = 0, recurrentBiasOffset: Int32 = 0
    /// GRU: 1 where the reset gate is applied after the recurrent product (linear_before_reset).
    public var resetAfterProduct: Int32 = 0
    /// 1: the state tensors start from zero on every run instead of carrying over.
    public var startsFromZero: Int32 = 0
    /// 0: float32; `int8`: q8, its activations quantised in groups of 32 on every step.
    public var inputFormat: Int32 = 0, recurrentFormat: Int32 = 0

    /// q8 of LanguageKernels.h.
    public static let int8 = MatrixFormat.q8.rawValue

    public init() {}

    public init?(words: [Int32]) {
        var reader = WordReader(words)
        hidden = reader.integer(); inputs = reader.integer(); recurrentOffset = reader.integer(); inputBiasOffset = reader.integer()
        recurrentBiasOffset = reader.integer(); resetAfterProduct = reader.integer(); startsFromZero = reader.integer()
        inputFormat = reader.integer(); recurrentFormat = reader.integer()
        if reader.overrun { return nil }
    }

    public var words: [Int32] { [hidden, inputs, recurrentOffset, inputBiasOffset, recurrentBiasOffset, resetAfterProduct, startsFromZero,
                                 inputFormat, recurrentFormat] }
}
