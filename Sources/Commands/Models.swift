import ModelRuntime
import Nest
import Platform

let listModels = Command(name: "models", usage: "[options]", summary: "Lists the models found, and which of them are loaded.",
                         options: [SharedOptions.models, SharedOptions.json],
                         examples: ["swiftlet models --models /media/card/models"]) { (context, arguments) throws(Failure) in
    let json = arguments.has("--json")
    let loaded = context.runtime.library.rows.filter { $0.isKept }
    let paths = context.folders(arguments).found
    for path in paths {
        do throws(Failure) {
            let nest = try NestReader.open(path)
            if json {
                var object = summary(nest, path: path)
                object.set("loaded", loaded.contains { $0.path == path })
                context.output(object.line)
            } else {
                let weights = nest.chunks.reduce(0) { $0 + $1.length }
                context.output("\(path): \(ShownText.line(nest.metadata("task") ?? "no task")), \(megabytes(weights)) of weights, "
                               + "\(ShownText.line(nest.metadata("name") ?? "no name"))"
                    + (loaded.first { $0.path == path }.map { "; " + $0.state } ?? ""))
            }
        } catch {
            context.report(error)
        }
    }
    if paths.isEmpty && !json { context.output("no models in \(context.folders(arguments).paths.joinedByCommas)") }
}
