import Platform

/// The messages of an ONNX file that the importer needs, by their field numbers in onnx.proto.
struct ONNXModel {
    var graph = ONNXGraph()
    /// Version of the default operator set.
    var operatorSet = 0
    var producer = ""

    init(_ bytes: [UInt8], budget: ImportBudget) throws {
        let file = ONNXFile(reader: SourceReader(bytes, what: "ONNX file"), budget: budget)
        var message = WireReader(file.reader, 0..<bytes.count), hasGraph = false
        while let (field, value) = try message.next() {
            switch (field, value) {
            case (2, .bytes(let range)): producer = try file.text(range)
            case (7, .bytes(let range)):
                graph = try file.graph(range, depth: 0)
                hasGraph = true
            case (8, .bytes(let range)):
                let (domain, version) = try file.operatorSet(range)
                if domain.isEmpty || domain == "ai.onnx" { operatorSet = version }
            default: break
            }
        }
        guard hasGraph else { throw Failure(.badFormat, "ONNX file: it holds no graph") }
    }
}

struct ONNXGraph {
    var nodes: [ONNXNode] = []
    var initializers: [ONNXTensor] = []
    var inputs: [ONNXValueInfo] = []
    var outputs: [ONNXValueInfo] = []
}

struct ONNXNode {
    var index = 0
    var name = ""
    var operation = ""
    var domain = ""
    /// Names of values; empty: absent.
    var inputs: [String] = []
    var outputs: [String] = []
    var attributes = ONNXAttributes()
}

struct ONNXAttribute {
    var float: Float = 0
    var integer = 0
    var text = ""
    var integers: [Int] = []
    var floats: [Float] = []
    var tensor: ONNXTensor?
    var graph: ONNXGraph?
}

struct ONNXTensor {
    var name = ""
    var shape: [Int] = []
    var type = 0
    var floats: [Float] = []
    var integers: [Int] = []
    /// Where the raw little-endian elements lie in the file.
    var raw: Range<Int>?
    var isExternal = false
}

struct ONNXValueInfo {
    var name = ""
    var type = 0
    /// A number or the name of a dimension that is open.
    var dimensions: [(size: Int?, name: String)] = []
    var hasShape = false
}

/// Reads the messages. Graphs nest through the attributes of control flow; `depth` bounds that.
struct ONNXFile {
    let reader: SourceReader
    let budget: ImportBudget

    func text(_ range: Range<Int>) throws -> String {
        try budget.charge(range.count + 16)
        return try reader.text(at: range.lowerBound, length: range.count)
    }

    func operatorSet(_ range: Range<Int>) throws -> (domain: String, version: Int) {
        var message = WireReader(reader, range), result = (domain: "", version: 0)
        while let (field, value) = try message.next() {
            switch (field, value) {
            case (1, .bytes(let range)): result.domain = try text(range)
            case (2, .varint(let number)): result.version = Int(truncatingIfNeeded: number)
            default: break
            }
        }
        return result
    }

    func graph(_ range: Range<Int>, depth: Int) throws -> ONNXGraph {
        guard depth < 8 else { throw Failure(.unsupported, "ONNX file: its graphs nest more than 8 deep") }
        var message = WireReader(reader, range), graph = ONNXGraph()
        while let (field, value) = try message.next() {
            guard case .bytes(let range) = value else { continue }
            switch field {
            case 1:
                var node = try node(range, depth: depth)
                node.index = graph.nodes.count
                graph.nodes.append(node)
            case 5: graph.initializers.append(try tensor(range))
            case 11: graph.inputs.append(try valueInfo(range))
            case 12: graph.outputs.append(try valueInfo(range))
            case 15: throw Failure(.unsupported, "ONNX file: sparse initializers can't be imported")
            default: break
            }
        }
        return graph
    }

    private func node(_ range: Range<Int>, depth: Int) throws -> ONNXNode {
        // A node in memory is larger than an empty one in the file.
        try budget.charge(32)
        var message = WireReader(reader, range), node = ONNXNode()
        while let (field, value) = try message.next() {
            guard case .bytes(let range) = value else { continue }
            switch field {
            case 1: node.inputs.append(try text(range))
            case 2: node.outputs.append(try text(range))
            case 3: node.name = try text(range)
            case 4: node.operation = try text(range)
            case 5:
                let (name, attribute) = try attribute(range, depth: depth)
                node.attributes[name] = attribute
            case 7: node.domain = try text(range)
            default: break
            }
        }
        return node
    }

