import Foundation

/// Class names in the ZIP archive that TensorFlow Lite's metadata tools put behind a model: a text file with one a line.
enum TFLiteLabels {
    /// The labels of the first text file that has a name for each class; nil where there is none. `outputs`: the
    /// model's. What isn't such an archive holds no labels, which is no fault of the model.
    static func find(_ reader: SourceReader, outputs: [GraphTensor], budget: ImportBudget) -> [String]? {
        guard let classes = outputs.compactMap(\.shape.last).max(), classes >= 2, let zip = try? StoredZip(reader, budget: budget) else {
            return nil
        }
        for (name, entry) in zip.entries.sorted(by: { $0.key < $1.key }) where name.lowercased().hasSuffix(".txt")
            && entry.length <= 1 << 20 {
            guard let bytes = try? reader.slice(at: entry.offset, length: entry.length), let labels = try? Labels.parse(Data(bytes)) else {
                continue
            }
            if labels.count == classes { return labels }
        }
        return nil
    }
}
