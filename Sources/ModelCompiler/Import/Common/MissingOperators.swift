import Platform

/// Collects the operators an importer doesn't know, so that one message lists them all.
struct MissingOperators {
    private struct Entry { var place: String, count: Int }
    private var entries: [String: Entry] = [:]

    var isEmpty: Bool { entries.isEmpty }

    /// `index` and `name`: the node in the source graph.
    mutating func add(_ operation: String, index: Int, name: String) {
        // A hostile file can invent a name for each of its nodes; a person reads the first few dozen.
        guard entries[operation] != nil || entries.count < 64 else { return }
        entries[operation, default: Entry(place: "node \(index) '\(name.prefix(80))'", count: 0)].count += 1
    }

    /// One error that names each missing operator, the first node that needs it and how many do.
    func failure(_ what: String) -> Failure {
        let list = entries.sorted { $0.key < $1.key }.map { operation, entry in
            "\(operation.prefix(80)) (\(entry.place)\(entry.count > 1 ? ", \(entry.count) times" : ""))"
        }
        return Failure(.unsupported,
                       "\(what): \(list.count) operator\(list.count == 1 ? " is" : "s are") missing: \(list.joined(separator: ", "))")
    }
}
