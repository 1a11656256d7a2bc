import Foundation
import Platform

/// What a person may add to a source model that doesn't carry it.
public struct ImportOptions: Sendable {
    /// A file of class names: one a line, or JSON (a list of names, or a map from index to name).
    public var labels: String?
    /// Replaces the model's own name.
    public var name: String?
    /// Set last, over what the importer found out (keys in ARCHITECTURE.md).
    public var metadata: [String: String]
    /// Fixed sizes for named dimensions of ONNX inputs ("sequence": 1). Unnamed ones and those not given become 1.
    public var dimensions: [String: Int]
    /// Shapes for whole ONNX inputs, where the dimensions have no names.
    public var inputShapes: [String: [Int]]

    /// ONNX inputs of a single number that are fixed to a value ("sr": 16000) and so disappear.
    public var constants: [String: Double]

    /// ONNX inputs that the program keeps: each is in a run what the output that it is mapped to was in the run before, at
    /// first zero. Neither is an input or output of the nest.
    public var states: [String: String]
    /// ONNX inputs whose first elements along the last axis, so many, are the last ones of the run before: a run takes the rest.
    public var contexts: [String: Int]

    public init(labels: String? = nil, name: String? = nil, metadata: [String: String] = [:], dimensions: [String: Int] = [:],
                inputShapes: [String: [Int]] = [:], constants: [String: Double] = [:], states: [String: String] = [:],
                contexts: [String: Int] = [:]) {
        self.labels = labels
        self.name = name
        self.metadata = metadata
        self.dimensions = dimensions
        self.inputShapes = inputShapes
        self.constants = constants
        self.states = states
        self.contexts = contexts
    }
}

/// Reads published models into the compiler's graph.
public enum Importer {
    /// The formats, told apart by their first bytes.
    public enum Format: String, Sendable, CaseIterable { case tflite, onnx, pytorch }

    /// Reads a model file. Throws `Failure`: `.inputOutput` where the file can't be read, `.badFormat` where it is
    /// damaged, `.unsupported` where it holds something the compiler can't do yet.
    public static func load(path: String, options: ImportOptions = ImportOptions()) throws -> Graph {
        let data: Data
        do {
            // A device or pipe would be read for ever.
            _ = try MappedFile(path: path)
            data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.inputOutput, "\(path): can't be read (\(error.localizedDescription)); check the path")
        }
        var named = options
        if named.name == nil { named.name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent }
        do {
            return try load(bytes: [UInt8](data), options: named)
        } catch let failure as Failure {
            throw Failure(failure.kind, "\(path): \(failure.description)")
        }
    }

    /// Reads a model in memory; as `load(path:)`.
    public static func load(bytes: [UInt8], options: ImportOptions = ImportOptions()) throws -> Graph {
        guard let format = format(of: bytes) else {
            throw Failure(.badFormat, "not a model file that can be imported; TFLite, ONNX and PyTorch state dicts are")
        }
        var graph = try read(bytes, as: format, options: options)
        if let path = options.labels { graph.metadata["labels"] = try Labels.load(path: path).joined(separator: "\n") }
        if let name = options.name { graph.metadata["name"] = name }
        graph.metadata.merge(options.metadata) { $1 }
        return graph
    }

    /// The format that the first bytes speak of; nil for none.
    public static func format(of bytes: [UInt8]) -> Format? {
        if bytes.count >= 8, bytes[4..<8].elementsEqual("TFL3".utf8) { return .tflite }
        if bytes.starts(with: [0x50, 0x4b, 0x03, 0x04]) || bytes.starts(with: [0x80, 0x02]) { return .pytorch }
        // ONNX has no magic: its first field is ir_version (field 1, a small varint).
        if bytes.count > 2, bytes[0] == 0x08, bytes[1] < 0x40 { return .onnx }
        return nil
    }

    private static func read(_ bytes: [UInt8], as format: Format, options: ImportOptions) throws -> Graph {
        let graph: Graph
        switch format {
        case .tflite: graph = try TFLiteImporter.graph(bytes)
        case .pytorch: graph = try EfficientNetLite.graph(StateDict(bytes))
        case .onnx: graph = try ONNXImporter.graph(bytes, options: options)
        }
        try graph.check()
        return graph
    }
}
