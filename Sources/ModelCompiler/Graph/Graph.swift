import Nest

/// real = scale * (quantised - zeroPoint), for the whole tensor or a slice along `axis`.
public struct Quantization: Sendable, Equatable {
    public var scales: [Float]
    public var zeroPoints: [Int32]
    /// The axis that `scales` runs along; nil with one scale.
    public var axis: Int?

    public init(scales: [Float], zeroPoints: [Int32], axis: Int? = nil) {
        self.scales = scales
        self.zeroPoints = zeroPoints
        self.axis = axis
    }

    /// One scale and zero point for the whole tensor.
    public init(scale: Float, zeroPoint: Int32) { self.init(scales: [scale], zeroPoints: [zeroPoint]) }

    /// The first of the scales and zero points: the only one without an axis.
    public var scale: Float { scales[0] }
    public var zeroPoint: Int32 { zeroPoints[0] }
}

/// An index into the graph's tensors; -1 for an absent optional input.
public typealias TensorID = Int
/// An index into the graph's nodes, which are in execution order.
public typealias NodeID = Int

/// A tensor of the graph. Images are NHWC (batch, height, width, channels); importers of channel-first formats
/// convert shapes, axes and constants while they read.
public struct GraphTensor: Sendable {
    public var name: String
    public var shape: [Int]
    public var type: ElementType
    public var quantization: Quantization?
    /// Scales of an int8 tensor's channels of their own; nil: all channels have `quantization`.
    public var channels: ChannelCoding?
    /// Little-endian elements in row-major order of `shape`; nil for what is computed.
    public var constant: [UInt8]?
    /// A tensor that keeps its value from one run to the next (recurrent state).
    public var isState: Bool

    public init(name: String, shape: [Int], type: ElementType, quantization: Quantization? = nil, constant: [UInt8]? = nil,
                isState: Bool = false) {
        self.name = name
        self.shape = shape
        self.type = type
        self.quantization = quantization
        self.constant = constant
        self.isState = isState
    }

    /// Elements in all; 1 for a scalar, whose shape is empty.
    public var elements: Int { shape.reduce(1, *) }

    /// A constant's elements; nil for what is computed or of another type.
    public var floats: [Float]? { constant.flatMap { type == .float32 ? $0.elements(of: Float.self) : nil } }
    public var int32s: [Int32]? { constant.flatMap { type == .int32 ? $0.elements(of: Int32.self) : nil } }
    public var int8s: [Int8]? { constant.flatMap { type == .int8 ? $0.elements(of: Int8.self) : nil } }
}

extension Array where Element == UInt8 {
    /// The bytes as elements of a plain type; a rest that doesn't fill an element is left out.
    public func elements<T: BitwiseCopyable>(of type: T.Type) -> [T] {
        withUnsafeBytes { bytes in
            (0..<bytes.count / MemoryLayout<T>.size).map { bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: T.self) }
        }
    }
}

extension Array where Element: BitwiseCopyable {
    /// The elements as little-endian bytes.
    public var littleEndianBytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}

/// A function fused after an operation, real-valued bounds.
public enum Activation: Sendable, Equatable {
    case none, relu, relu6, reluN1To1
    case clip(Float, Float)
    /// Anything else (SiLU, sigmoid, …): becomes a lookup in int8, a call in float32.
    case function(UnaryFunction, alpha: Float, beta: Float)
}

/// Zeros (or the zero point) around an image.
public struct Padding: Sendable, Equatable {
    public var top = 0, left = 0, bottom = 0, right = 0

    public init(top: Int = 0, left: Int = 0, bottom: Int = 0, right: Int = 0) {
        self.top = top
        self.left = left
        self.bottom = bottom
        self.right = right
    }

    /// TensorFlow's SAME: output = ceil(input / stride), the odd pixel at the bottom and right.
    public static func same(input: (Int, Int), kernel: (Int, Int), stride: (Int, Int), dilation: (Int, Int) = (1, 1)) -> Padding {
        func total(_ input: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
            max(0, ((input + stride - 1) / stride - 1) * stride + (kernel - 1) * dilation + 1 - input)
        }
        let y = total(input.0, kernel.0, stride.0, dilation.0), x = total(input.1, kernel.1, stride.1, dilation.1)
        return Padding(top: y / 2, left: x / 2, bottom: y - y / 2, right: x - x / 2)
    }
}

/// How a kernel slides over an image: pairs of (height, width); dilation 1 leaves no gaps between taps.
public struct Window: Sendable, Equatable {
    public var kernel: (Int, Int) = (1, 1)
    public var stride: (Int, Int) = (1, 1)
    public var dilation: (Int, Int) = (1, 1)
    public var padding = Padding()

