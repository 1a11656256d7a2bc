import Foundation
import Platform

/// CTranslate2's model.bin, version 6: names, shapes and types, each followed by its data, which stays mapped. The layout is
/// that of CTranslate2's own writer: everything little-endian, texts with their length (16 bits) and a closing zero.
final class CTranslate2File {
    struct Tensor {
        /// Outermost dimension first; none: a number.
        var shape: [Int]
        var type: Number
        var place: Range<Int>
    }

    /// Element types by their number in the file.
    enum Number: UInt8 {
        case float32 = 0, int8 = 1, int16 = 2, int32 = 3, float16 = 4, bfloat16 = 5
        var bytes: Int {
            switch self {
            case .int8: 1
            case .int16, .float16, .bfloat16: 2
            case .float32, .int32: 4
            }
        }
    }

    let source: SourceBytes
    /// What kind of model it is: "WhisperSpec".
    private(set) var specification = ""
    private var tensors: [String: Tensor] = [:]
    private var taken: Set<String> = []
    private var at = 0

    private static let mostTensors: UInt32 = 1 << 16

    init(_ source: SourceBytes) throws {
        self.source = source
        let version: UInt32 = try take()
        guard version == 6 else { throw Failure(.unsupported, "model.bin: version \(version) can't be imported; 6 can") }
        specification = try text()
        let _: UInt32 = try take()
        let count: UInt32 = try take()
        guard count <= Self.mostTensors else { throw Failure(.badFormat, "model.bin: \(count) variables are not believable") }
        for _ in 0..<count { try readTensor() }
        let aliases: UInt32 = try take()
        guard aliases <= Self.mostTensors else { throw Failure(.badFormat, "model.bin: \(aliases) aliases are not believable") }
        for _ in 0..<aliases {
            let alias = try text(), name = try text()
            guard let tensor = tensors[name], tensors.updateValue(tensor, forKey: alias) == nil else {
                throw Failure(.badFormat, "model.bin: the alias '\(alias.prefix(60))' is taken or stands for nothing")
            }
        }
    }

    // MARK: parsing

    private func advance(_ bytes: Int) throws -> Int {
        guard bytes <= source.bytes.count - at else {
            throw Failure(.badFormat, "model.bin: \(bytes) bytes at offset \(at) lie beyond its \(source.bytes.count); it is truncated or "
                          + "damaged")
        }
        defer { at += bytes }
        return at
    }

    private func take<Value: FixedWidthInteger & BitwiseCopyable>() throws -> Value {
        let start = try advance(MemoryLayout<Value>.size)
        return Value(littleEndian: source.bytes.loadUnaligned(fromByteOffset: start, as: Value.self))
    }

    private func text() throws -> String {
        let length: UInt16 = try take()
        let start = try advance(Int(length))
        guard length >= 1, source.bytes[start + Int(length) - 1] == 0 else {
            throw Failure(.badFormat, "model.bin: a name at offset \(start) doesn't end; it is damaged")
        }
        return source.text(start..<start + Int(length) - 1)
    }

    private func readTensor() throws {
        let name = try text(), rank: UInt8 = try take()
        guard rank <= 8 else { throw Failure(.badFormat, "model.bin: '\(name.prefix(60))' has \(rank) dimensions") }
        var shape: [Int] = [], elements: Int64 = 1
        for _ in 0..<rank {
            let size: UInt32 = try take()
            shape.append(Int(size))
            let (product, overflow) = elements.multipliedReportingOverflow(by: Int64(size))
            guard !overflow, product <= 1 << 40 else {
                throw Failure(.badFormat, "model.bin: '\(name.prefix(60))' has an impossible shape")
            }
            elements = product
        }
        let number: UInt8 = try take(), bytes: UInt32 = try take()
        guard let type = Number(rawValue: number) else {
            throw Failure(.unsupported, "model.bin: '\(name.prefix(60))' is of type \(number), which can't be imported")
        }
        guard elements * Int64(type.bytes) == Int64(bytes) else {
            throw Failure(.badFormat, "model.bin: '\(name.prefix(60))' of shape \(shape) can't have \(bytes) bytes")
        }
        let start = try advance(Int(bytes))
        guard tensors.updateValue(Tensor(shape: shape, type: type, place: start..<start + Int(bytes)), forKey: name) == nil else {
            throw Failure(.badFormat, "model.bin: '\(name.prefix(60))' is there twice")
        }
    }

    // MARK: taking

    func shape(_ name: String) -> [Int]? { tensors[name]?.shape }

    /// A whole number that stands alone; nil: not there.
    func number(_ name: String) -> Int? {
        guard let tensor = tensors[name], tensor.shape.isEmpty else { return nil }
        taken.insert(name)
        let bytes = source.bytes, start = tensor.place.lowerBound
        switch tensor.type {
        case .int8: return Int(bytes.loadUnaligned(fromByteOffset: start, as: Int8.self))
        case .int16: return Int(bytes.loadUnaligned(fromByteOffset: start, as: Int16.self))
        case .int32: return Int(bytes.loadUnaligned(fromByteOffset: start, as: Int32.self))
        default: return nil
        }
    }

    /// Throws where variables are left that would change the result.
    func finish() throws {
        // Numbers that a Whisper leaves alone, and those that say where words lie in time.
        let left = tensors.keys.filter { !taken.contains($0) && !$0.hasSuffix("alignment_heads") && !$0.hasSuffix("alignment_layer") }
        if let first = left.sorted().first {
            throw Failure(.unsupported, "model.bin: '\(first.prefix(80))'\(left.count > 1 ? " and \(left.count - 1) more are" : " is") "
                          + "no part of the Whisper models that can be imported")
        }
    }
}

extension CTranslate2File: SpeechTensors {
    var separator: String { "/" }

    func matrix(_ name: String, rows: Int, columns: Int) throws -> TransformerModel.EncodedMatrix {
        let (tensor, encoding) = try take(name, [rows, columns])
        return TransformerModel.EncodedMatrix(name: name, rows: rows, columns: columns, encoding: encoding,
                                              bytes: source.view(tensor.place))
    }

    func floats(_ name: String, shape: [Int]) throws -> [Float] {
        let (tensor, encoding) = try take(name, shape)
        return try floatVector(UnsafeRawBufferPointer(rebasing: source.bytes[tensor.place]), encoding, what: "'\(name)'")
    }

    private func take(_ name: String, _ shape: [Int]) throws -> (Tensor, TransformerModel.Encoding) {
        guard let tensor = tensors[name] else { throw Failure(.badFormat, "model.bin: '\(name)' is missing") }
        guard tensor.shape == shape else {
            throw Failure(.badFormat, "model.bin: '\(name)' has the shape \(tensor.shape), not \(shape)")
        }
        let encodings: [Number: TransformerModel.Encoding] = [.float32: .f32, .float16: .f16, .bfloat16: .bf16]
        guard let encoding = encodings[tensor.type] else {
            throw Failure(.unsupported, "model.bin: '\(name)' is quantised; float32, float16 and bfloat16 can be imported")
        }
        taken.insert(name)
        return (tensor, encoding)
    }
}
