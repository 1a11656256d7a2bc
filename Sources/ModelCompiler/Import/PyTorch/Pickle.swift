import Platform

/// A value of a pickle. Containers hold indices into `Pickle.cells`, so that neither cycles nor deep nesting can harm
/// the reader.
enum PickleCell {
    case none, mark
    case bool(Bool)
    case integer(Int)
    /// A whole number beyond 64 bits, little-endian.
    case long([UInt8])
    case float(Double)
    case text(String)
    case tuple([Int])
    case list([Int])
    case dictionary([(key: Int, value: Int)])
    case global(String)
    case storage(TorchStorage)
    case tensor(TorchTensor)
}

/// A block of numbers that tensors are views of.
struct TorchStorage {
    var key: String
    var type: String
    var elements: Int
}

struct TorchTensor {
    var storage: TorchStorage
    var offset: Int
    var shape: [Int]
    var strides: [Int]
}

/// The small part of Python's pickle language that state dicts are written in. A pickle is a program; this
/// interpreter knows no calls but the three that build tensors and dictionaries and refuses any other by its name.
struct Pickle {
    private(set) var cells: [PickleCell] = []
    private let reader: SourceReader
    private let budget: ImportBudget
    /// Offset of the next byte; after `run`, of what follows the pickle.
    private(set) var position: Int
    private var stack: [Int] = []
    private var memo: [Int: Int] = [:]

    static let callables: Set<String> = ["collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter"]

    init(_ reader: SourceReader, at position: Int, budget: ImportBudget) {
        self.reader = reader
        self.position = position
        self.budget = budget
    }

    /// Runs one pickle to its end and gives the index of its value.
    mutating func run() throws -> Int {
        while true {
            let opcode = try reader.uint8(at: position)
            position += 1
            try budget.charge(8)
            if opcode == UInt8(ascii: ".") { return try pop() }
            try step(opcode)
        }
    }

    /// Runs one pickle and gives its value.
    mutating func value() throws -> PickleCell {
        let index = try run()
        return cells[index]
    }

    private mutating func step(_ opcode: UInt8) throws {
        switch opcode {
        case 0x80: _ = try take(1)
        case 0x95: _ = try take(8)
        case UInt8(ascii: "("): try push(.mark)
        case UInt8(ascii: "N"): try push(.none)
        case 0x88: try push(.bool(true))
        case 0x89: try push(.bool(false))
        case UInt8(ascii: "K"): try push(.integer(Int(reader.uint8(at: take(1)))))
        case UInt8(ascii: "M"): try push(.integer(Int(reader.integer(at: take(2), as: UInt16.self))))
        case UInt8(ascii: "J"): try push(.integer(Int(reader.integer(at: take(4), as: Int32.self))))
        case UInt8(ascii: "G"): try push(.float(Double(bitPattern: reader.integer(at: take(8), as: UInt64.self).byteSwapped)))
        case 0x8a: try long()
        case UInt8(ascii: "X"), UInt8(ascii: "T"): try text(length: Int(reader.integer(at: take(4), as: UInt32.self)))
        case 0x8c, UInt8(ascii: "U"): try text(length: Int(reader.uint8(at: take(1))))
        case UInt8(ascii: "}"): try push(.dictionary([]))
        case UInt8(ascii: "]"): try push(.list([]))
        case UInt8(ascii: ")"): try push(.tuple([]))
        case UInt8(ascii: "t"): try push(.tuple(popToMark()))
        case 0x85, 0x86, 0x87: try push(.tuple((0..<Int(opcode - 0x84)).map { _ in try pop() }.reversed()))
        case UInt8(ascii: "q"): try remember(Int(reader.uint8(at: take(1))))
        case UInt8(ascii: "r"): try remember(Int(reader.integer(at: take(4), as: UInt32.self)))
        case 0x94: try remember(memo.count)
        case UInt8(ascii: "h"): try recall(Int(reader.uint8(at: take(1))))
        case UInt8(ascii: "j"): try recall(Int(reader.integer(at: take(4), as: UInt32.self)))
        case UInt8(ascii: "c"): try global(module: line(), name: line())
        case 0x93:
            let name = try string(pop()), module = try string(pop())
            try global(module: module, name: name)
        case UInt8(ascii: "R"): try call()
        // The state of an OrderedDict (its version notes) changes nothing here.
        case UInt8(ascii: "b"): _ = try pop()
        case UInt8(ascii: "Q"): try push(.storage(storage(pop())))
        case UInt8(ascii: "s"):
            let value = try pop(), key = try pop()
            try insert([key, value])
        case UInt8(ascii: "u"): try insert(popToMark())
        case UInt8(ascii: "a"): try append([pop()])
        case UInt8(ascii: "e"): try append(popToMark())
        default: throw failure("has the instruction 0x\(String(opcode, radix: 16)), which state dicts don't use")
        }
    }

    private func failure(_ text: String) -> Failure { Failure(.badFormat, "\(reader.what): the pickle \(text) (offset \(position - 1))") }

    /// Moves over `length` bytes and gives where they start.
    private mutating func take(_ length: Int) throws -> Int {
        let start = try reader.checked(position, length)
        position += length
        return start
    }

