import Device
import Engine
import ModelRuntime
import Platform

let load = Command(
    name: "load", usage: "MODEL [options]",
    summary: "Keeps a model ready for the commands of all consoles, until `unload` or until a budget needs its room.",
    options: SharedOptions.language + SharedOptions.loading + [SharedOptions.json],
    examples: ["load efficientnet-lite0", "load smollm2-135m --context 256"]) { (context, arguments) throws(Failure) in
    guard arguments.positional.count == 1 else { throw Failure(.usage, "load needs one model") }
    _ = try context.runningDevice()
    let start = monotonicNanoseconds()
    let lease = try context.languageModel(arguments.positional[0], arguments)
    defer { lease.end() }
    if !lease.wasLoaded {
        // Its weights are read and compared with their checksums now, not at the first picture.
        try lease.model.run()
        lease.model.reset()
        lease.keep()
    }
    let time = monotonicNanoseconds() - start, bytes = lease.model.memory.totalBytes
    if arguments.has("--json") {
        var object = JSONObject()
        object.set("model", lease.name)
        object.set("bytes", bytes)
        object.set("wasLoaded", lease.wasLoaded)
        object.set("milliseconds", Double(time) / 1e6, decimals: 2)
        object.set("givenBack", lease.givenBack)
        context.output(object.line)
    } else if lease.wasLoaded {
        context.output("\(lease.name) is loaded already, \(megabytes(bytes))")
    } else {
        context.output("\(lease.name) is ready: \(megabytes(bytes)), \(milliseconds(time, decimals: 0))"
            + (lease.givenBack.isEmpty ? "" : "; given back for it: \(lease.givenBack.joinedByCommas)"))
    }
}
