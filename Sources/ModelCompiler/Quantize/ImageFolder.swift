import Engine
import Foundation
import Nest
import Platform
import Vision

/// Pictures of a folder, with the class of each where the folder says it: `labels.csv` (file, index), or names like
/// `imagenet_03_990.jpg`, whose last number is the class.
public struct ImageFolder: Sendable {
    /// A picture, and its class where the folder says it.
    public struct Entry: Sendable {
        public var path: String
        public var label: Int?
    }

    public var entries: [Entry]

    /// - Throws: `.inputOutput` where the folder can't be read, `.usage` where it holds no JPEG or PNG pictures.
    public init(path: String) throws {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: path).sorted() } catch {
            throw Failure(.inputOutput, "\(path): can't be read (\(error.localizedDescription))")
        }
        let table = Self.labels(path + "/labels.csv")
        let pictures = names.filter { ["jpg", "jpeg", "png"].contains(($0 as NSString).pathExtension.lowercased()) }
        entries = pictures.map { name in
            Entry(path: path + "/" + name, label: table[name] ?? Self.label(name))
        }
        guard !entries.isEmpty else { throw Failure(.usage, "\(path): no .jpg or .png pictures in it") }
    }

    private static func labels(_ path: String) -> [String: Int] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [:] }
        var all: [String: Int] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let cells = line.split(separator: ",")
            if cells.count >= 2, let label = Int(cells[1].trimmingCharacters(in: .whitespaces)) { all[String(cells[0])] = label }
        }
        return all
    }

    private static func label(_ name: String) -> Int? {
        guard name.hasPrefix("imagenet_") else { return nil }
        return (name as NSString).deletingPathExtension.split(separator: "_").last.flatMap { Int($0) }
    }

    /// At most `limit` of the pictures, as inputs of image models.
    ///
    /// - Parameter asViews: each of them in many views as well, for models that look for things of any size (`PictureViews`).
    public func samples(limit: Int = .max, asViews: Bool = false) -> Samples {
        let chosen = Array(entries.prefix(limit)), views = PictureViews(paths: chosen.map(\.path))
        // By what the input wants, not by the model: a model that comes after another may lie at the same address.
        var preprocessors: [String: ImagePreprocessor] = [:]
        return Samples(count: asViews ? views.count : chosen.count) { model, index in
            let record = model.inputRecord(0)
            let key = "\(record.type) \(record.shapeText) \(record.scale) \(record.zeroPoint)"
            let preprocessor: ImagePreprocessor
            if let known = preprocessors[key] {
                preprocessor = known
            } else {
                preprocessor = try ImagePreprocessor(try NetworkInput(of: model))
                preprocessors[key] = preprocessor
            }
            try views.run(index, preprocessor, into: model.input(0).baseAddress!)
        }
    }
}

/// How often a classifier's first answer is right.
public struct Accuracy: Sendable, Equatable {
    public var right: Int
    public var total: Int
    /// The answer for each labelled picture, in order.
    public var answers: [Int]

    /// Right answers in a hundred; 0 without any pictures.
    public var percent: Double { total == 0 ? 0 : 100 * Double(right) / Double(total) }

    /// - Throws: `.usage` where no picture has a label, or the model's output isn't a list of classes.
    public init(_ contents: NestContents, on folder: ImageFolder) throws {
        let model = try Model(contents: contents, kernels: .chosen(for: .detect()), pool: try ThreadPool(threads: 1))
        let labelled = folder.entries.filter { $0.label != nil }
        guard !labelled.isEmpty else { throw Failure(.usage, "no picture has a label: put a labels.csv (file, class index) beside them") }
        var subset = folder
        subset.entries = labelled
        let samples = subset.samples()
        right = 0
        total = labelled.count
        answers = []
        for (index, entry) in labelled.enumerated() {
            try samples.fill(model, index)
            try model.run()
            let record = model.outputRecord(0), bytes = model.output(0)
            let scores: [Float]
            switch record.type {
            case .float32: scores = Array(bytes.bindMemory(to: Float.self))
            case .int8: scores = bytes.bindMemory(to: Int8.self).map(Float.init)
            default: throw Failure(.usage, "an output of type \(record.type) isn't a list of scores")
            }
            let answer = scores.indices.max { scores[$0] < scores[$1] } ?? 0
            answers.append(answer)
            // Models with 1001 classes have "background" first.
            if answer == (entry.label ?? 0) + (scores.count == 1001 ? 1 : 0) { right += 1 }
        }
    }
}