    public init(kernel: (Int, Int), stride: (Int, Int) = (1, 1), dilation: (Int, Int) = (1, 1), padding: Padding = Padding()) {
        self.kernel = kernel
        self.stride = stride
        self.dilation = dilation
        self.padding = padding
    }

    /// Written out because tuples aren't `Equatable`.
    public static func == (a: Window, b: Window) -> Bool {
        a.kernel == b.kernel && a.stride == b.stride && a.dilation == b.dilation && a.padding == b.padding
    }

    /// Whether the first and the last window see a part of the image: instructions rely on it.
    public func sees(height: Int, width: Int) -> Bool {
        let size = output(height: height, width: width)
        return padding.top <= (kernel.0 - 1) * dilation.0 && padding.left <= (kernel.1 - 1) * dilation.1
            && (size.height - 1) * stride.0 - padding.top < height && (size.width - 1) * stride.1 - padding.left < width
    }

    /// Output size for an input of this size.
    public func output(height: Int, width: Int) -> (height: Int, width: Int) {
        func size(_ input: Int, _ pads: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
            (input + pads - (kernel - 1) * dilation - 1) / stride + 1
        }
        return (size(height, padding.top + padding.bottom, kernel.0, stride.0, dilation.0),
                size(width, padding.left + padding.right, kernel.1, stride.1, dilation.1))
    }
}

/// What a GRU or LSTM layer is besides its weights; `hidden` is the length of its state.
public struct RecurrentLayer: Sendable, Equatable {
    public var hidden: Int
    /// GRU: reset gate after the recurrent product (ONNX linear_before_reset).
    public var resetAfterProduct: Bool
    /// The nest keeps the weights as int8 (`RecurrentWeights`).
    public var isInt8 = false

    public init(hidden: Int, resetAfterProduct: Bool = false) {
        self.hidden = hidden
        self.resetAfterProduct = resetAfterProduct
    }
}

/// What a node computes. `inputs` of the node, in order, are named in each comment ("?" optional: -1 when absent).
public enum Operation: Sendable {
    /// x NHWC, weights OHWI, bias? [O]. Bias of an int8 convolution is int32 with scale = input*weights.
    case convolution(Window, Activation)
    /// x NHWC, weights [1, kh, kw, C*multiplier] (output channel = c*multiplier + m), bias?.
    case depthwiseConvolution(Window, multiplier: Int, Activation)
    /// x [..., I] (flattened to rows of I), weights [O, I], bias?.
    case fullyConnected(Activation)
    /// x, gamma, beta, mean, variance; per channel (last axis).
    case batchNormalization(epsilon: Float)
    /// a, b (broadcast as NumPy does).
    case binary(BinaryFunction, Activation)
    case unary(UnaryFunction, alpha: Float, beta: Float)
    /// countPadding: padded elements count in the divisor.
    case averagePool(Window, countPadding: Bool, Activation)
    case maxPool(Window, Activation)
    case mean(axes: [Int], keepDimensions: Bool)
    case softmax(axis: Int, beta: Float)
    case concatenate(axis: Int, Activation)
    /// To the output tensor's shape; also squeeze, unsqueeze, flatten.
    case reshape
    case transpose(permutation: [Int])
    /// One start and step an axis; the output tensor's shape says how many.
    case slice(starts: [Int], steps: [Int])
    /// Elements before and after each axis, with a real value.
    case pad(before: [Int], after: [Int], value: Float)
    case resize(ResizeMode, alignCorners: Bool, halfPixelCentres: Bool)
    /// To the output tensor's type and quantisation; also dequantise and requantise.
    case quantize
    /// boxes, scores, anchors → boxes, classes, scores, count.
    case detectionPostprocess(DetectionAttributes)
    /// x [time, batch, inputs], weights [gates*hidden, inputs] (ONNX gate order), recurrent weights
    /// [gates*hidden, hidden], input bias? [gates*hidden], recurrent bias?, initial h? → y [time, batch, hidden], final h.
    case gru(RecurrentLayer)
    /// As gru, with initial h?, initial c? → y, final h, final c.
    case lstm(RecurrentLayer)
    /// a [..., m, k], b [..., k, n], both computed.
    case matrixMultiply
    /// data, indices (constant), along an axis.
    case gather(axis: Int)
    /// data, indices (computed int32, […, depth]): the indices go along the first `depth` axes of the data.
    case lookUp(depth: Int)
    /// x with its axes of 1 repeated to the output tensor's shape.
    case broadcast
    /// Where condition isn't 0 a, else b; all of one shape, float32.
    case select
    /// The greatest of some axes.
    case reduceMaximum(axes: [Int], keepDimensions: Bool)
    /// Place of the greatest element along an axis, the first of equal ones; int32.
    case argumentMaximum(axis: Int, keepDimensions: Bool)
    /// The logarithm of a softmax.
    case logSoftmax(axis: Int)
    /// A state → its value. A byte of int8 state is kept less `initial`: memory that is zeroed then holds the initial value.
    case readState(initial: Int8)
    /// A value → the state (the output), the other way round.
    case writeState(initial: Int8)

