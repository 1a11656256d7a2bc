@testable import Hearing
import Platform
import Testing

/// A wake-word model whose answers are written down.
final class ScriptedWake: WakeNetwork {
    let framesOfRun = 3
    /// Runs, counted from the start, in which the word is said.
    var saidAt: Range<Int> = 0..<0
    private(set) var runs = 0
    private(set) var restarts = 0

    func probability(_ features: UnsafeBufferPointer<Float>) throws(Failure) -> Float {
        precondition(features.count == 120)
        runs += 1
        return saidAt.contains(runs - 1) ? 0.98 : 0.02
    }

    func restart() { restarts += 1 }
}

struct WakeTests {
    /// Against microWakeWord's own front end, which computes in 16-bit integers (goldens/wake.py).
    @Test func featuresAreThoseThatModelsWereTrainedWith() throws {
        let expected = floats(try golden("wake-features.f32")), sound = try samples(try golden("wake-word.wav")).samples
        let features = try WakeFeatures()
        var found: [Float] = []
        // In pieces of odd lengths, as sound comes.
        var start = 0
        while start < sound.count {
            let end = min(sound.count, start + 37 + start % 613)
            try sound[start..<end].withUnsafeBufferPointer {
                try features.take($0) { (values) throws(Failure) in found += UnsafeBufferPointer(start: values, count: WakeFeatures.bands) }
            }
            start = end
        }
        #expect(found.count >= expected.count && found.count - expected.count <= 40)
        let differences = zip(found, expected).map { abs($0 - $1) }
        let mean = differences.reduce(0, +) / Float(differences.count)
        let far = Double(differences.count { $0 > 1 }) / Double(differences.count)
        // Values go to 26. Where a band has next to nothing, 16 bits see some noise or none.
        #expect(mean < 0.15 && far < 0.04, "mean difference \(mean), \(far) of them above 1")
    }

    @Test func theWordIsHeardOnceItIsSure() throws {
        let network = ScriptedWake()
        network.saidAt = 20..<40
        var settings = WakeSettings()
        settings.window = 4
        let detector = try WakeWordDetector(network, word: "hello", settings: settings)
        var heard: [Int] = []
        let block = [Float](repeating: 0.01, count: 160)
        for index in 0..<300 {
            if try block.withUnsafeBufferPointer({ (block) throws(Failure) in try detector.take(block) }) { heard.append(index) }
        }
        // After four runs, of 30 ms each, from the twentieth; then it begins anew, and hears it again after each four.
        #expect(heard.first.map { (70...74).contains($0) } == true && heard.count == 5, "\(heard)")
        for window in [0, 101] {
            settings.window = window
            #expect(throws: Failure.self) { try WakeWordDetector(network, word: "hello", settings: settings) }
        }
    }
}
