import ModelRuntime
import Platform

/// What `status` shows of a generation.
extension GenerationActivity {
    var line: String {
        let now = figures
        var text = "language   \(model): \(now.tokens) tokens, \(fixed(now.tokensPerSecond, decimals: 1)) a second, weights "
            + "\(megabytes(now.residentWeightBytes)) resident"
        if now.streamedBytes > 0 {
            text += ", \(megabytes(now.streamedBytesPerToken)) streamed a token, \(now.stalls) stalls "
                + "(\(fixed(now.stallSeconds, decimals: 1)) s)"
        }
        if let failure = now.failure { return text + "; failed: \(failure)" }
        return text + (now.isRunning ? "; at work" : "; done")
    }

    var object: JSONObject {
        let now = figures
        var object = JSONObject()
        object.set("model", model)
        object.set("running", now.isRunning)
        object.set("tokens", now.tokens)
        object.set("tokensPerSecond", now.tokensPerSecond, decimals: 2)
        object.set("residentWeightBytes", now.residentWeightBytes)
        object.set("streamedBytes", now.streamedBytes)
        object.set("stalls", now.stalls)
        object.set("stallSeconds", now.stallSeconds, decimals: 3)
        if let failure = now.failure { object.set("failure", failure) }
        return object
    }
}
