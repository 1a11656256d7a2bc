import Nest
import Platform

/// Which element types an operation may join.
enum TypeRules {
    static func check(_ operation: Operation, inputs: [GraphTensor?], outputs: [GraphTensor]) throws {
        for tensor in inputs.compactMap({ $0 }) + outputs where tensor.constant == nil && tensor.type == .int8 {
            guard let quantization = tensor.quantization, quantization.scales.count == 1, quantization.scale > 0 else {
                throw Failure(.unsupported, "the int8 tensor '\(tensor.name)' has no single positive scale")
            }
        }
        let given = inputs.map { $0?.type }, made = outputs.map(\.type)
        let fits = switch operation {
        case .convolution, .depthwiseConvolution, .fullyConnected: weighted(given, inputs, made[0])
        case .quantize where given[0] == .int32 || made[0] == .int32:
            [.int32, .float32].contains(given[0]) && [.int32, .float32].contains(made[0]) && given[0] != made[0]
        case .quantize: [.int8, .float32].contains(given[0]) && [.int8, .float32].contains(made[0])
        case .lookUp: given[0] == made[0] && given[1] == .int32 && inputs[0]?.quantization == outputs[0].quantization
        case .gather: given[0] == made[0] && given.count == 2 && given[1] == .int32
        case .binary(let function, .none) where made[0] == .int32:
            given.allSatisfy { $0 == .int32 } && [.add, .subtract, .multiply, .maximum, .minimum].contains(function)
        case .argumentMaximum: [.int8, .float32].contains(given[0]) && made[0] == .int32
        case .reshape, .transpose, .slice, .pad, .concatenate, .broadcast: given.allSatisfy { $0 == made[0] }
        case .batchNormalization, .detectionPostprocess, .gru, .lstm, .matrixMultiply, .select:
            given.allSatisfy { $0 == nil || $0 == .float32 } && made.allSatisfy { $0 == .float32 }
        default: given.allSatisfy { $0 == made[0] } && [.int8, .float32].contains(made[0])
        }
        guard fits else {
            let names = given.map { $0.map { "\($0)" } ?? "none" }.joined(separator: ", ")
            throw Failure(.unsupported, "it can't go from \(names) to \(made.map { "\($0)" }.joined(separator: ", "))")
        }
    }

    private static func weighted(_ given: [ElementType?], _ inputs: [GraphTensor?], _ made: ElementType) -> Bool {
        let bias = given.count > 2 ? given[2] : nil
        switch given[0] {
        case .float32: return given[1] == .float32 && (bias == nil || bias == .float32) && made == .float32
        case .int8:
            // An int8 layer's bias may only be int32 in units of input scale times weights scale.
            return (given[1] == .int8 || given[1] == .uint8) && inputs[1]?.quantization != nil && inputs[1]?.constant != nil
                && (bias == nil || bias == .int32) && made == .int8
        default: return false
        }
    }
}
