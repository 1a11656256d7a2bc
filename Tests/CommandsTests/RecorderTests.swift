import Board
@testable import Commands
import Foundation
import Platform
import Pose
import Sensors
import Testing
import TestSupport

@Suite struct RecorderTests {
    private func sample(_ index: Int, field: Bool) -> InertialSample {
        InertialSample(timestampNanoseconds: 1_000_000 + Int64(index) * 5_000_000, acceleration: SIMD3(Float(index), 0.5, 9.8),
                       angularRate: SIMD3(0.01, Float(-index), 0),
                       magneticField: SIMD3(20, 0, -40), hasMagneticField: field, temperatureCelsius: 25)
    }

    private func rows(_ path: String) throws -> (rows: [LogRow], note: String?) {
        var log = try PoseLog(path: path)
        var rows: [LogRow] = [], row = LogRow()
        while try log.next(&row) { rows.append(row) }
        return (rows, log.note)
    }

    @Test func whatIsRecordedIsRead() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let recorder = try SampleRecorder(path: scratch("a.imu"), limit: 1_000_000)
        for index in 0..<1000 {
            let added = try recorder.add(sample(index, field: index % 2 == 0))
            #expect(added)
            if index % 100 == 99 { try recorder.tick(now: Int64(1) << 50 + Int64(index) << 40) }
        }
        try recorder.finish()
        let (rows, note) = try rows(scratch("a.imu"))
        #expect(rows.count == 1000 && note == nil && recorder.samples == 1000)
        #expect(recorder.bytes == (try FileManager.default.attributesOfItem(atPath: scratch("a.imu"))[.size] as? Int))
        for (index, row) in rows.enumerated() {
            #expect(abs(row.timeSeconds - Double(index) * 0.005) < 1e-12 && row.accelerometer == SIMD3(Float(index), 0.5, 9.8))
            #expect(row.gyroscope.y == Float(-index) && row.magnetometer.x.isNaN == (index % 2 == 1))
        }
    }

    @Test func truncatedAtEveryByte() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let recorder = try SampleRecorder(path: scratch("a.imu"), limit: 1_000_000)
        for index in 0..<40 {
            _ = try recorder.add(sample(index, field: true))
            if index % 10 == 9 { try recorder.tick(now: Int64(1) << 50 + Int64(index) << 40) }
        }
        try recorder.finish()
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch("a.imu"))))
        let block = RecordedLogFormat.bytes(ofBlock: 10)
        #expect(whole.count == RecordedLogFormat.headerBytes + 4 * block)
        for length in 0..<whole.count {
            try Data(whole[..<length]).write(to: URL(fileURLWithPath: scratch("b.imu")))
            guard length >= RecordedLogFormat.headerBytes else {
                #expect(throws: Failure.self) { try rows(scratch("b.imu")) }
                continue
            }
            let blocks = (length - RecordedLogFormat.headerBytes) / block
            let isWhole = (length - RecordedLogFormat.headerBytes) % block == 0
            let (read, note) = try rows(scratch("b.imu"))
            #expect(read.count == blocks * 10 && (note == nil) == isWhole, "\(length)")
        }
    }

    @Test func damageEndsTheLogWhereItIs() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let recorder = try SampleRecorder(path: scratch("a.imu"), limit: 1_000_000)
        for index in 0..<40 {
            _ = try recorder.add(sample(index, field: true))
            if index % 10 == 9 { try recorder.tick(now: Int64(1) << 50 + Int64(index) << 40) }
        }
        try recorder.finish()
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch("a.imu"))))
        let block = RecordedLogFormat.bytes(ofBlock: 10)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<400 {
            var copy = whole
            let at = Int.random(in: 0..<copy.count, using: &generator)
            copy[at] ^= UInt8.random(in: 1...255, using: &generator)
            try Data(copy).write(to: URL(fileURLWithPath: scratch("b.imu")))
            if at < RecordedLogFormat.headerBytes {
                #expect(throws: Failure.self) { try rows(scratch("b.imu")) }
            } else {
                let (read, note) = try rows(scratch("b.imu"))
                #expect(read.count == (at - RecordedLogFormat.headerBytes) / block * 10 && note != nil)
            }
        }
    }

    @Test func limitsAndExistingFiles() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let recorder = try SampleRecorder(path: scratch("a.imu"), limit: 5000)
        var taken = 0
        while try recorder.add(sample(taken, field: false)) { taken += 1 }
        try recorder.finish()
        #expect(taken > 50 && recorder.bytes <= 5000 && recorder.samples == taken)
        #expect(throws: Failure.self) { _ = try SampleRecorder(path: scratch("a.imu"), limit: 5000) }
        #expect(throws: Failure.self) { _ = try SampleRecorder(path: scratch("c.imu"), limit: 10) }
        #expect(throws: Failure.self) { _ = try SampleRecorder(path: "/nowhere/c.imu", limit: 5000) }
    }

    /// A recording that failed in the middle never comes to `finish`.
    @Test func failedRecordingsLeaveNothingOpen() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        func openFiles() throws -> Int {
            var count = 0
            for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name)
                if target?.hasPrefix(scratch.path) == true { count += 1 }
            }
            return count
        }
        for turn in 0..<12 {
            let recorder = try SampleRecorder(path: scratch("\(turn).imu"), limit: 1_000_000)
            #expect(try openFiles() == 1)
            for index in 0..<10 { _ = try recorder.add(sample(index, field: false)) }
            _ = consume recorder
        }
        #expect(try openFiles() == 0)
    }

    /// CRC-32C's published check value.
    @Test func checksum() {
        #expect(RecordedLogFormat.checksum(Array("123456789".utf8)[...]) == 0xE306_9283)
    }
}
