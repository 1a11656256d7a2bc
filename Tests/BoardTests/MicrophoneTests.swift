import Board
@testable import BoardLinux
import Foundation
import Platform
import Testing
@testable import VirtualBoard

/// A WAV file of 16 bits, written the plain way.
func waveFile(_ samples: [Int16], rate: Int, channels: Int = 1) -> [UInt8] {
    func number(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    var bytes = Array("RIFF".utf8) + number(36 + 2 * samples.count, 4) + Array("WAVEfmt ".utf8) + number(16, 4)
    bytes += number(1, 2) + number(channels, 2) + number(rate, 4) + number(2 * channels * rate, 4) + number(2 * channels, 2)
    bytes += number(16, 2) + Array("data".utf8) + number(2 * samples.count, 4)
    for sample in samples { bytes += number(Int(sample), 2) }
    return bytes
}

/// Microphones: how samples lie in memory, how devices are named, what a simulated one does.
@Suite struct MicrophoneTests {
    // MARK: encodings

    @Test(arguments: [
        (SampleEncoding.int16, [0x00, 0x80], -1), (.int16, [0xFF, 0x7F], 32767.0 / 32768), (.int16, [0x01, 0x00], 1.0 / 32768),
        (.int24, [0x00, 0x00, 0x80], -1), (.int24, [0x01, 0x00, 0x00], 1.0 / 8_388_608), (.int24, [0x00, 0x00, 0x40], 0.5),
        // The upper byte of four is nobody's.
        (.int24In32, [0x00, 0x00, 0xC0, 0x5A], -0.5), (.int24In32, [0x00, 0x00, 0x40, 0xFF], 0.5),
        (.int32, [0x00, 0x00, 0x00, 0x80], -1), (.int32, [0x00, 0x00, 0x00, 0x20], 0.25),
    ]) func samplesAreReadAsTheyLie(encoding: SampleEncoding, bytes: [UInt8], expected: Double) {
        #expect(bytes.count == encoding.bytes)
        var value = [Float](repeating: 9, count: 1)
        bytes.withUnsafeBytes { source in
            value.withUnsafeMutableBufferPointer { encoding.decode(source.baseAddress!, channels: 1, into: $0) }
        }
        #expect(value[0] == Float(expected))
    }

    @Test func channelsAreMixedAndNothingReachesOne() {
        let samples: [Int16] = [1000, 3000, -32768, -32768, 32767, 32767, 20000, -20000]
        var frames = [Float](repeating: 9, count: 4)
        samples.withUnsafeBytes { source in
            frames.withUnsafeMutableBufferPointer { SampleEncoding.int16.decode(source.baseAddress!, channels: 2, into: $0) }
        }
        #expect(frames == [2000.0 / 32768, -1, 32767.0 / 32768, 0])
        let loud: [UInt8] = [0xFF, 0xFF, 0xFF, 0x7F]
        var one = [Float](repeating: 9, count: 1)
        loud.withUnsafeBytes { source in
            one.withUnsafeMutableBufferPointer { SampleEncoding.int32.decode(source.baseAddress!, channels: 1, into: $0) }
        }
        #expect(one[0] < 1 && one[0] > 0.999)
    }

    // MARK: devices of Linux

    @Test func deviceFilesAreTakenApart() {
        for (name, expected) in [("pcmC0D0c", [0, 0]), ("pcmC12D3c", [12, 3])] {
            let found = SoundDevices.numbers(name)
            #expect(found.map { [$0.card, $0.device] } == expected)
        }
        for name in ["pcmC0D0p", "controlC0", "pcmCD0c", "pcmC0Dc", "pcmC0c", "pcmC0D0", "pcmCxD0c", "pcmC0D1234c", "c", ""] {
            #expect(SoundDevices.numbers(name) == nil, "\(name)")
        }
    }

    @Test func devicesAreChosenByName() throws {
        let devices = [
            SoundDevice(card: 0, device: 0, cardIdentifier: "Loopback", name: "Loopback, Loopback PCM", isBusy: true),
            SoundDevice(card: 0, device: 1, cardIdentifier: "Loopback", name: "Loopback, Loopback PCM", isBusy: false),
            SoundDevice(card: 1, device: 0, cardIdentifier: "Device", name: "USB Audio", isBusy: false),
        ]
        #expect(try SoundDevices.find("default", among: devices).device == 1)
        #expect(try SoundDevices.find("Device", among: devices).card == 1)
        #expect(try SoundDevices.find("Loopback", among: devices).device == 0)
        #expect(try SoundDevices.find("Loopback,1", among: devices).device == 1)
        // Busy or not, there is no other: opening it says why not.
        #expect(try SoundDevices.find("default", among: Array(devices[..<1])).device == 0)
        #expect { _ = try SoundDevices.find("Kinect", among: devices) } throws: {
            ($0 as? Failure)?.description == "no microphone Kinect; there are Loopback,0, Loopback,1, Device,0"
        }
        #expect { _ = try SoundDevices.find("default", among: []) } throws: {
            ($0 as? Failure)?.description.hasPrefix("there is no microphone") == true
        }
    }

    @Test func filesThatAreNoDevicesAreNone() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sound-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder.appendingPathComponent("snd"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["pcmC0D0c", "controlC0"] { try Data([1, 2, 3]).write(to: folder.appendingPathComponent("snd/\(name)")) }
        var paths = HardwarePaths()
        paths.devices = folder.path
        let board = HardwareBoard(paths: paths)
        #expect(board.microphones().isEmpty)
        #expect(throws: Failure.self) { _ = try board.openMicrophone(MicrophoneRequest()) }
    }

    // MARK: the simulated one

    private func board() throws -> SimulatedBoard { try SimulatedBoard.make(log: nil, fast: true) }

    /// Up to `count` samples, as they come; fewer where none come for a second of the board's time.
    private func read(_ microphone: Microphone, _ count: Int) throws -> [Float] {
        var all: [Float] = [], block = [Float](repeating: 0, count: 1000), fruitless = 0
        while all.count < count, fruitless < 10 {
            let wanted = min(block.count, count - all.count)
            let taken = try block.withUnsafeMutableBufferPointer {
                try microphone.read(UnsafeMutableBufferPointer(rebasing: $0[..<wanted]), withinNanoseconds: 100_000_000)
            }
            all += block[..<taken]
            fruitless = taken == 0 ? fruitless + 1 : 0
        }
        return all
    }

    private func write(_ bytes: [UInt8]) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("sound-\(UUID().uuidString).wav").path
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test(arguments: [8000, 16_000, 48_000]) func recordingComesSampleForSample(rate: Int) throws {
        var random = SystemRandomNumberGenerator()
        let samples = (0..<rate).map { _ in Int16(truncatingIfNeeded: Int(truncatingIfNeeded: random.next()) | 1) }
        let path = try write(waveFile(samples, rate: rate))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let board = try board()
        let microphone = try board.openMicrophone(MicrophoneRequest(rateHertz: rate))
        #expect(microphone.format == MicrophoneFormat(rateHertz: rate, channels: 1, encoding: .int16))
        try board.perform("microphone play \(path)")
        let heard = try read(microphone, rate * 2)
        let expected = samples.map { Float($0) / 32768 }
        #expect(Array(heard[..<rate]) == expected, "the recording itself")
        #expect(heard[rate...].allSatisfy { $0 == 0 }, "and silence after it")
        #expect(microphone.overruns == 0)
        // Once more, without an end.
        try board.perform("microphone play \(path) loop")
        let again = try read(microphone, rate * 2)
        #expect(Array(again[..<rate]) == expected && Array(again[rate...]) == expected)
    }

    @Test func whoReadsTooLateLosesASecondAndHearsOfIt() throws {
        let board = try board()
        let microphone = try board.openMicrophone(MicrophoneRequest())
        #expect(try read(microphone, 1600).count == 1600)
        board.time.pass(nanoseconds: 900_000_000)
        #expect(try read(microphone, 16_000).count == 16_000 && microphone.overruns == 0)
        board.time.pass(nanoseconds: 1_500_000_000)
        #expect(try read(microphone, 1600).count == 1600 && microphone.overruns == 1)
        try board.perform("microphone overrun 2")
        #expect(try read(microphone, 16_000).count == 16_000 && microphone.overruns == 3)
    }

    @Test func troublesComeAndGo() throws {
        let board = try board()
        var microphone: Microphone? = try board.openMicrophone(MicrophoneRequest(device: "Simulated"))
        #expect(try read(microphone!, 1600).contains { $0 != 0 })
        #expect(board.microphones() == [MicrophoneListing(identifier: "Simulated,0", name: SimulatedMicrophone.title, isBusy: true)])
        #expect(throws: Failure.self, "somebody has it") { _ = try board.openMicrophone(MicrophoneRequest()) }
        try board.perform("microphone zeros")
        #expect(try read(microphone!, 1600).allSatisfy { $0 == 0 })
        try board.perform("microphone stall")
        #expect(try read(microphone!, 1600).isEmpty)
        try board.perform("microphone well")
        #expect(try read(microphone!, 1600).count == 1600)
        try board.perform("microphone unplug")
        #expect(throws: Failure.self) { _ = try read(microphone!, 1600) }
        #expect(board.microphones().isEmpty)
        #expect(throws: Failure.self) { _ = try board.openMicrophone(MicrophoneRequest()) }
        try board.perform("clear")
        #expect(throws: Failure.self, "what was open stays without") { _ = try read(microphone!, 1600) }
        microphone = nil
        microphone = try board.openMicrophone(MicrophoneRequest())
        #expect(try read(microphone!, 1600).count == 1600)
        for words in ["microphone", "microphone play", "microphone play x.wav twice", "microphone dance", "microphone overrun -1"] {
            #expect(throws: Failure.self, "\(words)") { try board.perform(words) }
        }
    }

    @Test func damagedRecordingsAreRefusedOrShort() throws {
        let whole = waveFile([1, 2, 3, 4, 5, 6], rate: 16_000, channels: 2)
        for length in 0..<whole.count {
            let path = try write(Array(whole[..<length]))
            defer { try? FileManager.default.removeItem(atPath: path) }
            // From the first whole frame on, what is there counts.
            if length < 48 {
                #expect(throws: Failure.self, "\(length) bytes") { _ = try WaveSound(path: path) }
            } else {
                #expect(try WaveSound(path: path).samples == Array([1, 3, 5][..<((length - 44) / 4)]))
            }
        }
        for (place, value) in [(22, 0), (24, 0), (34, 8), (20, 3), (40, 0)] {
            var damaged = whole
            damaged[place] = UInt8(value)
            damaged[place + 1] = 0
            let path = try write(damaged)
            defer { try? FileManager.default.removeItem(atPath: path) }
            #expect(throws: Failure.self, "byte \(place)") { _ = try WaveSound(path: path) }
        }
        // Sizes that nobody has.
        var huge = whole
        for place in [4, 40] { huge.replaceSubrange(place..<(place + 4), with: [0xFF, 0xFF, 0xFF, 0xFF]) }
        let path = try write(huge)
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try WaveSound(path: path).samples == [1, 3, 5])
    }
}