    private func attribute(_ range: Range<Int>, depth: Int) throws -> (String, ONNXAttribute) {
        try budget.charge(32)
        var message = WireReader(reader, range), name = "", attribute = ONNXAttribute()
        while let (field, value) = try message.next() {
            switch (field, value) {
            case (1, .bytes(let range)): name = try text(range)
            case (2, .fixed32(let bits)): attribute.float = Float(bitPattern: bits)
            case (3, .varint(let number)): attribute.integer = Int(Int64(bitPattern: number))
            case (4, .bytes(let range)): attribute.text = try text(range)
            case (5, .bytes(let range)): attribute.tensor = try tensor(range)
            case (6, .bytes(let range)): attribute.graph = try graph(range, depth: depth + 1)
            case (7, _): try floats(value, into: &attribute.floats)
            case (8, _):
                try chargeNumbers(value)
                try WireReader.numbers(reader, value, into: &attribute.integers)
            default: break
            }
        }
        return (name, attribute)
    }

    private func chargeNumbers(_ value: WireReader.Value) throws {
        if case .bytes(let range) = value { try budget.charge(8 * range.count) } else { try budget.charge(8) }
    }

    private func floats(_ value: WireReader.Value, into list: inout [Float]) throws {
        switch value {
        case .fixed32(let bits): list.append(Float(bitPattern: bits))
        case .bytes(let range):
            try budget.charge(range.count)
            list += try reader.slice(at: range.lowerBound, length: range.count).withUnsafeBytes { bytes in
                (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
            }
        default: throw Failure(.badFormat, "ONNX file: a list of real numbers has the wrong kind")
        }
    }

    private func tensor(_ range: Range<Int>) throws -> ONNXTensor {
        try budget.charge(32)
        var message = WireReader(reader, range), tensor = ONNXTensor()
        while let (field, value) = try message.next() {
            switch (field, value) {
            case (1, _):
                try chargeNumbers(value)
                try WireReader.numbers(reader, value, into: &tensor.shape)
            case (2, .varint(let number)): tensor.type = Int(truncatingIfNeeded: number)
            case (4, _): try floats(value, into: &tensor.floats)
            case (5, _), (7, _):
                try chargeNumbers(value)
                try WireReader.numbers(reader, value, into: &tensor.integers)
            case (8, .bytes(let range)): tensor.name = try text(range)
            case (9, .bytes(let range)): tensor.raw = range
            case (13, _): tensor.isExternal = true
            case (14, .varint(let place)): tensor.isExternal = tensor.isExternal || place != 0
            default: break
            }
        }
        return tensor
    }

    private func valueInfo(_ range: Range<Int>) throws -> ONNXValueInfo {
        var message = WireReader(reader, range), info = ONNXValueInfo()
        while let (field, value) = try message.next() {
            switch (field, value) {
            case (1, .bytes(let range)): info.name = try text(range)
            case (2, .bytes(let range)):
                var type = WireReader(reader, range)
                while let (field, value) = try type.next() {
                    if case (1, .bytes(let range)) = (field, value) { try tensorType(range, into: &info) }
                }
            default: break
            }
        }
        return info
    }

    private func tensorType(_ range: Range<Int>, into info: inout ONNXValueInfo) throws {
        var message = WireReader(reader, range)
        while let (field, value) = try message.next() {
            switch (field, value) {
            case (1, .varint(let number)): info.type = Int(truncatingIfNeeded: number)
            case (2, .bytes(let range)):
                info.hasShape = true
                var shape = WireReader(reader, range)
                while let (_, value) = try shape.next() {
                    guard case .bytes(let range) = value else { continue }
                    info.dimensions.append(try dimension(range))
                    guard info.dimensions.count <= Limits.rank else {
                        throw Failure(.unsupported, "ONNX file: '\(info.name.prefix(80))' has more than \(Limits.rank) dimensions")
                    }
                }
            default: break
            }
        }
    }

    private func dimension(_ range: Range<Int>) throws -> (size: Int?, name: String) {
        var message = WireReader(reader, range), result: (size: Int?, name: String) = (nil, "")
        while let (field, value) = try message.next() {
            switch (field, value) {
            case (1, .varint(let number)): result.size = Int(Int64(bitPattern: number))
            case (2, .bytes(let range)): result.name = try text(range)
            default: break
            }
        }
        return result
    }
}
