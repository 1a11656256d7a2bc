import Foundation
import Hearing
import Platform
import TestSupport
import Testing

struct AudioTests {
    /// One value in every coding, two channels that differ.
    @Test func everyCodingGivesTheMeanOfTheChannels() throws {
        let left: Float = 0.5, right: Float = -0.25, mean: Float = 0.125
        func integer(_ value: Float, _ bytes: Int) -> [UInt8] { little(Int(value * Float(1 << (8 * bytes - 1))), bytes) }
        let eight = [UInt8(128 + 64), UInt8(128 - 32)]
        let double = little(Int(Double(left).bitPattern), 8) + little(Int(bitPattern: UInt(Double(right).bitPattern)), 8)
        let single = little(Int(left.bitPattern), 4) + little(Int(right.bitPattern), 4)
        let cases: [(tag: Int, bits: Int, frame: [UInt8])] = [
            (1, 8, eight), (1, 16, integer(left, 2) + integer(right, 2)), (1, 24, integer(left, 3) + integer(right, 3)),
            (1, 32, integer(left, 4) + integer(right, 4)), (3, 32, single), (3, 64, double),
        ]
        for (tag, bits, frame) in cases {
            for isExtensible in [false, true] {
                let file = WaveFile(tag: tag, channels: 2, bits: bits, data: frame + frame + frame, isExtensible: isExtensible)
                let (found, reader) = try samples(file.bytes)
                #expect(found == [mean, mean, mean], "\(tag) \(bits)")
                #expect(reader.warning == nil)
            }
        }
    }

    @Test func chunksBeforeTheSamplesAreSkippedOddOnesWithTheirPadding() throws {
        let note = Array("LIST".utf8) + little(3, 4) + [1, 2, 3, 0] + Array("fact".utf8) + little(4, 4) + [0, 0, 0, 0]
        let (found, _) = try samples(WaveFile(before: note, data: little(16384, 2)).bytes)
        #expect(found == [0.5])
    }

    @Test func lengthsThatNobodyKnewYetMeanUntilTheEnd() throws {
        let data = little(16384, 2) + little(-16384, 2)
        let unknown = [(0, 0), (0, 36), (0xFFFF_FFFF, 0xFFFF_FFFF), (0x7FFF_FFFF, 0x8000_0023), (0x8000_0000, 0x8000_0024)]
        for (dataBytes, wholeBytes) in unknown {
            let file = WaveFile(dataBytes: UInt32(dataBytes), wholeBytes: UInt32(wholeBytes), data: data)
            let (found, reader) = try samples(file.bytes)
            #expect(found == [0.5, -0.5], "\(dataBytes)")
            #expect(reader.warning == nil)
        }
        // A true 0: something else follows.
        let empty = WaveFile(dataBytes: 0, wholeBytes: 48, data: Array("LIST".utf8) + little(0, 4))
        #expect(try samples(empty.bytes).samples.isEmpty)
    }

    @Test func aFileThatWasCutOffGivesWhatIsThereAndAWarning() throws {
        let whole = WaveFile(rate: 8000, data: [UInt8](repeating: 9, count: 16000)).bytes
        let (found, reader) = try samples(Array(whole[..<(44 + 8001)]))
        #expect(found.count == 8000)
        #expect(reader.warning == "clip: ends after 0.50 s where its header says 1.00 s")
    }

    @Test func whatIsNoNumberIsSilenceAndCounted() throws {
        var data: [UInt8] = []
        for value in [Float.nan, .infinity, 3e38, 0.5] { data += little(Int(value.bitPattern), 4) }
        let (found, reader) = try samples(WaveFile(tag: 3, bits: 32, data: data).bytes)
        #expect(found == [0, 0, 0, 0.5])
        #expect(reader.invalidSamples == 3)
        #expect(reader.warning == "clip: 3 samples are no numbers and count as silence")
    }

    @Test func rawSamplesNeedNoHeader() throws {
        let (found, _) = try samples(little(16384, 2) + little(-32768, 2) + [1], takesRaw: true)
        #expect(found == [0.5, -1])
    }