    private mutating func push(_ cell: PickleCell) throws {
        try budget.charge(MemoryLayout<PickleCell>.stride + 8)
        cells.append(cell)
        stack.append(cells.count - 1)
    }

    private mutating func pop() throws -> Int {
        guard let index = stack.popLast() else { throw failure("takes a value that isn't there") }
        if case .mark = cells[index] { throw failure("takes a value that isn't there") }
        return index
    }

    private mutating func popToMark() throws -> [Int] {
        guard let place = stack.lastIndex(where: { if case .mark = cells[$0] { true } else { false } }) else {
            throw failure("closes what it never opened")
        }
        let items = Array(stack[(place + 1)...])
        stack.removeSubrange(place...)
        try budget.charge(8 * items.count)
        return items
    }

    private mutating func text(length: Int) throws {
        try budget.charge(length)
        try push(.text(reader.text(at: take(length), length: length)))
    }

    private mutating func long() throws {
        let length = Int(try reader.uint8(at: take(1)))
        let bytes = Array(try reader.slice(at: take(length), length: length))
        guard length <= 8 else { return try push(.long(bytes)) }
        let sign: UInt64 = (bytes.last ?? 0) & 0x80 == 0 || length == 8 ? 0 : ~0 << UInt64(8 * length)
        try push(.integer(Int(Int64(bitPattern: bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } | sign))))
    }

    private mutating func line() throws -> String {
        let start = position
        while try reader.uint8(at: position) != UInt8(ascii: "\n") {
            position += 1
            guard position - start < 256 else { throw failure("has an endless name") }
        }
        position += 1
        return try reader.text(at: start, length: position - 1 - start)
    }

    private mutating func remember(_ key: Int) throws {
        guard let top = stack.last else { throw failure("keeps a value that isn't there") }
        try budget.charge(32)
        memo[key] = top
    }

    private mutating func recall(_ key: Int) throws {
        guard let index = memo[key] else { throw failure("asks for value \(key), which it never kept") }
        try budget.charge(8)
        stack.append(index)
    }

    private mutating func global(module: String, name: String) throws {
        let whole = "\(module).\(name)"
        guard Pickle.callables.contains(whole) || (module == "torch" && name.hasSuffix("Storage")) else {
            throw Failure(.unsupported,
                "\(reader.what): the pickle asks for the Python object '\(whole)'; only tensors and ordered dictionaries are read, save a "
                    + "plain state_dict()")
        }
        try push(.global(whole))
    }

    private mutating func call() throws {
        let given = try pop(), callable = try pop()
        guard case .global(let name) = cells[callable], case .tuple(let values) = cells[given] else {
            throw failure("calls what can't be called")
        }
        switch name {
        case "collections.OrderedDict" where values.isEmpty: try push(.dictionary([]))
        case "torch._utils._rebuild_parameter" where !values.isEmpty: stack.append(values[0])
        case "torch._utils._rebuild_tensor_v2" where values.count >= 4: try push(.tensor(tensor(values)))
        default: throw failure("calls \(name) with \(values.count) values")
        }
    }

    private func tensor(_ values: [Int]) throws -> TorchTensor {
        guard case .storage(let storage) = cells[values[0]], case .integer(let offset) = cells[values[1]] else {
            throw failure("has a tensor without storage")
        }
        let shape = try integers(values[2]), strides = try integers(values[3])
        guard shape.count == strides.count, shape.count <= Limits.rank else {
            throw failure("has a tensor of shape \(shape.count) by strides \(strides.count)")
        }
        return TorchTensor(storage: storage, offset: offset, shape: shape, strides: strides)
    }

    private func integers(_ index: Int) throws -> [Int] {
        guard case .tuple(let items) = cells[index], items.count <= Limits.rank else { throw failure("has a tensor without a shape") }
        return try items.map {
            guard case .integer(let value) = cells[$0] else { throw failure("has a shape that isn't whole numbers") }
            return value
        }
    }

    /// ('storage', type, key, place, elements, …)
    private func storage(_ index: Int) throws -> TorchStorage {
        guard case .tuple(let items) = cells[index], items.count >= 5, case .global(let type) = cells[items[1]],
              case .integer(let elements) = cells[items[4]] else {
            throw failure("has a storage without type or size")
        }
        return TorchStorage(key: try string(items[2]), type: type, elements: elements)
    }

    func string(_ index: Int) throws -> String {
        guard case .text(let text) = cells[index] else { throw failure("has something else where a text belongs") }
        return text
    }

    private mutating func insert(_ items: [Int]) throws {
        guard let target = stack.last, case .dictionary(var entries) = cells[target], items.count % 2 == 0 else {
            throw failure("fills what is no dictionary")
        }
        // Emptied first so that the entries are extended in place, not copied for each one.
        cells[target] = .none
        try budget.charge(8 * items.count)
        for place in stride(from: 0, to: items.count, by: 2) { entries.append((items[place], items[place + 1])) }
        cells[target] = .dictionary(entries)
    }

    private mutating func append(_ items: [Int]) throws {
        guard let target = stack.last, case .list(var list) = cells[target] else { throw failure("extends what is no list") }
        cells[target] = .none
        list.append(contentsOf: items)
        cells[target] = .list(list)
    }
}
