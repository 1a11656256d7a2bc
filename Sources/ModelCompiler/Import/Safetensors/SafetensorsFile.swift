import Foundation
import Platform

/// A safetensors file: a JSON header of names, types, shapes and places, then the data, which stays mapped.
struct SafetensorsFile {
    struct Tensor {
        /// Outermost dimension first.
        var shape: [Int]
        /// As the header writes it: "BF16".
        var type: String
        var place: Range<Int>
    }

    let source: SourceBytes
    private(set) var tensors: [String: Tensor] = [:]

    private static let longestHeader = 100_000_000, mostTensors = 1 << 16
    static let elementBytes = ["F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1]

    /// `name` stands in messages.
    init(_ source: SourceBytes, name: String) throws {
        self.source = source
        let bytes = source.bytes
        guard bytes.count >= 8 else { throw Failure(.badFormat, "\(name): it has \(bytes.count) bytes, too few for a safetensors file") }
        let length = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        guard length <= UInt64(bytes.count - 8), length <= UInt64(Self.longestHeader) else {
            throw Failure(.badFormat,
                          "\(name): its header claims \(length) bytes of \(bytes.count); it is truncated or no safetensors file")
        }
        let start = 8 + Int(length)
        let header = try JSONFields(parsing: Data(bytes[8..<start]), what: "\(name): the header")
        guard header.fields.count <= Self.mostTensors else {
            throw Failure(.badFormat, "\(name): \(header.fields.count) tensors are not believable")
        }
        for key in header.fields.keys where key != "__metadata__" {
            tensors[key] = try Self.tensor(header, key, dataStart: start, dataBytes: bytes.count - start, name: name)
        }
        try refuseOverlaps(tensors.map { ($0.key, $0.value.place) }, what: name)
    }

    private static func tensor(_ header: JSONFields, _ key: String, dataStart: Int, dataBytes: Int, name: String) throws -> Tensor {
        guard let entry = try header.object(key), let type = try entry.text("dtype"), let shape = try entry.list("shape"),
              let places = try entry.list("data_offsets") else {
            throw Failure(.badFormat, "\(name): tensor '\(key)' has no dtype, shape or data_offsets")
        }
        let dimensions = shape.compactMap { wholeNumber($0, in: 0...(1 << 40)) }
        let offsets = places.compactMap { wholeNumber($0, in: 0...dataBytes) }
        guard dimensions.count == shape.count, dimensions.count <= 8, offsets.count == 2, places.count == 2, offsets[0] <= offsets[1] else {
            throw Failure(.badFormat,
                          "\(name): tensor '\(key)' has an impossible shape or lies outside the file; it is truncated or damaged")
        }
        var elements = 1
        for dimension in dimensions {
            let (product, overflow) = elements.multipliedReportingOverflow(by: dimension)
            guard !overflow, product <= 1 << 48 else { throw Failure(.badFormat, "\(name): tensor '\(key)' has an impossible shape") }
            elements = product
        }
        guard let size = elementBytes[type] else {
            throw Failure(.unsupported, "\(name): tensor '\(key)' is of type '\(type.prefix(20))', which can't be imported")
        }
        guard elements * size == offsets[1] - offsets[0] else {
            throw Failure(.badFormat,
                          "\(name): tensor '\(key)' takes \(elements * size) bytes but the header gives it \(offsets[1] - offsets[0])")
        }
        return Tensor(shape: dimensions, type: type, place: dataStart + offsets[0]..<dataStart + offsets[1])
    }
}
