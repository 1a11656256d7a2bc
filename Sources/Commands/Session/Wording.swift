import Console

extension ConsoleWording {
    /// For people.
    static let text = ConsoleWording(
        log: { $0.shown }, error: { "swiftlet: " + $0 },
        droppedLines: { "... \($0) line\($0 == 1 ? "" : "s") dropped: this console was read too slowly" })

    /// For machines: an object each.
    static let json = ConsoleWording(
        log: { $0.json.line },
        error: { text in
            var object = JSONObject()
            object.set("error", text)
            return object.line
        },
        droppedLines: { count in
            var object = JSONObject()
            object.set("droppedLines", count)
            return object.line
        })
}
