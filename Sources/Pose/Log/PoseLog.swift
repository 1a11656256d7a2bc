import Platform

/// A recorded motion log, CSV, NPY or what `imu record` wrote, read row by row.
public struct PoseLog {
    private enum Source {
        case text(TextLog)
        case array(ArrayLog)
        case recorded(RecordedLog)
    }

    private let file: MappedFile
    private var source: Source
    public let hasTime: Bool
    public let hasMagnetometer: Bool
    public let hasReference: Bool

    /// - Parameter reference: columns of the reference quaternion (see `LogColumns`), or nil.
    /// - Throws: one line saying what is wrong with the file or the column names.
    public init(path: String, reference: [String]? = nil) throws(Failure) {
        file = try MappedFile(path: path)
        if RecordedLog.recognises(file.bytes) {
            guard reference == nil else { throw Failure(.usage, "\(path) is a recording: it has no reference") }
            let log = try RecordedLog(path: path, bytes: file.bytes)
            source = .recorded(log)
            hasTime = true
            hasMagnetometer = log.hasMagnetometer
            hasReference = false
            return
        }
        let columns: LogColumns
        if ArrayLog.recognises(file.bytes) {
            let log = try ArrayLog(path: path, bytes: file.bytes, reference: reference)
            columns = log.columns
            source = .array(log)
        } else {
            let log = try TextLog(path: path, bytes: file.bytes, reference: reference)
            columns = log.columns
            source = .text(log)
        }
        hasTime = columns.hasTime
        hasMagnetometer = columns.hasMagnetometer
        hasReference = columns.hasReference
    }

    /// The next row; false at the end.
    public mutating func next(_ row: inout LogRow) throws(Failure) -> Bool {
        switch source {
        case .array(var log):
            let more = log.next(&row)
            source = .array(log)
            if file.isBroken { throw Failure(.inputOutput, "\(file.path) was truncated while it was read") }
            return more
        case .text(var log):
            let more = try log.next(&row)
            source = .text(log)
            if file.isBroken { throw Failure(.inputOutput, "\(file.path) was truncated while it was read") }
            return more
        case .recorded(var log):
            let more = log.next(&row)
            source = .recorded(log)
            if file.isBroken { throw Failure(.inputOutput, "\(file.path) was truncated while it was read") }
            return more
        }
    }

    /// At the end: what of the file could not be read, such as a block that a power loss cut off.
    public var note: String? {
        guard case .recorded(let log) = source else { return nil }
        return log.note
    }
}
