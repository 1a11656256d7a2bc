import Engine
import ModelRuntime
import Platform
import Vision

let detect = Command(
    name: "detect", usage: "IMAGE… [options] | --frames WxH:FORMAT FILE [options]", summary: "Finds objects in pictures or video frames.",
    options: [OptionSpecification("--model", "MODEL", "the detector (default: yolox-nano)"),
              OptionSpecification("--names", "MODEL", "a classifier that says what kind of object is in a box, where it is sure"),
              OptionSpecification("--draw", "OUT.png", "write the picture with boxes and names"),
              OptionSpecification("--score", "S", "least score of a box, 0 to 1 (default 0.3)"),
              OptionSpecification("--overlap", "O", "boxes of one class that overlap more are one object (default 0.45)")]
        + SharedOptions.frames + SharedOptions.loading + [SharedOptions.json],
    examples: ["swiftlet detect street.jpg --draw boxes.png", "swiftlet detect pets.jpg --names efficientnet-lite0",
               "swiftlet detect --frames 640x480:nv12 - --json"]) { (context, arguments) throws(Failure) in
    let frames = try FrameOptions(arguments)
    guard !arguments.positional.isEmpty else { throw Failure(.usage, "detect needs a picture") }
    if arguments.text("--draw") != nil, arguments.positional.count != 1 || frames != nil {
        throw Failure(.usage, "--draw takes exactly one picture")
    }
    let score = try arguments.fraction("--score") ?? 0.3, overlap = try arguments.fraction("--overlap") ?? 0.45
    let lease = try context.model(arguments.text("--model") ?? "yolox-nano", arguments)
    defer { lease.end() }
    let detector = try Detector(lease.model, scoreThreshold: score, overlapThreshold: overlap)
    let json = arguments.has("--json")
    if let frames {
        guard arguments.positional.count == 1 else { throw Failure(.usage, "--frames takes one file, or - for standard input") }
        guard arguments.text("--names") == nil else { throw Failure(.usage, "--names is for pictures, not for frames") }
        var works = [detectWork(detector, frames.format, json: json, context: context)]
        let batched = try largestBatch(lease, context)
        defer { batched?.end() }
        if let batched {
            works.append(detectWork(try Detector(batched.model, scoreThreshold: score, overlapThreshold: overlap), frames.format,
                                    json: json, context: context))
        }
        try frames.process(path: arguments.positional[0], works: works, json: json, context: context)
        return
    }
    var namer: ModelLease?, naming: Naming?
    defer { namer?.end() }
    if let name = arguments.text("--names") {
        let second = try context.model(name, arguments, waits: false)
        namer = second
        naming = Naming(try Classifier(second.model), of: detector)
    }
    for path in arguments.positional where !context.isCancelled {
        do throws(Failure) {
            try detectPicture(path, detector, naming: naming, drawing: arguments.text("--draw"), json: json, context: context)
        } catch {
            context.report(error)
        }
    }
}

/// An object found, with the name a classifier gave it.
struct NamedDetection {
    var detection: Detection
    var label: String
    var name: String?
    var nameProbability: Float = 0

    /// What is written on the picture.
    var caption: String {
        if let name { return "\(label) \(percent(detection.score)): \(name) \(percent(nameProbability))" }
        return "\(label) \(percent(detection.score))"
    }

    var json: JSONObject {
        var object = JSONObject()
        object.set("label", label)
        object.set("index", detection.index)
        object.set("score", Double(detection.score), decimals: 4)
        var box = JSONObject()
        box.set("left", Double(detection.box.left), decimals: 1)
        box.set("top", Double(detection.box.top), decimals: 1)
        box.set("right", Double(detection.box.right), decimals: 1)
        box.set("bottom", Double(detection.box.bottom), decimals: 1)
        object.set("box", box)
        if let name {
            object.set("name", name)
            object.set("nameProbability", Double(nameProbability), decimals: 4)
        }
        return object
    }

    var line: String {
        let box = detection.box
        func side(_ value: Float) -> String { padLeft(fixed(value, decimals: 0), 5) }
        return "  \(fixed(detection.score, decimals: 3))  \(side(box.left))\(side(box.top))\(side(box.right))\(side(box.bottom))  \(label)"
            + (name.map { ": \($0) \(fixed(nameProbability, decimals: 3))" } ?? "")
    }
}

