import Nest
import Platform

/// The operators that can be imported, by name.
enum TFLiteOperators {
    typealias Handler = (inout TFLiteImporter, TFLiteOperator) throws -> Void

    static func handler(_ item: TFLiteOperator) -> Handler? { item.isCustom ? custom[item.operation] : builtin[item.operation] }

    static let custom: [String: Handler] = ["TFLite_Detection_PostProcess": { try $0.detectionPostprocess($1) }]

    static let builtin: [String: Handler] = [
        "CONV_2D": { try $0.convolution($1) },
        "DEPTHWISE_CONV_2D": { try $0.depthwiseConvolution($1) },
        "FULLY_CONNECTED": { try $0.fullyConnected($1) },
        "AVERAGE_POOL_2D": { try $0.pool($1) { .averagePool($0, countPadding: false, $1) } },
        "MAX_POOL_2D": { try $0.pool($1) { .maxPool($0, $1) } },
        "ADD": { try $0.binary($1, .add) },
        "SUB": { try $0.binary($1, .subtract) },
        "MUL": { try $0.binary($1, .multiply) },
        "DIV": { try $0.binary($1, .divide) },
        "MAXIMUM": { try $0.binary($1, .maximum, hasActivation: false) },
        "MINIMUM": { try $0.binary($1, .minimum, hasActivation: false) },
        "MEAN": { try $0.mean($1) },
        "SOFTMAX": { try $0.softmax($1) },
        "CONCATENATION": { try $0.concatenation($1) },
        "PACK": { try $0.pack($1) },
        "SPLIT": { try $0.split($1, input: 1, axis: 0) },
        "SPLIT_V": { try $0.split($1, input: 0, axis: 2) },
        "RESHAPE": { try $0.reshape($1) },
        "SQUEEZE": { try $0.simple($1, .reshape) },
        "EXPAND_DIMS": { try $0.simple($1, .reshape) },
        "SHAPE": { try $0.shape($1) },
        "PAD": { try $0.pad($1) },
        "PADV2": { try $0.pad($1) },
        "SLICE": { try $0.slice($1) },
        "STRIDED_SLICE": { try $0.stridedSlice($1) },
        "TRANSPOSE": { try $0.transpose($1) },
        "GATHER": { try $0.gather($1) },
        "RESIZE_BILINEAR": { try $0.resize($1, .bilinear, firstFlag: 2) },
        "RESIZE_NEAREST_NEIGHBOR": { try $0.resize($1, .nearest, firstFlag: 0) },
        "QUANTIZE": { try $0.quantize($1) },
        "DEQUANTIZE": { try $0.dequantize($1) },
        "RELU": { try $0.unary($1, .relu) },
        "RELU6": { try $0.unary($1, .relu6) },
        "RELU_N1_TO_1": { try $0.unary($1, .clip, -1, 1) },
        "RELU_0_TO_1": { try $0.unary($1, .clip, 0, 1) },
        "LEAKY_RELU": { importer, item in try importer.unary(item, .leakyRelu, item.options?.float(0, default: 0) ?? 0) },
        "LOGISTIC": { try $0.unary($1, .sigmoid) },
        "TANH": { try $0.unary($1, .tanh) },
        "HARD_SWISH": { try $0.unary($1, .hardSwish) },
        "GELU": { try $0.unary($1, .gelu) },
        "EXP": { try $0.unary($1, .exponential) },
        "LOG": { try $0.unary($1, .logarithm) },
        "SQRT": { try $0.unary($1, .squareRoot) },
        "ABS": { try $0.unary($1, .absolute) },
        "NEG": { try $0.unary($1, .negate) },
    ]
}
