/// The element type of a tensor.
public enum ElementType: UInt8, Sendable {
    case int8 = 1, uint8 = 2, int16 = 3, int32 = 4, float32 = 5, float16 = 6

    /// Bytes an element takes.
    public var size: Int {
        switch self {
        case .int8, .uint8: 1
        case .int16, .float16: 2
        case .int32, .float32: 4
        }
    }
}

/// Where a tensor lives.
public enum TensorStorage: UInt8, Sendable {
    /// In the arena, at an offset planned by lifetime; the bytes are reused once no instruction needs them.
    case arena = 0
    /// In the arena's persistent part: survives from run to run (recurrent state, key-value cache), zeroed on reset.
    case state = 1
    /// In the weights: `chunk` and `offset` name the place.
    case constant = 2
}

/// No tensor: an absent optional input.
public let noTensor: Int32 = -1

/// One tensor of a program: always four dimensions (batch, height, width, channels), channels innermost.
/// A sequence is (batch, 1, time, channels), a vector (batch, 1, 1, channels).
public struct TensorRecord: Sendable {
    public var type: ElementType
    public var storage: TensorStorage
    public var batch, height, width, channels: Int32
    /// Elements from one pixel to the next: `channels`, or more where this is a slice of a wider tensor.
    public var pixelStride: Int32
    /// Byte offset in the arena (arena, state; a multiple of 64 unless a channel slice) or in the chunk (constant).
    public var offset: Int64
    /// The weight chunk of a constant; -1 otherwise.
    public var chunk: Int32
    /// real = scale * (quantised - zeroPoint); scale 0 where the tensor isn't quantised.
    public var scale: Float
    public var zeroPoint: Int32
    /// Index into the strings of the nest.
    public var name: Int32

    /// Without gaps between pixels where `pixelStride` is nil; not quantised and without a name by default.
    public init(type: ElementType, storage: TensorStorage, batch: Int32, height: Int32, width: Int32, channels: Int32,
                pixelStride: Int32? = nil, offset: Int64 = 0, chunk: Int32 = -1, scale: Float = 0, zeroPoint: Int32 = 0, name: Int32 = -1) {
        self.type = type
        self.storage = storage
        self.batch = batch
        self.height = height
        self.width = width
        self.channels = channels
        self.pixelStride = pixelStride ?? channels
        self.offset = offset
        self.chunk = chunk
        self.scale = scale
        self.zeroPoint = zeroPoint
        self.name = name
    }

    /// Pixels of all images, and their elements; what strides leave between is not counted.
    public var pixels: Int { Int(batch) * Int(height) * Int(width) }
    public var elements: Int { pixels * Int(channels) }
    /// Bytes from the first element to the end of the last pixel's stride.
    public var bytes: Int { pixels * Int(pixelStride) * type.size }
}

/// What an instruction does: the numbers of the file. The folder Operators describes each; `Instruction.attributes` holds the
/// operation's own words.
public enum Opcode: UInt16, Sendable, CaseIterable {
    /// inputs: x [, residual]; ConvolutionAttributes. int8 or float32 by the input's type.
    case convolution = 1
    case depthwiseConvolution = 2
    /// inputs: a, b of the same shape (b may have 1x1 pixels, then it is repeated); BinaryAttributes.
    case binary = 3
    /// PoolAttributes.
    case averagePool = 4
    case maxPool = 5
    /// Mean over height and width; PoolAttributes (kernel = image).
    case globalAverage = 6
    /// Strided copy: concatenation, slice, transpose, padding, space-to-depth; CopyAttributes.
    case copy = 7
    /// ResizeAttributes.
    case resize = 8
    /// Over channels; SoftmaxAttributes.
    case softmax = 9
    /// int8 to int8 through the table of 256 at the start of the blob. No attributes.
    case lookup = 10
    /// float32 elementwise; UnaryAttributes.
    case unary = 11
    /// float32 to int8, int8 to float32, int8 to int8 of another scale, by the tensors' types and scales; float32 to int32 by
    /// leaving out the fraction, and back. No attributes.
    case convert = 12
    /// SSD boxes: inputs: box encodings, class scores; anchors in the blob; DetectionAttributes. Float outputs.
    case detectionPostprocess = 13
    /// Recurrent layers over a sequence; inputs: x, state (h) [, cell state]; RecurrentAttributes. float32.
    case gru = 14
    case lstm = 15
    /// A pointwise convolution and the depthwise convolution that alone reads it, executed in bands of rows, the
    /// tensor between them kept as a ring of rows; inputs: x; PairAttributes.
    case pointwiseDepthwise = 16

