import Foundation
@testable import ModelCompiler
import Engine
import Kernels
import Nest
import Platform
import Testing
import Vision

/// The models of Tests/golden/cases and onnx-operators, each with inputs and what ONNX Runtime or LiteRT says of them.
struct ModelCase {
    struct Values: Decodable {
        var shape: [Int]
        var type: String?
        var values: [Double]
    }

    struct Contents: Decodable {
        var inputs: [Values]?
        var expected: [Values]?
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../golden/cases").standardized
    let path: String
    let isChannelsFirst: Bool
    let contents: Contents

    init(_ name: String, in folder: URL = root) throws {
        path = folder.path + "/" + name
        isChannelsFirst = name.hasSuffix(".onnx")
        let json = URL(fileURLWithPath: path).deletingPathExtension().appendingPathExtension("json")
        contents = try JSONDecoder().decode(Contents.self, from: Data(contentsOf: json))
    }

    /// With contents that are no file of their own.
    init(_ name: String, reading contents: Contents, in folder: URL) throws {
        path = folder.path + "/" + name
        isChannelsFirst = name.hasSuffix(".onnx")
        self.contents = contents
    }

    /// The inputs of a run as the nest takes them.
    func bytes(ofInputs contents: Contents) -> [[UInt8]] {
        (contents.inputs ?? []).map { encoded(arranged($0, always: false), $0.type) }
    }

    static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: root.appendingPathComponent(name))) }

    static func compiled(_ graph: Graph) throws -> CompiledNest {
        let nest = try Compilation.compile(graph, CompilationOptions(name: "case"))
        try nest.verify()
        return nest
    }

    /// Images as nests have them, channels last.
    private func arranged(_ values: Values, always: Bool) -> [Double] {
        let shape = values.shape
        guard isChannelsFirst, shape.count == 4, always || (shape[2] > 1 && shape[3] > 1) else { return values.values }
        let pixels = shape[2] * shape[3]
        return (0..<values.values.count).map { index in
            let channel = index % shape[1], pixel = index / shape[1] % pixels, image = index / shape[1] / pixels
            return values.values[(image * shape[1] + channel) * pixels + pixel]
        }
    }

    private func encoded(_ values: [Double], _ type: String?) -> [UInt8] {
        switch type {
        case "int8": values.map { UInt8(bitPattern: Int8($0)) }
        case "uint8": values.map { UInt8($0) }
        case "int32": values.map { Int32($0) }.littleEndianBytes
        default: values.map { Float($0) }.littleEndianBytes
        }
    }

    private func decoded(_ bytes: [UInt8], _ type: String?) -> [Double] {
        switch type {
        case "int8": bytes.map { Double(Int8(bitPattern: $0)) }
        case "uint8": bytes.map { Double($0) }
        case "int32": bytes.elements(of: Int32.self).map { Double($0) }
        default: bytes.elements(of: Float.self).map { Double($0) }
        }
    }

    func expect() throws {
        let nest = try Self.compiled(Importer.load(path: path))
        try expect(RawRunner(NestReader(bytes: NestWriter.bytes(nest.contents))), contents)
    }

    /// One run.
    ///
    /// - Parameter steps: by how much whole numbers may differ.
    func expect(_ runner: RawRunner, _ contents: Contents, steps: Double = 0) throws {
        let expected = try #require(contents.expected), outputs = try runner.run(bytes(ofInputs: contents))
        #expect(outputs.count == expected.count)
        for (bytes, wanted) in zip(outputs, expected) {
            let values = decoded(bytes, wanted.type), right = arranged(wanted, always: true)
            #expect(values.count == right.count, "\(path)")
            let bound = wanted.type?.contains("int") == true ? steps : 1e-5 * max(1, right.map(abs).max() ?? 1)
            for (index, pair) in zip(values, right).enumerated() where !(abs(pair.0 - pair.1) <= bound) {
                Issue.record("\(path): value \(index) is \(pair.0), not \(pair.1)")
                break
            }
        }
    }
}

@Suite struct ModelCaseTests {
    @Test(arguments: [
        "onnx/averagepool-ceil-count-include-pad", "onnx/averagepool-ceil-last-window-in-padding", "onnx/conv-1x1-pad-1",
            "onnx/maxpool-dilations",
        "onnx/reducesum-noop-with-empty-axes", "onnx/resize-antialias", "onnx/resize-linear-scales-0.6",
            "onnx/resize-pytorch-half-pixel-to-1",
        "onnx/resize-scale-11-sevenths",
    ]) func matchesONNXRuntime(_ name: String) throws { try ModelCase(name + ".onnx").expect() }

    @Test(arguments: [
        "tflite/bias-quantized-dimension-3", "tflite/requantize-int8", "tflite/reshape-dynamic-batch", "tflite/resize-bilinear-int8",
            "tflite/tiny-scale", "tflite/argmax", "tflite/dilation-by-space-to-batch", "tflite/prelu-float", "tflite/add-int32",
    ]) func matchesLiteRT(_ name: String) throws { try ModelCase(name + ".tflite").expect() }

