import Platform

/// Decodes a vector of F32, F16 or BF16: norm weights and biases. `what` stands in messages. Values must be finite.
func floatVector(_ bytes: UnsafeRawBufferPointer, _ encoding: TransformerModel.Encoding, what: String) throws -> [Float] {
    let values: [Float]
    switch encoding {
    case .f32: values = (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    case .f16: values = (0..<bytes.count / 2).map { Float16Bits.float(bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)) }
    case .bf16: values = (0..<bytes.count / 2).map {
        Float(bitPattern: UInt32(bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)) << 16)
    }
    default: throw Failure(.unsupported, "\(what) is \(encoding.name); F32, F16 and BF16 can be imported here")
    }
    guard values.allSatisfy(\.isFinite) else { throw Failure(.badFormat, "\(what) holds values that are not finite numbers") }
    return values
}
