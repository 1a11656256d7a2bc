import Platform
import Vision

/// What `--frames` and its companions say.
struct FrameOptions {
    var format: FrameFormat
    var isLive: Bool
    var queueDepth: Int

    /// nil where `--frames` wasn't given.
    init?(_ arguments: Arguments) throws(Failure) {
        guard let text = arguments.text("--frames") else { return nil }
        let wrong = Failure(.usage,
            "--frames \(text): a size and a format are expected, such as 1920x1080:yuyv (\(PixelFormat.names.joinedByCommas))")
        let parts = split(text, at: ":")
        guard parts.count == 2, let pixelFormat = PixelFormat(name: parts[1]) else { throw wrong }
        let sides = split(parts[0], at: "x")
        guard sides.count == 2, let width = Int(sides[0]), let height = Int(sides[1]) else { throw wrong }
        let matrix: ColourMatrix
        switch arguments.text("--colour") ?? "bt601" {
        case "bt601": matrix = .bt601Limited
        case "bt601-full": matrix = .bt601Full
        case "bt709": matrix = .bt709Limited
        default: throw Failure(.usage, "--colour: bt601, bt601-full or bt709 is expected")
        }
        format = FrameFormat(width: width, height: height, format: pixelFormat, matrix: matrix)
        try format.check()
        isLive = arguments.has("--live")
        queueDepth = try arguments.integer("--queue", in: 1...64) ?? 3
    }

    /// Runs a network over the stream at `path` and reports.
    func process(path: String, works: [FrameWork], json: Bool, context: Context) throws(Failure) {
        // An interrupted stream still ends with its figures; other commands just end.
        if context.device == nil { Signals.install() }
        if context.console != nil, path == "-" { throw Failure(.usage, "standard input is the console's; name a file") }
        let stream = try FrameStream(path: path, format: format)
        var largest = 1
        for work in works { largest = max(largest, work.batch) }
        let queue = try FrameQueue(stream, depth: max(queueDepth, largest), dropsOldest: isLive)
        let statistics = try FramePipeline(format: format, works: works).process(queue, isCancelled: { context.isCancelled })
        if json {
            var object = JSONObject()
            object.set("summary", statistics.json)
            context.output(object.line)
        } else {
            context.output(statistics.text)
        }
        if stream.endedWithinFrame && !context.isCancelled {
            context.report(Failure(.badFormat, "\(stream.name): ends within a frame of \(format.width)x\(format.height) "
                                   + "\(format.format.name); are size and format right?"))
        } else if statistics.frames == 0 && !context.isCancelled {
            throw Failure(.badFormat, "\(stream.name): holds no frame")
        }
    }
}