    /// Frames one after another into a variable that keeps the last ones, from its initial values on.
    @Test func variablesKeepTheirValues() throws {
        struct Stream: Decodable {
            struct Step: Decodable { var input: [Int], expected: [Int] }
            var steps: [Step]
        }
        let steps = try JSONDecoder().decode(Stream.self, from: Data(try ModelCase.bytes("tflite/stream-window-int8.json"))).steps
        let nest = try ModelCase.compiled(Importer.load(path: ModelCase.root.path + "/tflite/stream-window-int8.tflite"))
        let runner = try RawRunner(NestReader(bytes: NestWriter.bytes(nest.contents)))
        for _ in 0..<2 {
            for step in steps {
                let answer = try runner.run([step.input.map { UInt8(truncatingIfNeeded: $0) }])[0]
                #expect(answer.map { Int(Int8(bitPattern: $0)) } == step.expected)
            }
            runner.model.reset()
        }
    }

    /// Every case is in one of the lists above.
    @Test func allCasesAreTested() throws {
        let files = try ["onnx", "tflite"].flatMap { try FileManager.default.contentsOfDirectory(atPath: ModelCase.root.path + "/" + $0) }
        #expect(files.filter { $0.hasSuffix(".json") }.count == 9 + 5 + 5)
    }

    /// An attribute under a name that nobody reads.
    @Test func unreadAttributesAreRefused() throws {
        var bytes = try ModelCase.bytes("onnx/maxpool-dilations.onnx")
        let name = Array("dilations".utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: name) })
        bytes.replaceSubrange(place..<place + name.count, with: Array("dilatoins".utf8))
        #expect { try Importer.load(bytes: bytes) } throws: { "\($0)".contains("its attribute 'dilatoins' ([2, 2]) can't be imported") }
    }

    /// A table with two fields: an int32 that is asked for, and a flag.
    @Test func unreadOptionsAreFound() throws {
        func unread(flag: UInt8, reads: Int) throws -> [Int] {
            let file: [UInt8] = [16, 0, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 4, 0, 8, 0] + [8, 0, 0, 0] + [7, 0, 0, 0] + [flag, 0, 0, 0]
            let table = try FlatBuffer(file, what: "test", budget: ImportBudget(fileBytes: file.count, what: "test")).root().noting()
            #expect(try table.integer(0, default: Int32(0)) == 7)
            if reads > 1 { _ = try table.bool(1) }
            return try table.unreadFields()
        }
        #expect(try unread(flag: 1, reads: 1) == [1])
        #expect(try unread(flag: 1, reads: 2) == [])
        #expect(try unread(flag: 0, reads: 1) == [])
    }

    /// Lowered without the passes that would have made it loadable.
    @Test func whatCannotBeLoadedIsNotWritten() throws {
        var graph = Graph()
        let x = graph.addTensor(GraphTensor(name: "x", shape: [1, 4, 4, 1], type: .float32))
        graph.inputs = [x]
        let w = graph.addConstant("w", shape: [1, 1, 1, 1], floats: [2])
        let window = Window(kernel: (1, 1), padding: Padding(top: 1, left: 1, bottom: 1, right: 1))
        let y = graph.addNode("wide", .convolution(window, .none), inputs: [x, w, -1],
                              output: GraphTensor(name: "y", shape: [1, 6, 6, 1], type: .float32))
        graph.outputs = [y]
        let broken = try lower([graph], name: "wide")
        #expect { try broken.verify() } throws: { "\($0)".contains("impossible padding 1") && "\($0)".contains("nothing was written") }
        #expect(try run(Compilation.compile(graph, CompilationOptions(name: "wide")), [Float](repeating: 1, count: 16)).reduce(0, +) == 32)
    }

    @Test func classifierTakesOnlyClasses() throws {
        func classifier(_ name: String) throws -> Classifier {
            let nest = try ModelCase.compiled(Importer.load(path: ModelCase.root.path + "/tflite/\(name).tflite"))
            return try Classifier(Model(contents: nest.contents, kernels: .chosen(for: .detect()), pool: ThreadPool(threads: 1)))
        }
        #expect { try classifier("no-classifier") } throws: { "\($0)".contains("output of 8x8x6 is no list of classes") }
        #expect(try classifier("labels-in-the-file").labels == ["red", "green", "blue"])
    }

    /// A folder's own pictures count, whatever others are called.
    @Test func allPicturesOfAFolderAreUsed() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pictures-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["imagenet_00_243.jpg", "mine.png", "other.JPEG", "notes.txt"] {
            try Data().write(to: folder.appendingPathComponent(name))
        }
        let entries = try ImageFolder(path: folder.path).entries
        #expect(entries.map { URL(fileURLWithPath: $0.path).lastPathComponent } == ["imagenet_00_243.jpg", "mine.png", "other.JPEG"])
        #expect(entries.map(\.label) == [243, nil, nil])
    }
}
