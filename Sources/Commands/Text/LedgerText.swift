import ModelRuntime
import Platform

/// A row of the ledger as `budget` and `models` show it.
extension LedgerRow {
    var line: String {
        "model      \(name): \(megabytes(bytes))" + (streamedBytes > 0 ? " and \(megabytes(streamedBytes)) streamed" : "") + ", " + state
    }

    /// "loaded by ttyS0, idle: may be given back"
    var state: String {
        (isKept ? "loaded by \(owner)" : "for one command") + (user.map { ", at work for \($0)" } ?? ", idle: may be given back")
    }

    var json: JSONObject {
        var object = JSONObject()
        object.set("model", name)
        object.set("path", path)
        object.set("bytes", bytes)
        object.set("streamedBytes", streamedBytes)
        object.set("loadedBy", owner)
        if let user { object.set("usedBy", user) }
        object.set("kept", isKept)
        object.set("mayBeGivenBack", mayBeGivenBack)
        return object
    }
}
