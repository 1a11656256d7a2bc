import Board
import Console
import Device
import Hearing
import Platform

/// `microphone --utterances`: who speaks when, as it is found out.
func showUtterances(_ context: Context, _ listening: Listening, seconds: Int?, isJSON: Bool) throws(Failure) {
    let microphone = listening.microphone
    try listening.claim()
    let rate = try listening.format(context).rateHertz
    guard rate >= 8000 else { throw Failure(.unsupported, "\(microphone.title) has \(rate) samples a second; speech needs 8000") }
    let endPointer = EndPointer(EnergyVoiceDetector(rateHertz: rate))
    let tell = { (event: UtteranceEvent) in
        context.output(isJSON ? UtteranceText.object(event, rate).line : UtteranceText.line(event, rate))
    }
    let isScript = seconds == nil && context.isScript
    let end = seconds.map { Int64($0) * Int64(rate) } ?? (isScript ? 2 * Int64(rate) : .max)
    let block = UnsafeMutableBufferPointer<Float>.allocate(capacity: 4096)
    defer { block.deallocate() }
    let latest = seconds.map { monotonicNanoseconds() + Int64($0 + 5) * 1_000_000_000 } ?? .max
    while !context.isCancelled, context.device?.isEnding != true, endPointer.samples < end, monotonicNanoseconds() < latest {
        let count = microphone.samples.pop(block)
        if count > 0 {
            endPointer.take(UnsafeBufferPointer(rebasing: block[..<count]), tell)
        } else if context.isInteractive, let console = context.console {
            if console.key(withinMilliseconds: 20) != nil { break }
        } else {
            _ = context.pause(milliseconds: 20)
        }
    }
    endPointer.finish(tell)
}

/// Utterances as text; times are seconds since the listening began.
enum UtteranceText {
    static func line(_ event: UtteranceEvent, _ rate: Int) -> String {
        switch event {
        case .started(let start): "speech from \(seconds(start, rate)) s"
        case .paused(let end): "silence from \(seconds(end, rate)) s"
        case .resumed: "speech goes on"
        case .ended(let start, let end, let isCut):
            "utterance from \(seconds(start, rate)) to \(seconds(end, rate)) s" + (isCut ? ", cut: it goes on" : "")
        }
    }

    static func object(_ event: UtteranceEvent, _ rate: Int) -> JSONObject {
        var object = JSONObject()
        func set(_ name: String, _ samples: Int64) { object.set(name, Double(samples) / Double(rate), decimals: 3) }
        switch event {
        case .started(let start):
            object.set("event", "started")
            set("start_s", start)
        case .paused(let end):
            object.set("event", "paused")
            set("end_s", end)
        case .resumed: object.set("event", "resumed")
        case .ended(let start, let end, let isCut):
            object.set("event", "ended")
            set("start_s", start)
            set("end_s", end)
            object.set("cut", isCut)
        }
        return object
    }

    private static func seconds(_ samples: Int64, _ rate: Int) -> String { fixed(Double(samples) / Double(rate), decimals: 2) }
}