private func percent(_ value: Float) -> String { fixed(value * 100, decimals: 0) + "%" }

private func detectPicture(_ path: String, _ detector: Detector, naming: Naming?, drawing: String?, json: Bool,
                           context: Context) throws(Failure) {
    let start = monotonicNanoseconds()
    // Names and drawings need the details that the detector doesn't.
    let file = try FileContents(path: path, limit: ImageLimits.fileBytes)
    let bytes = UnsafeRawBufferPointer(start: file.bytes, count: file.count)
    let image = try ImageFile.decode(bytes, name: path, atLeast: naming == nil && drawing == nil ? detector.input.decodeSize : nil)
    let size = try ImageFile.size(bytes, name: path)
    let decoded = monotonicNanoseconds()
    detector.load(image)
    let prepared = monotonicNanoseconds()
    try detector.run()
    let computed = monotonicNanoseconds()
    var found: [NamedDetection] = []
    for detection in try detector.detections(loaded: (image.width, image.height), width: size.width, height: size.height) {
        var named = NamedDetection(detection: detection, label: detector.label(detection.index))
        if let naming { try naming.name(&named, in: image) }
        found.append(named)
    }
    let finished = monotonicNanoseconds()
    if json {
        var times = JSONObject()
        times.set("decode", Double(decoded - start) / 1e6, decimals: 3)
        times.set("prepare", Double(prepared - decoded) / 1e6, decimals: 3)
        times.set("network", Double(computed - prepared) / 1e6, decimals: 3)
        times.set("post", Double(finished - computed) / 1e6, decimals: 3)
        var object = JSONObject()
        object.set("image", path)
        object.set("width", size.width)
        object.set("height", size.height)
        object.set("objects", found.map { $0.json })
        object.set("milliseconds", times)
        context.output(object.line)
    } else {
        context.output(path)
        for object in found { context.output(object.line) }
        if found.isEmpty { context.output("  nothing found") }
        context.output("  decode \(milliseconds(decoded - start, decimals: 2)), prepare \(milliseconds(prepared - decoded, decimals: 2)), "
            + "network \(milliseconds(computed - prepared, decimals: 2)), post \(milliseconds(finished - computed, decimals: 2))")
    }
    if let drawing {
        image.draw(found.map { $0.detection }) { found[$0].caption }
        try ImageFile.writePNG(image, path: drawing)
    }
}

/// A classifier that says what kind of object was found.
private struct Naming {
    let classifier: Classifier
    let kinds: Kinds

    init(_ classifier: Classifier, of detector: Detector) {
        self.classifier = classifier
        kinds = Kinds(detector: detector.labels, classifier: classifier.labels)
    }

    /// Adds a name where the object is large enough to tell, and what the classifier sees a kind of it.
    func name(_ object: inout NamedDetection, in image: Image) throws(Failure) {
        let box = object.detection.box
        guard kinds.has(object.detection.index), min(box.width, box.height) >= Kinds.leastSide,
              let best = try classifier.classify(box, of: image, count: 1).first, kinds.isName(best, of: object.detection.index)
        else { return }
        object.name = firstName(classifier.label(best.index))
        object.nameProbability = best.probability
    }

    /// "tabby" of "tabby, tabby cat": captions are short.
    private func firstName(_ label: String) -> String { split(label, at: ",").first ?? label }
}

private func detectWork(_ detector: Detector, _ format: FrameFormat, json: Bool, context: Context) -> FrameWork {
    FrameWork(
        batch: detector.batch, decodeSize: detector.input.decodeSize,
        load: { frame, format, slot in detector.load(frame: frame, format: format, slot: slot) },
        run: { () throws(Failure) in try detector.run() },
        finish: { (slot, number, loaded) throws(Failure) in
            let detections = try detector.detections(slot: slot, loaded: (loaded.width, loaded.height), width: format.width,
                                                     height: format.height)
            let found = detections.map { NamedDetection(detection: $0, label: detector.label($0.index)) }
            if json {
                var object = JSONObject()
                object.set("frame", number)
                object.set("objects", found.map { $0.json })
                context.output(object.line)
            } else {
                context.output("frame \(number): \(found.map { $0.caption }.joinedByCommas)")
            }
        })
}