    // Language models: LanguageOperands.swift.
    case embedding = 17
    case normalize = 18
    case matrix = 19
    /// Gate and up projections with the activation between them.
    case gatedMatrix = 20
    /// Rotary embedding, key-value cache and attention of one layer.
    case attention = 21

    // Encoder and decoder of speech models: SpeechOperands.swift.
    /// Windows of a convolution along time, quantised.
    case window = 40
    case layerNormalize = 41
    /// A matrix, its bias and an activation, quantised.
    case activatedMatrix = 42
    /// Adds the vectors of positions.
    case positions = 43
    /// Keys and values become half floats that later instructions and runs find.
    case remember = 44
    /// Attention without a rotation over what `remember` kept.
    case headAttention = 45

    /// inputs: condition, a, b of one shape; float32. No attributes.
    case select = 50
    /// Place of the greatest pixel, by channel; int32. No attributes.
    case argumentMaximum = 51
    /// Product of two computed matrices; float32. No attributes.
    case product = 52
    /// Rows of a table by computed indices; RowsAttributes.
    case rows = 53
}

/// One step of a program. Fixed size in the file.
public struct Instruction: Sendable {
    public static let attributeWords = 64

    public var opcode: Opcode
    /// Indices of tensors, noTensor where absent.
    public var inputs: (Int32, Int32, Int32)
    public var outputs: (Int32, Int32, Int32, Int32)
    /// The piece of the weights that this instruction reads: chunk index (-1: none), byte offset in it (a multiple
    /// of 64) and length.
    public var chunk: Int32
    public var blobOffset: Int64
    public var blobLength: Int64
    /// Index into the strings: where in the source model this came from.
    public var name: Int32
    /// The operation's own words; floats by bit pattern. At most `attributeWords`.
    public var attributes: [Int32]

    public init(opcode: Opcode, inputs: (Int32, Int32, Int32) = (noTensor, noTensor, noTensor),
                outputs: (Int32, Int32, Int32, Int32) = (noTensor, noTensor, noTensor, noTensor),
                chunk: Int32 = -1, blobOffset: Int64 = 0, blobLength: Int64 = 0, name: Int32 = -1, attributes: [Int32] = []) {
        self.opcode = opcode
        self.inputs = inputs
        self.outputs = outputs
        self.chunk = chunk
        self.blobOffset = blobOffset
        self.blobLength = blobLength
        self.name = name
        self.attributes = attributes
    }
}

/// A list of instructions over one arena. A nest may hold several that share weights (one a batch size).
public struct Program: Sendable {
    public var name: String
    public var batch: Int32
    /// Bytes of the arena, persistent part first: [0, stateBytes) survives from run to run.
    public var arenaBytes: Int64
    public var stateBytes: Int64
    public var inputs: [Int32]
    public var outputs: [Int32]
    public var tensors: [TensorRecord]
    public var instructions: [Instruction]

    public init(name: String, batch: Int32, arenaBytes: Int64, stateBytes: Int64, inputs: [Int32], outputs: [Int32],
                tensors: [TensorRecord], instructions: [Instruction]) {
        self.name = name
        self.batch = batch
        self.arenaBytes = arenaBytes
        self.stateBytes = stateBytes
        self.inputs = inputs
        self.outputs = outputs
        self.tensors = tensors
        self.instructions = instructions
    }
}

/// A whole model in memory, as the compiler makes it and the writer stores it.
public struct NestContents: Sendable {
    /// Key and value: task, labels (one a line), image mean and standard deviation, source, licence, …
    public var metadata: [(key: String, value: String)]
    public var strings: [String]
    public var programs: [Program]
    /// Weight chunks in the order of first use; each is stored at a page-aligned offset.
    public var chunks: [[UInt8]]

    public init(metadata: [(key: String, value: String)], strings: [String], programs: [Program], chunks: [[UInt8]]) {
        self.metadata = metadata
        self.strings = strings
        self.programs = programs
        self.chunks = chunks
    }
}
