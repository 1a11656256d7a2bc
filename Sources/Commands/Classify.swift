import Engine
import ModelRuntime
import Nest
import Platform
import Vision

let classify = Command(
    name: "classify", usage: "IMAGE… [options] | --frames WxH:FORMAT FILE [options]", summary: "Says what is in pictures or video frames.",
    options: [OptionSpecification("--model", "MODEL", "the classifier (default: efficientnet-lite0)"),
              OptionSpecification("--top", "K", "answers a picture (default: 5; 1 for frames)")]
        + SharedOptions.frames + SharedOptions.loading + [SharedOptions.json],
    examples: ["swiftlet classify photo.jpg", "swiftlet classify *.jpg --top 1 --json",
               "swiftlet classify --frames 1920x1080:yuyv camera.yuv",
               "v4l2-ctl --stream-mmap --stream-to=- | swiftlet classify --frames 1920x1080:mjpeg --live -"]) {
                   (context, arguments) throws(Failure) in
    let frames = try FrameOptions(arguments)
    guard !arguments.positional.isEmpty else { throw Failure(.usage, "classify needs a picture") }
    let top = try arguments.integer("--top", in: 1...1000) ?? (frames == nil ? 5 : 1)
    let lease = try context.model(arguments.text("--model") ?? "efficientnet-lite0", arguments)
    defer { lease.end() }
    let classifier = try Classifier(lease.model)
    let json = arguments.has("--json")
    if let frames {
        guard arguments.positional.count == 1 else { throw Failure(.usage, "--frames takes one file, or - for standard input") }
        var works = [classifyWork(classifier, top: top, json: json, context: context)]
        let batched = try largestBatch(lease, context)
        defer { batched?.end() }
        if let batched { works.append(classifyWork(try Classifier(batched.model), top: top, json: json, context: context)) }
        try frames.process(path: arguments.positional[0], works: works, json: json, context: context)
        return
    }
    for path in arguments.positional where !context.isCancelled {
        do throws(Failure) {
            try classifyPicture(path, classifier, top: top, json: json, context: context)
        } catch {
            context.report(error)
        }
    }
}

func classifyPicture(_ path: String, _ classifier: Classifier, top: Int, json: Bool, context: Context) throws(Failure) {
    let start = monotonicNanoseconds()
    let image = try ImageFile.decode(path: path, atLeast: classifier.input.decodeSize)
    let decoded = monotonicNanoseconds()
    classifier.load(image)
    let prepared = monotonicNanoseconds()
    try classifier.run()
    let computed = monotonicNanoseconds()
    let answers = try classifier.top(top)
    if json {
        var times = JSONObject()
        times.set("decode", Double(decoded - start) / 1e6, decimals: 3)
        times.set("prepare", Double(prepared - decoded) / 1e6, decimals: 3)
        times.set("network", Double(computed - prepared) / 1e6, decimals: 3)
        var object = JSONObject()
        object.set("image", path)
        object.set("results", answers.map { answer(classifier, $0) })
        object.set("milliseconds", times)
        context.output(object.line)
        return
    }
    context.output(path)
    for answer in answers { context.output("  \(fixed(answer.probability, decimals: 4))  \(classifier.label(answer.index))") }
    context.output("  decode \(milliseconds(decoded - start, decimals: 2)), prepare \(milliseconds(prepared - decoded, decimals: 2)), "
                   + "network \(milliseconds(computed - prepared, decimals: 2))")
}

private func answer(_ classifier: Classifier, _ classification: Classification) -> JSONObject {
    var object = JSONObject()
    object.set("label", classifier.label(classification.index))
    object.set("index", classification.index)
    object.set("probability", Double(classification.probability), decimals: 5)
    return object
}

private func classifyWork(_ classifier: Classifier, top: Int, json: Bool, context: Context) -> FrameWork {
    FrameWork(
        batch: classifier.batch, decodeSize: classifier.input.decodeSize,
        load: { frame, format, slot in classifier.load(frame: frame, format: format, slot: slot) },
        run: { () throws(Failure) in try classifier.run() },
        finish: { (slot, number, _) throws(Failure) in
            let answers = try classifier.top(top, slot: slot)
            if json {
                var object = JSONObject()
                object.set("frame", number)
                object.set("results", answers.map { answer(classifier, $0) })
                context.output(object.line)
            } else {
                var text = "frame \(number):"
                for answer in answers { text += " \(fixed(answer.probability, decimals: 3)) \(classifier.label(answer.index));" }
                context.output(text)
            }
        })
}

/// The model once more, with its program for the largest batch; nil where it has none larger than 1, or a budget is set.
func largestBatch(_ lease: ModelLease, _ context: Context) throws(Failure) -> ModelLease? {
    let model = lease.model
    var largest: Int32 = 1
    for program in model.nest.programs { largest = max(largest, program.batch) }
    guard largest > 1, largest > model.inputRecord(0).batch else { return nil }
    return try context.runtime.library.lease(lease, batch: Int(largest), for: context.modelUser)
}
