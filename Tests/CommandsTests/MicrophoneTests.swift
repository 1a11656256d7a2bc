import Board
@testable import Commands
@testable import Configuration
@testable import Console
@testable import Device
import Foundation
import Platform
import TestSupport
import Testing
import VirtualBoard

/// The microphone in the firmware: its thread, its state for people, the command. On the simulated board, in real time.
@Suite(.serialized) struct MicrophoneTests {
    private func device() throws -> Device {
        var configuration = DeviceConfiguration()
        configuration.microphone = DeviceConfiguration.Microphone()
        configuration.locksMemory = false
        configuration.realTimePriority = 0
        return try Device(board: try SimulatedBoard.make(log: nil, fast: false), configuration: configuration)
    }

    @Test func recordsWhatIsPlayed() throws {
        let scratch = Scratch(), device = try device()
        defer { scratch.remove() }
        try device.start()
        defer { device.stop() }
        #expect(logs("microphone running", device))
        let clip = (0..<8000).map { Int16(truncatingIfNeeded: ($0 * 7919) ^ ($0 << 3) | 1) }
        try WaveBytes.file(clip).write(to: URL(fileURLWithPath: scratch("clip.wav")))
        var said: [String] = []
        // On a busy machine the thread may come late and lose samples, which it then says.
        for _ in 0..<10 {
            let player = Foundation.Thread {
                usleep(300_000)
                _ = run(["fault", "microphone", "play", scratch("clip.wav")], device)
            }
            player.start()
            let result = run(["microphone", "--wav", scratch("heard.wav"), "--seconds", "2", "--json"], device)
            #expect(result.status == 0, "\(result.said)")
            said = result.said
            if said.last?.contains(#""overruns":0,"gone":0,"lost":0"#) == true { break }
        }
        #expect(said.last?.contains(#""seconds":2.000,"samples":32000,"rateHertz":16000,"overruns":0"#) == true, "\(said)")
        let heard = try Data(contentsOf: URL(fileURLWithPath: scratch("heard.wav")))
        #expect(heard.count == 44 + 64_000)
        #expect(Array(heard[..<44]) == Array(WaveBytes.file([Int16](repeating: 0, count: 32_000))[..<44]))
        let played = WaveBytes.file(clip)[44...]
        #expect(heard.range(of: Data(played)) != nil, "the clip, sample for sample")
    }

    @Test func comesAndGoesAndSaysSo() throws {
        let device = try device()
        try device.start()
        defer { device.stop() }
        #expect(logs("microphone running: Simulated, microphone of the simulated board", device))
        #expect(run(["status"], device).said.contains { $0.hasPrefix("           running, 16000 Hz, one channel of S16_LE, level -") })
        #expect(run(["status", "--json"], device).said.first?.contains(#""microphone":{"title":"Simulated"#) == true)
        #expect(run(["microphone", "--list"], device).said == ["Simulated,0      Simulated, microphone of the simulated board (in use)"])
        #expect(run(["fault", "microphone", "zeros"], device).status == 0)
        #expect(logs("microphone delivers only zeros", device))
        #expect(run(["fault", "microphone", "overrun", "3"], device).status == 0)
        #expect(logs("microphone lost samples: 3", device))
        #expect(run(["fault", "microphone", "unplug"], device).status == 0)
        #expect(logs("microphone not found: the microphone Simulated, microphone of the simulated board is gone", device))
        #expect(comes(device) { run(["microphone", "--seconds", "1"], device).said.first?.contains("not found") == true })
        #expect(run(["microphone", "--list"], device).said.first?.contains("no sound card") == true)
        #expect(run(["fault", "clear"], device).status == 0)
        #expect(comes(device) { device.microphone?.reading.read().state == .running })
        let reading = try #require(device.microphone?.reading.read())
        #expect(reading.losses == 1 && reading.overruns >= 3)
        #expect(run(["fault", "microphone", "stall"], device).status == 0)
        #expect(logs("delivers nothing", device))
        #expect(run(["fault", "microphone", "well"], device).status == 0)
        #expect(comes(device) { device.microphone?.reading.read().state == .running })
    }

    @Test func utterancesAreTold() throws {
        let scratch = Scratch(), device = try device()
        defer { scratch.remove() }
        try device.start()
        defer { device.stop() }
        // A vowel: a pitch of 140 Hz under a formant, swelling five times a second.
        var samples: [Int16] = []
        for index in 0..<16_000 {
            let time = Double(index) / 16_000
            var sum = 0.0
            for harmonic in 1..<20 {
                let frequency = 140 * Double(harmonic)
                sum += (exp(-pow((frequency - 600) / 200, 2)) + 0.05) * sin(2 * .pi * frequency * time)
            }
            samples.append(Int16(4000 * sum * (0.3 + 0.7 * pow(sin(.pi * 5 * time), 2))))
        }
        samples += [Int16](repeating: 0, count: 32_000)
        try WaveBytes.file(samples).write(to: URL(fileURLWithPath: scratch("vowel.wav")))
        #expect(run(["fault", "microphone", "play", scratch("vowel.wav"), "loop"], device).status == 0)
        let (status, said) = run(["microphone", "--utterances", "--seconds", "7"], device)
        #expect(status == 0, "\(said)")
        #expect(said.contains { $0.hasPrefix("speech from ") } && said.contains { $0.hasPrefix("utterance from ") }, "\(said)")
        let objects = run(["microphone", "--utterances", "--seconds", "7", "--json"], device).said
        #expect(objects.contains { $0.hasPrefix(#"{"event":"ended","start_s":"#) && $0.hasSuffix(#""cut":false}"#) }, "\(objects)")
    }

    @Test func whatIsRefusedIsSaid() throws {
        let scratch = Scratch(), device = try device()
        defer { scratch.remove() }
        try device.start()
        defer { device.stop() }
        for words in [["microphone", "here"], ["microphone", "--rate", "5"], ["microphone", "--seconds", "0"], ["microphone", "--loud"],
                      ["microphone", "--wav", scratch("a.wav"), "--utterances"]] {
            #expect(run(words, device).status == 2, "\(words)")
        }
        #expect(logs("microphone running", device))
        // One listener at a time; another device isn't there, and the firmware's own is taken.
        let loop = try #require(device.microphone)
        #expect(loop.claim())
        #expect(run(["microphone", "--wav", scratch("a.wav"), "--seconds", "1"], device).status == 2)
        loop.release()
        #expect(run(["microphone", "--device", "Kinect"], device) == (1, ["swiftlet: no microphone Kinect; there is Simulated,0"]))
        let busy = run(["microphone", "--device", "Simulated"], device)
        #expect(busy.status == 1 && busy.said.first?.contains("another program has it") == true, "\(busy.said)")
        #expect(run(["microphone", "--wav", scratch("no/folder/a.wav"), "--seconds", "1"], device).status == 1)
        #expect(!File.exists(scratch("a.wav")))
    }

    @Test func configurationNamesIt() throws {
        let text = "[microphone]\ndevice = Device,0\nrate = 48000\n"
        let configuration = try ConfigurationFile.parse(Array(text.utf8), name: "x")
        #expect(configuration.microphone?.request.device == "Device,0" && configuration.microphone?.request.rateHertz == 48_000)
        #expect(try ConfigurationFile.parse(Array("[firmware]\n".utf8), name: "x").microphone == nil)
        #expect(try ConfigurationFile.parse(Array("[microphone]\n".utf8), name: "x").microphone?.request.device == "default")
        for (text, expected) in [
            ("[microphone]\nrate = 10\n", "x:2: rate = 10: samples a second, a whole number from 8000 to 192000 is expected"),
            ("[microphone two]\n", "x:1: [microphone] is expected"),
            ("[microphone]\nloud = 1\n", "x:2: unknown key loud in [microphone]; device, rate, button or wake-word are expected"),
        ] {
            #expect { _ = try ConfigurationFile.parse(Array(text.utf8), name: "x") } throws: { ($0 as? Failure)?.description == expected }
        }
    }

    @Test func samplesGoThroughTheRingInOrder() {
        let ring = SampleRing(capacity: 100)
        var pushed: Float = 0, popped: Float = 0
        var block = [Float](repeating: 0, count: 50)
        // 128 places, filled and emptied by turns so that they come round.
        for round in 0..<200 {
            let values = (0..<(round % 41)).map { pushed + Float($0) }
            pushed += Float(values.count)
            values.withUnsafeBufferPointer { ring.push($0) }
            let count = block.withUnsafeMutableBufferPointer { ring.pop($0) }
            for index in 0..<count {
                #expect(block[index] == popped)
                popped += 1
            }
        }
        #expect(pushed == popped && ring.dropped == 0)
        let many = [Float](repeating: 1, count: 200)
        many.withUnsafeBufferPointer { ring.push($0) }
        #expect(ring.dropped == 72)
        ring.clear()
        #expect(block.withUnsafeMutableBufferPointer { ring.pop($0) } == 0)
    }
}
