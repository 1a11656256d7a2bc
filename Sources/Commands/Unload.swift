import Device
import ModelRuntime
import Platform

let unload = Command(
    name: "unload", usage: "MODEL", summary: "Gives back a model that `load` keeps.", options: [SharedOptions.models, SharedOptions.json],
    examples: ["unload efficientnet-lite0"]) { (context, arguments) throws(Failure) in
    guard arguments.positional.count == 1 else { throw Failure(.usage, "unload needs one model") }
    _ = try context.runningDevice()
    let name = arguments.positional[0], library = context.runtime.library
    // What is loaded has a name even where its file has gone.
    let path = library.rows.first { $0.isKept && $0.name == name }?.path
    let found: String
    if let path { found = path } else { found = try context.folders(arguments).path(of: name) }
    guard try library.unload(found) > 0 else { throw Failure(.usage, "\(name) is not loaded; `budget` shows what is") }
    if arguments.has("--json") {
        var object = JSONObject()
        object.set("unloaded", name)
        context.output(object.line)
    } else {
        context.output("\(name) is given back")
    }
}
