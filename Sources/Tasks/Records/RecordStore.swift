import Platform

/// The folder of records: what is in it, in which order, and that all of it together stays within a limit. For the recorder's thread.
final class RecordStore {
    private let store: FolderStore
    private let limit: Int64
    private var kept: [(name: String, bytes: Int64)] = []
    private var keptBytes: Int64 = 0
    /// Of records that are being written.
    private var runningBytes: Int64 = 0
    private var number = 0
    /// Records that left for newer ones.
    private(set) var left = 0

    /// - Throws: as `FolderStore`.
    init(_ path: String, limit: Int64) throws(Failure) {
        store = try FolderStore(path)
        self.limit = limit
        for name in RecordName.sorted(Folder.names(path)) {
            kept.append((name, store.bytes(of: name)))
            number = max(number, RecordName.number(name) ?? 0)
        }
        for entry in kept { keptBytes += entry.bytes }
    }

    /// Of the records that are there whole.
    var bytes: Int64 { keptBytes }

    func stage() throws(Failure) -> StagedFolder { try store.stage() }

    /// Makes room for more bytes of a record that is being written: the oldest records leave. False where all are gone already.
    func take(_ bytes: Int) throws(Failure) -> Bool {
        while keptBytes + runningBytes + Int64(bytes) > limit {
            guard let oldest = kept.first else { return false }
            // Also where it can't be removed, since somebody put a folder into it: it is asked for once.
            kept.removeFirst()
            keptBytes -= oldest.bytes
            do throws(Failure) {
                try store.remove(oldest.name)
                left += 1
            } catch { continue }
        }
        runningBytes += Int64(bytes)
        return true
    }

    /// A record wasn't kept.
    func giveUp(_ bytes: Int64) { runningBytes -= bytes }

    /// Puts a whole record under its name; the name.
    func publish(_ folder: StagedFolder, task: String, wallNanoseconds: Int64, bytes: Int64) throws(Failure) -> String {
        let name = RecordName.make(number + 1, wallNanoseconds: wallNanoseconds, task: task)
        try folder.publish(as: name)
        number += 1
        runningBytes -= bytes
        keptBytes += bytes
        kept.append((name, bytes))
        return name
    }
}

/// Names of records: "00000042-20261126T193305Z-watch". They are ordered by their numbers: a board without a clock of its own is in
/// 1970 again at every start.
public enum RecordName {
    static let digits = 8

    static func make(_ number: Int, wallNanoseconds: Int64, task: String) -> String {
        let text = "\(number)"
        return repeated("0", digits - text.utf8.count) + text + "-" + CivilTime(wallNanoseconds).compact + "-" + task
    }

    /// nil where it is no record's name.
    static func number(_ name: String) -> Int? {
        let parts = split(name, at: "-")
        guard parts.count >= 3, parts[0].utf8.count >= digits, parts[0].utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }),
              parts[1].utf8.count == 16, parts[1].utf8.last == UInt8(ascii: "Z") else { return nil }
        return Int(parts[0]).flatMap { $0 < 1_000_000_000 ? $0 : nil }
    }

    /// Those of names that are records', the oldest first.
    public static func sorted(_ names: [String]) -> [String] {
        var records: [(number: Int, name: String)] = []
        for name in names { if let number = number(name) { records.append((number, name)) } }
        records.order { $0.number < $1.number || ($0.number == $1.number && $0.name < $1.name) }
        var sorted: [String] = []
        for record in records { sorted.append(record.name) }
        return sorted
    }
}
