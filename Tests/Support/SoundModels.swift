import Foundation

/// The golden classifiers of sounds as nests (goldens/sound.py).
public enum SoundModels {
    /// Takes samples as YAMNet does; hears a low tone, a high tone and noise, each by itself.
    public static func tones(_ scratch: Scratch, set: [String] = []) throws -> String? {
        try model("tones.tflite", ["low tone", "high tone", "noise"], set, scratch)
    }

    /// Takes the factory's features; says hum or hiss, and hiss of silence.
    public static func hum(_ scratch: Scratch, set: [String] = []) throws -> String? {
        func line(_ from: Double, _ to: Double) -> String {
            (0..<32).map { String(from + (to - from) * Double($0) / 31) }.joined(separator: ",")
        }
        return try model("hum-or-hiss.onnx", ["hum", "hiss"],
                         ["sound.features=log-mel", "sound.rate=16000", "sound.hop=8000", "sound.frame=512", "sound.step=320",
                          "sound.bands=32", "sound.range=60,7600", "sound.mean=\(line(-3, -6))", "sound.deviation=\(line(3, 2))"] + set,
                         scratch)
    }

    private static func model(_ file: String, _ labels: [String], _ set: [String], _ scratch: Scratch) throws -> String? {
        let name = String(file.prefix { $0 != "." })
        try Data((labels.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: scratch("labels.txt")))
        var words = ["--labels", scratch("labels.txt"), "--name", name]
        for entry in set { words += ["--set", entry] }
        return try compiled(repository.appendingPathComponent("Tests/golden/sound/\(file)").path, words, into: scratch("\(name).nest"))
    }
}