    /// The operation's name as a person would write it.
    public var title: String {
        switch self {
        case .convolution: "convolution"
        case .depthwiseConvolution: "depthwise convolution"
        case .fullyConnected: "fully connected"
        case .batchNormalization: "batch normalisation"
        case .binary(let function, _): "\(function)"
        case .unary(let function, _, _): "\(function)"
        case .averagePool: "average pool"
        case .maxPool: "max pool"
        case .mean: "mean"
        case .softmax: "softmax"
        case .concatenate: "concatenate"
        case .reshape: "reshape"
        case .transpose: "transpose"
        case .slice: "slice"
        case .pad: "pad"
        case .resize: "resize"
        case .quantize: "quantize"
        case .detectionPostprocess: "detection post-process"
        case .gru: "GRU"
        case .lstm: "LSTM"
        case .matrixMultiply: "matrix multiply"
        case .gather: "gather"
        case .lookUp: "look up"
        case .broadcast: "broadcast"
        case .select: "select"
        case .reduceMaximum: "reduce maximum"
        case .argumentMaximum: "argument of the maximum"
        case .logSoftmax: "log softmax"
        case .readState: "read state"
        case .writeState: "write state"
        }
    }
}

/// What a convolution does after its own result, in one instruction. `before` is the tensor that would hold the value
/// the step starts from: it is never stored, but its quantisation says how the value is rounded there.
public enum FusedStep: Sendable, Equatable {
    /// An elementwise function; a table in int8.
    case function(UnaryFunction, alpha: Float, beta: Float, before: TensorID)
    /// The sum with node input 3.
    case add(Activation, before: TensorID)
    /// A depthwise convolution (multiplier 1) of a pointwise one's result; weights are node input 3, bias input 4.
    case depthwise(Window, Activation, before: TensorID)
}

/// One operation of the graph. Absent optional inputs are -1.
public struct Node: Sendable {
    public var name: String
    public var operation: Operation
    /// Steps fused after the operation, in order; only convolutions have them.
    public var tail: [FusedStep] = []
    public var inputs: [TensorID]
    public var outputs: [TensorID]
    /// Names of what was fused into this node, for people who read `nestc inspect`.
    public var fused: [String]

    public init(name: String, operation: Operation, inputs: [TensorID], outputs: [TensorID], fused: [String] = []) {
        self.name = name
        self.operation = operation
        self.inputs = inputs
        self.outputs = outputs
        self.fused = fused
    }
}

/// A model between import and lowering. Nodes are kept in execution order.
public struct Graph: Sendable {
    public var tensors: [GraphTensor] = []
    public var nodes: [Node] = []
    public var inputs: [TensorID] = []
    public var outputs: [TensorID] = []
    /// Goes into the nest: task, labels, image.mean, image.deviation, … (see Metadata keys in ARCHITECTURE.md).
    public var metadata: [String: String] = [:]
    /// Quantisation is said by conversions around float operations, as ONNX's quantisers do, and means int8 operations.
    public var isQuantizedByPairs = false

    public init() {}

    /// Appends a tensor and gives its index.
    @discardableResult
    public mutating func addTensor(_ tensor: GraphTensor) -> TensorID {
        tensors.append(tensor)
        return tensors.count - 1
    }

    /// Appends a float32 constant, its elements in row-major order of `shape`, and gives its index.
    @discardableResult
    public mutating func addConstant(_ name: String, shape: [Int], floats: [Float]) -> TensorID {
        addTensor(GraphTensor(name: name, shape: shape, type: .float32, constant: floats.littleEndianBytes))
    }

    /// Appends a node with one new output tensor and gives that tensor.
    @discardableResult
    public mutating func addNode(_ name: String, _ operation: Operation, inputs: [TensorID], output: GraphTensor) -> TensorID {
        let id = addTensor(output)
        nodes.append(Node(name: name, operation: operation, inputs: inputs, outputs: [id]))
        return id
    }
}
