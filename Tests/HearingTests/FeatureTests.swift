import Foundation
@testable import Hearing
import Platform
import TestSupport
import Testing

struct FeatureTests {
    @Test(arguments: [2, 4, 6, 10, 16, 18, 30, 50, 160, 400, 512, 1500])
    func theTransformIsTheDefinition(_ count: Int) throws {
        var random = Random(UInt64(count))
        let input = random.floats(count)
        let transform = try RealTransform(count: count)
        var bins = [SIMD2<Float>](repeating: .zero, count: count / 2 + 1), powers = [Float](repeating: 0, count: count / 2 + 1)
        transform.transform(input, into: &bins)
        transform.power(input, into: &powers)
        for k in 0...count / 2 {
            var real = 0.0, imaginary = 0.0
            for (n, x) in input.enumerated() {
                let angle = -2 * Double.pi * Double(k * n % count) / Double(count)
                real += Double(x) * cos(angle)
                imaginary += Double(x) * sin(angle)
            }
            let tolerance = 1e-6 * Double(count).squareRoot() * 4
            #expect(abs(Double(bins[k].x) - real) < tolerance && abs(Double(bins[k].y) - imaginary) < tolerance, "\(count): bin \(k)")
            #expect(abs(Double(powers[k]) - (real * real + imaginary * imaginary)) < 1e-5 * Double(count))
        }
    }

    @Test func lengthsWithOtherFactorsAreRefused() {
        for count in [0, 1, 3, 14, 22, 401, 1 << 21] { #expect(throws: Failure.self) { try RealTransform(count: count) } }
    }

    /// The whole way of the clip, in pieces of different lengths.
    @Test(arguments: [1, 160, 1000, 17600])
    func theFeaturesAreWhatNumpyComputes(_ pieceLength: Int) throws {
        let expected = floats(try golden("clip-mel.f32")), bank = floats(try golden("bank.f32"))
        let sound = try samples(try golden("clip.wav")).samples
        let mel = try bank.withUnsafeBufferPointer { try MelSpectrogram(bank: $0, bands: 80, capacity: 200) }
        for start in stride(from: 0, to: sound.count, by: pieceLength) {
            let piece = Array(sound[start..<min(sound.count, start + pieceLength)])
            #expect(piece.withUnsafeBufferPointer { mel.append($0) } == piece.count)
        }
        #expect(mel.finish())
        let frames = expected.count / 80
        #expect(mel.count > sound.count / 160 && mel.count <= frames)
        var found = [Float](repeating: 0, count: expected.count)
        mel.read(0..<mel.count, silence: frames - mel.count, into: &found)
        let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 1
        #expect(worst < 1e-4, "\(worst)")
    }

    @Test func fullFramesWaitUntilSomeAreForgotten() throws {
        let bank = floats(try golden("bank.f32"))
        let sound = try samples(try golden("clip.wav")).samples
        func features(capacity: Int) throws -> [Float] {
            let mel = try bank.withUnsafeBufferPointer { try MelSpectrogram(bank: $0, bands: 80, capacity: capacity) }
            var found: [Float] = [], taken = 0
            func empty() {
                var values = [Float](repeating: 0, count: mel.count * 80)
                // The floor of a window depends on its largest value: one frame at a time has always the same.
                values.withUnsafeMutableBufferPointer { values in
                    for frame in 0..<mel.count { mel.read(frame..<frame + 1, silence: 0, into: values.baseAddress! + frame * 80) }
                }
                found += values
                mel.remove(mel.count)
            }
            while taken < sound.count {
                taken += Array(sound[taken...]).withUnsafeBufferPointer { mel.append($0) }
                if taken < sound.count { empty() }
            }
            while !mel.finish() { empty() }
            empty()
            return found
        }
        #expect(try features(capacity: 17) == features(capacity: 500))
    }

    @Test func soundShorterThanAFrameAndNoneHaveFeatures() throws {
        let bank = floats(try golden("bank.f32"))
        for count in [0, 1, 199, 200, 201, 202, 401] {
            let mel = try bank.withUnsafeBufferPointer { try MelSpectrogram(bank: $0, bands: 80, capacity: 10) }
            let sound = [Float](repeating: 0.25, count: count)
            #expect(sound.withUnsafeBufferPointer { mel.append($0) } == count)
            #expect(mel.finish())
            #expect((mel.count == 0) == (count == 0))
            var values = [Float](repeating: .nan, count: mel.count * 80)
            mel.read(0..<mel.count, silence: 0, into: &values)
            #expect(values.allSatisfy { $0.isFinite })
        }
    }

    @Test func filtersThatMakeNoSenseAreRefused() {
        for value in [Float.nan, .infinity, -1, 1e9] {
            var bank = [Float](repeating: 0, count: 2 * 201)
            bank[250] = value
            #expect(throws: Failure.self) { try bank.withUnsafeBufferPointer { try MelSpectrogram(bank: $0, bands: 2, capacity: 4) } }
        }
        let short = [Float](repeating: 0, count: 201)
        #expect(throws: Failure.self) { try short.withUnsafeBufferPointer { try MelSpectrogram(bank: $0, bands: 2, capacity: 4) } }
    }

    @Test func loudnessKnowsNothingOfDirectCurrent() throws {
        let bank = floats(try golden("bank.f32"))
        let mel = try bank.withUnsafeBufferPointer { try MelSpectrogram(bank: $0, bands: 80, capacity: 300) }
        let direct = [Float](repeating: 0.5, count: 16000)
        let tone = (0..<16000).map { 0.5 + 0.25 * Float(sin(2 * Double.pi * 1000 * Double($0) / 16000)) }
        _ = (direct + tone).withUnsafeBufferPointer { mel.append($0) }
        #expect(mel.framePowers[50] < 1e-8)
        // Half the square of the amplitude.
        #expect(abs(mel.framePowers[150] - 0.03125) < 1e-4)
    }
}
