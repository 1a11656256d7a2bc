import Platform

/// The parts of a TFLite file that the importer needs, by the schema's field numbers.
struct TFLiteModel {
    struct OperatorCode {
        /// Name of the builtin operator, or the custom operator's own.
        var name: String
        var isCustom: Bool
    }

    /// The whole file.
    let reader: SourceReader
    let description: String
    let operatorCodes: [OperatorCode]
    let buffers: [FlatTable]
    private let subgraphs: [FlatTable]
    /// Names of buffers that hold something about the model.
    private let notes: [FlatTable]
    // Of one of the file's graphs: the first, or what `subgraph` names.
    private(set) var tensors: [FlatTable] = []
    private(set) var inputs: [Int] = []
    private(set) var outputs: [Int] = []
    private(set) var operators: [FlatTable] = []

    init(_ bytes: [UInt8], budget: ImportBudget) throws {
        let buffer = FlatBuffer(bytes, what: "TFLite file", budget: budget), model = try buffer.root()
        reader = buffer.reader
        let version: UInt32 = try model.integer(0, default: 0)
        guard version == 3 else { throw Failure(.unsupported, "TFLite file: schema version \(version); version 3 works") }
        operatorCodes = try model.tables(1).map { code in
            // Codes above 127 moved to a wider field; older files have only the byte.
            let narrow: Int8 = try code.integer(0, default: 0), wide: Int32 = try code.integer(3, default: 0)
            let builtin = max(Int(narrow), Int(wide)), custom = try code.string(1)
            return builtin == TFLiteModel.customCode ? OperatorCode(name: custom ?? "unnamed custom operator", isCustom: true)
                : OperatorCode(name: TFLiteOperatorName.name(code: builtin), isCustom: false)
        }
        description = try model.string(3) ?? ""
        buffers = try model.tables(4)
        subgraphs = try model.tables(2)
        notes = try model.tables(6)
        guard !subgraphs.isEmpty else { throw Failure(.badFormat, "TFLite file: it holds no graph") }
        try select(0)
    }

    /// The file with another of its graphs.
    func subgraph(_ index: Int) throws -> TFLiteModel {
        guard subgraphs.indices.contains(index) else { throw Failure(.badFormat, "it refers to graph \(index) of \(subgraphs.count)") }
        var model = self
        try model.select(index)
        return model
    }

    /// The bytes that the file keeps under this name; nil where it has none.
    func metadata(_ name: String) throws -> [UInt8]? {
        for note in notes where try note.string(0) == name {
            let buffer = Int(try note.integer(1, default: UInt32(0)))
            return buffers.indices.contains(buffer) ? try buffers[buffer].bytes(0) : nil
        }
        return nil
    }

    private mutating func select(_ index: Int) throws {
        let graph = subgraphs[index]
        tensors = try graph.tables(0)
        inputs = try TFLiteModel.indices(graph.integers(1, as: Int32.self))
        outputs = try TFLiteModel.indices(graph.integers(2, as: Int32.self))
        operators = try graph.tables(3)
    }

    private static let customCode = 32

    static func indices(_ list: [Int32]?) -> [Int] { (list ?? []).map(Int.init) }
}

/// An operator of the file.
struct TFLiteOperator {
    let index: Int
    /// Operators have no names of their own: the name of the first output tensor.
    let name: String
    let operation: String
    let isCustom: Bool
    /// Indices of the file's tensors; -1: absent.
    let inputs: [Int]
    let outputs: [Int]
    let options: FlatTable?
    let customOptions: [UInt8]

    init(_ table: FlatTable, index: Int, in model: TFLiteModel) throws {
        let code: UInt32 = try table.integer(0, default: 0)
        guard model.operatorCodes.indices.contains(Int(code)) else {
            throw Failure(.badFormat, "TFLite file: node \(index) has no operator \(code)")
        }
        self.index = index
        operation = model.operatorCodes[Int(code)].name
        isCustom = model.operatorCodes[Int(code)].isCustom
        inputs = TFLiteModel.indices(try table.integers(1, as: Int32.self))
        outputs = TFLiteModel.indices(try table.integers(2, as: Int32.self))
        options = try table.table(4)?.noting()
        customOptions = isCustom ? try table.bytes(5) ?? [] : []
        let first = outputs.first ?? -1
        name = model.tensors.indices.contains(first) ? try model.tensors[first].string(3) ?? "" : ""
    }
}