    @Test func hostileFilesAreOneLine() throws {
        let good = WaveFile(data: [0, 0, 0, 0])
        func changed(_ change: (inout WaveFile) -> Void) -> [UInt8] {
            var file = good
            change(&file)
            return file.bytes
        }
        let cases: [(String, [UInt8])] = [
            ("is empty", []), ("is no WAV file", Array("OggS and more".utf8)), ("is no WAV file", Array("RIFF".utf8)),
            ("is no WAV file", Array("RIFF\0\0\0\0AVI ".utf8)), ("ends before its first sample", Array(good.bytes[..<16])),
            ("ends before its first sample", Array(good.bytes[..<36])),
            ("its format is cut off", Array(good.bytes[..<20])), ("its format is cut off", Array(good.bytes[..<30])),
            ("0 channels", changed { $0.channels = 0 }), ("65535 channels", changed { $0.channels = 65535 }),
            ("0 samples a second", changed { $0.rate = 0 }), ("samples a second", changed { $0.rate = 0xFFFF_FFFF }),
            ("samples of kind 2 ", changed { $0.tag = 2 }), ("samples of kind 1 with 64 bits", changed { $0.bits = 64 }),
            ("samples of kind 3 with 16 bits", changed { $0.tag = 3 }), ("bytes a frame", changed { $0.align = 0 }),
            ("bytes a frame", changed { $0.align = 65535 }),
            ("without saying of which format", Array("RIFF".utf8) + little(12, 4) + Array("WAVEdata".utf8) + little(0, 4)),
        ]
        for (expected, bytes) in cases {
            do {
                _ = try samples(bytes)
                Issue.record("taken, where \(expected) was expected")
            } catch {
                let text = "\(error)"
                #expect(text.contains(expected) && text.hasPrefix("clip: ") && !text.contains("\n"), "\(text)")
            }
        }
    }

    @Test func mutatedFilesEndInSamplesOrInAFailure() throws {
        var random = Random(11)
        let whole = try golden("clip.wav")
        let seed = Array(whole[..<600])
        for _ in 0..<4000 {
            var bytes = seed
            for _ in 0..<random.int(1...6) { bytes[random.int(0...random.int(20...599))] = UInt8(random.int(0...255)) }
            if random.bool() { bytes.removeLast(random.int(0...bytes.count)) }
            guard let found = try? samples(bytes, takesRaw: random.bool()).samples else { continue }
            #expect(found.allSatisfy { $0.isFinite && $0.magnitude <= 2e6 })
        }
    }

    @Test(arguments: [8000, 11025, 22050, 24000, 44100, 48000])
    func resamplingIsWhatScipyDoes(_ rate: Int) throws {
        let bytes = try golden("resample-\(rate).f32")
        let count = Int(bytes[0]) | Int(bytes[1]) << 8
        let all = floats(bytes.dropFirst(4)), input = Array(all[..<count]), expected = Array(all[count...])
        for pieceLength in [1, 37, 500] {
            let resampler = PolyphaseResampler(from: rate, to: 16000)
            var found: [Float] = [], output = [Float](repeating: 0, count: resampler.outputs(of: PolyphaseResampler.mostInput))
            for start in stride(from: 0, to: count, by: pieceLength) {
                let piece = Array(input[start..<min(count, start + pieceLength)])
                let made = piece.withUnsafeBufferPointer { resampler.push($0, into: &output) }
                found += output[..<made]
            }
            while true {
                let made = resampler.finish(into: &output)
                if made == 0 { break }
                found += output[..<made]
            }
            #expect(found.count == expected.count)
            let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 1
            #expect(worst < 2e-6, "\(worst)")
        }
    }

    @Test func anyRateGivesSoundOfTheSameLength() throws {
        for rate in [1000, 7999, 44101, 96000, 767_999] {
            let file = WaveFile(rate: rate, data: [UInt8](repeating: 0x20, count: 2 * rate / 10))
            let count = try samples(file.bytes).samples.count
            #expect(abs(count - 1600) <= 10, "\(rate) Hz: \(count)")
        }
    }
}
