import Engine
import Foundation
import Hearing
import Kernels
import Platform
@testable import Tasks
import Testing
import TestSupport

@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: compilerPath), "nestc is not there"))
struct SoundModelTests {
    private func model(_ nest: String?) throws -> SoundModel {
        try SoundModel(try Model(path: try #require(nest), kernels: KernelTable.chosen(for: ProcessorFeatures.detect()),
                                 pool: ThreadPool(threads: 1)))
    }

    private func golden(_ name: String) throws -> [Float] {
        let file = repository.appendingPathComponent("Tests/golden/sound/\(name)")
        return try Data(contentsOf: file).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    /// Scores for all windows of the golden clip.
    private func scores(_ model: SoundModel) throws -> [Float] {
        let path = repository.appendingPathComponent("Tests/golden/hearing/wake-word.wav").path
        let reader = try AudioReader(try FileStream(path: path), takesRaw: false, rate: model.format.rateHertz)
        let windows = SoundWindows(window: model.format.window, hop: model.format.hop)
        var all: [Float] = [], piece = [Float](repeating: 0, count: 1000)
        func hear() throws {
            model.load(windows.values)
            let best = try model.run(observe: {})
            #expect(model.scores[best] == model.scores.max())
            all += model.scores
        }
        while true {
            let count = try piece.withUnsafeMutableBufferPointer { try reader.read(into: $0) }
            if count == 0 { break }
            var taken = 0
            while taken < count {
                taken += piece[taken..<count].withUnsafeBufferPointer { windows.take($0) }
                guard windows.isFull else { continue }
                try hear()
                windows.advance()
            }
        }
        if windows.finish() { try hear() }
        return all
    }

    /// A model in YAMNet's form, whose metadata says nothing of sound: what LiteRT says of the same windows.
    @Test func samplesAreHeardAsLiteRTHearsThem() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let model = try model(try SoundModels.tones(scratch)), wanted = try golden("tones.f32")
        #expect(model.format.window == 15_600 && model.format.hop == 7680 && model.format.rateHertz == 16_000)
        #expect(model.format.isIndependent && model.labels == ["low tone", "high tone", "noise"] && model.label(7) == "class 7")
        let found = try scores(model)
        #expect(found.count == wanted.count && zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-5 }, "\(found) \(wanted)")
    }

    /// The factory's features: what numpy and ONNX Runtime say of the same windows.
    @Test func featuresAreHeardAsTheTrainerHearsThem() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let model = try model(try SoundModels.hum(scratch)), wanted = try golden("hum-or-hiss.f32")
        #expect(model.format.window == 15_872 && model.format.hop == 8000 && !model.format.isIndependent)
        let found = try scores(model)
        #expect(found.count == wanted.count && zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-4 }, "\(found) \(wanted)")
    }

    @Test func metadataSayWhatTheFileDoesNot() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let model = try model(try SoundModels.tones(scratch, set: ["sound.rate=8000", "sound.hop=15600", "sound.scores=exclusive"]))
        #expect(model.format.rateHertz == 8000 && model.format.hop == 15_600 && !model.format.isIndependent)
        #expect(model.format.windowsPerSecond == Float(8000) / 15_600)
        // A model of samples at 8 kHz hears half of them.
        #expect(try scores(model).count == 3 * 2)
    }

    @Test(arguments: [("sound.rate=0", "sound.rate = 0"), ("sound.rate=fast", "whole number"),
                      ("sound.rate=99999999999999999999", "sound.rate"),
                      ("sound.hop=0", "sound.hop"), ("sound.hop=1000000", "sound.hop"), ("sound.scores=many", "independent or exclusive"),
                      ("sound.features=mfcc", "log-mel is known"), ("sound.bands=31", "no window of 31 bands"),
                      ("sound.bands=100000", "sound.bands"), ("sound.frame=511", "Fourier"), ("sound.step=x", "sound.step"),
                      ("sound.range=60", "1 numbers"), ("sound.range=7600,60", "make no sense"), ("sound.range=60,9000", "make no sense"),
                      ("sound.range=nan,60", "list of numbers"), ("sound.mean=1,2", "2 numbers"), ("sound.deviation=0,1", "2 numbers")])
    func whatIsWrongInAModelIsSaid(entry: String, word: String) throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        do {
            _ = try model(try SoundModels.hum(scratch, set: [entry]))
            Issue.record("\(entry) was taken")
        } catch let failure as Failure {
            #expect(failure.description.contains(word) && !failure.description.contains("\n"), "\(entry): \(failure.description)")
        }
    }

    @Test func deviationsThatArentPositiveAreRefused() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let zeros = Array(repeating: "0", count: 32).joined(separator: ",")
        #expect { _ = try model(try SoundModels.hum(scratch, set: ["sound.deviation=" + zeros])) } throws: {
            ($0 as? Failure)?.description.contains("isn't positive") == true
        }
    }

    /// A model of motion windows is none of sound, with and without metadata that say so.
    @Test func modelsOfOtherShapesAreRefused() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        for set in [[], ["sound.rate=16000"]] {
            #expect { _ = try model(try compiledMotionModel(scratch, set: set)) } throws: {
                ($0 as? Failure)?.description.contains("takes no sound") == true
            }
        }
    }

    /// Loud, silent, hostile: scores stay between 0 and 1.
    @Test func anySoundHasAnAnswer() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        for model in [try model(try SoundModels.tones(scratch)), try model(try SoundModels.hum(scratch))] {
            for value: Float in [0, 1, -1, 1e6, -1e6, 1e-30] {
                let window = (0..<model.format.window).map { $0 % 2 == 0 ? value : -value / 3 }
                model.load(window)
                _ = try model.run(observe: {})
                #expect(model.scores.allSatisfy { $0 >= 0 && $0 <= 1 }, "\(value): \(Array(model.scores))")
            }
        }
    }
}
