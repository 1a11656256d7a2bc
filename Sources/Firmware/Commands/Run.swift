import Platform
import Vision

let runTour = Command(
    name: "run", usage: "[IMAGE…] [options]", summary: "Shows the machine and tries the models on the pictures given.",
    options: SharedOptions.loading, examples: ["swiftlet run", "swiftlet run photo.jpg"]) { (context, arguments) throws(Failure) in
    for line in MachineStatus(context, arguments).lines { context.output(line) }
    guard !arguments.positional.isEmpty else { return }
    let classifier = try Classifier(try context.model("efficientnet-lite0", arguments))
    for path in arguments.positional {
        context.output("")
        do throws(Failure) {
            try classifyPicture(path, classifier, top: 3, json: false, context: context)
        } catch {
            context.report(error)
        }
    }
}
