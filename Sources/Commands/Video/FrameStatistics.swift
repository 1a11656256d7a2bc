import Platform

/// What a video run did and where its time went.
struct FrameStatistics {
    var frames = 0
    var dropped = 0
    /// MJPEG frames that could not be decoded.
    var damaged = 0
    var runs = 0
    var readNanoseconds: Int64 = 0
    var convertNanoseconds: Int64 = 0
    var networkNanoseconds: Int64 = 0
    var postNanoseconds: Int64 = 0
    var wallNanoseconds: Int64 = 0

    var framesPerSecond: Double { wallNanoseconds > 0 ? Double(frames) * 1e9 / Double(wallNanoseconds) : 0 }

    /// Milliseconds a frame.
    private func each(_ nanoseconds: Int64) -> Double { frames > 0 ? Double(nanoseconds) / 1e6 / Double(frames) : 0 }

    var json: JSONObject {
        var times = JSONObject()
        times.set("read", each(readNanoseconds), decimals: 3)
        times.set("convert", each(convertNanoseconds), decimals: 3)
        times.set("network", each(networkNanoseconds), decimals: 3)
        times.set("post", each(postNanoseconds), decimals: 3)
        var object = JSONObject()
        object.set("frames", frames)
        object.set("dropped", dropped)
        object.set("damaged", damaged)
        object.set("framesPerSecond", framesPerSecond, decimals: 1)
        object.set("runs", runs)
        object.set("millisecondsPerFrame", times)
        return object
    }

    var text: String {
        "\(frames) frames, \(dropped) dropped, \(damaged) damaged, \(fixed(framesPerSecond, decimals: 1)) frames/s; "
            + "per frame: read \(fixed(each(readNanoseconds), decimals: 2)) ms, convert \(fixed(each(convertNanoseconds), decimals: 2)) "
                + "ms, "
            + "network \(fixed(each(networkNanoseconds), decimals: 2)) ms, post \(fixed(each(postNanoseconds), decimals: 2)) ms"
            + (runs < frames ? "; \(runs) runs of the network" : "")
    }
}
