import Nest
import Platform
import Vision

let info = Command(
    name: "info", usage: "MODEL [options]", summary: "Shows what a model is: inputs, outputs, programs, memory, metadata.",
    options: [OptionSpecification("--labels", "what it tells apart, a label a line"), SharedOptions.models, SharedOptions.json],
    examples: ["swiftlet info efficientnet-lite0", "swiftlet info yolox-nano --labels"]
) { (context, arguments) throws(Failure) in
    guard arguments.positional.count == 1 else { throw Failure(.usage, "info needs one model") }
    let path = try context.folders(arguments).path(of: arguments.positional[0])
    let nest = try NestReader.open(path)
    if arguments.has("--labels") {
        for (index, label) in labelLines(nest.metadata("labels")).enumerated() {
            guard arguments.has("--json") else {
                context.output(ShownText.line(label))
                continue
            }
            var object = JSONObject()
            object.set("class", index)
            object.set("label", label)
            context.output(object.line)
        }
        return
    }
    if arguments.has("--json") {
        context.output(summary(nest, path: path).line)
        return
    }
    context.output(path)
    for (key, value) in nest.metadata {
        let labels = key == "labels" ? labelCount(value) : nil
        context.output("  \(padRight(ShownText.line(key), 16)) \(labels.map { "\($0) labels" } ?? ShownText.line(value))")
    }
    for program in nest.programs {
        context.output("  program \(ShownText.line(program.name)): batch \(program.batch), \(program.instructions.count) instructions, "
                       + "arena \(megabytes(program.arenaBytes))")
        for index in program.inputs { context.output("    input  \(describe(program.tensors[Int(index)], nest))") }
        for index in program.outputs { context.output("    output \(describe(program.tensors[Int(index)], nest))") }
    }
    context.output("  weights \(megabytes(nest.chunks.reduce(0) { $0 + $1.length })) in \(nest.chunks.count) chunks, file "
                   + "\(megabytes(nest.bytes.count))")
}
