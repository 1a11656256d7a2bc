import Engine
import Foundation
import Kernels
import Platform
import Sensors
@testable import Tasks
import Testing
import TestSupport

private func sample(_ milliseconds: Double, _ value: (Double) -> Double, field: Double? = nil) -> InertialSample {
    let number = Float(value(milliseconds))
    return InertialSample(timestampNanoseconds: Int64(milliseconds * 1e6), acceleration: SIMD3(number, 2 * number, 3),
                          angularRate: SIMD3(-number, 0, 1), magneticField: SIMD3(repeating: Float(field ?? 0)),
                          hasMagneticField: field != nil)
}

@Suite struct MotionWindowTests {
    /// All rows that samples make, with their times.
    private func rows(_ samples: [InertialSample], capacity: Int = 64, period: Double = 20) -> [(time: Int64, row: [Float], count: Int)] {
        var window = MotionWindow(capacity: capacity, period: Int64(period * 1e6))
        var found: [(Int64, [Float], Int)] = []
        for sample in samples {
            window.take(sample)
            while window.advance() {
                var row = [Float](repeating: 0, count: MotionColumn.count)
                row.withUnsafeMutableBufferPointer { window.copy(1, to: $0.baseAddress!) }
                found.append((window.time, row, window.rows))
            }
        }
        return found
    }

    @Test func rowsAreStraightLinesBetweenSamples() {
        // 200 a second and a little irregular, a sensor slower than the model too; compared with the lines themselves.
        for step in [5.0, 7.3, 33] {
            let samples = (0..<200).map { sample(Double($0) * step + ($0 % 3 == 0 ? 0.8 : 0), { sin($0 / 300) }) }
            let found = rows(samples)
            #expect(found.count == Int((Double(samples[199].timestampNanoseconds) / 1e6 - 0.8) / 20) + 1)
            for (index, entry) in found.enumerated() {
                #expect(entry.time == 800_000 + Int64(index) * 20_000_000 && entry.count == min(index + 1, 64))
                let after = samples.firstIndex { $0.timestampNanoseconds >= entry.time }!, before = max(0, after - 1)
                let a = samples[before], b = samples[after], span = Double(b.timestampNanoseconds - a.timestampNanoseconds)
                let share = span > 0 ? Double(entry.time - a.timestampNanoseconds) / span : 0
                let wanted = Double(a.acceleration.x) + share * Double(b.acceleration.x - a.acceleration.x)
                #expect(abs(Double(entry.row[0]) - wanted) < 1e-5 && abs(Double(entry.row[1]) - 2 * wanted) < 1e-5, "\(step) \(index)")
                #expect(entry.row[2] == 3 && abs(Double(entry.row[3]) + wanted) < 1e-5 && entry.row[5] == 1)
            }
        }
    }

    @Test func theNewestComeOldestFirst() {
        var window = MotionWindow(capacity: 4, period: 10_000_000)
        for index in 0..<11 {
            window.take(sample(Double(index) * 10, { $0 }))
            while window.advance() {}
        }
        var newest = [Float](repeating: 0, count: 4 * MotionColumn.count)
        newest.withUnsafeMutableBufferPointer { window.copy(4, to: $0.baseAddress!) }
        #expect((0..<4).map { newest[$0 * MotionColumn.count] } == [70, 80, 90, 100] && window.rows == 4)
    }

    @Test func gapsAndClocksThatJumpBeginAnew() {
        let counts = rows([0, 20, 40, 60, 400, 420, 440, 100, 120, 140].map { sample($0, { $0 }) }).map(\.count)
        #expect(counts == [1, 2, 3, 4, 1, 2, 3, 1, 2, 3])
    }

    @Test func whatIsNoNumberIsLeftOut() {
        let found = rows([sample(0, { _ in 1 }), sample(10, { _ in .nan }), sample(20, { _ in 1 }), sample(30, { _ in .infinity }),
                          sample(40, { _ in 1 })])
        #expect(found.count == 3 && found.allSatisfy { $0.row[0] == 1 })
    }

    @Test func aSlowFieldHolds() {
        let found = rows([sample(0, { _ in 1 }), sample(20, { _ in 1 }, field: 7), sample(40, { _ in 1 }),
                          sample(60, { _ in 1 }, field: 9)])
        #expect(found.map { $0.row[6] } == [0, 7, 7, 9])
    }

    @Test func columnsHaveTheNamesOfTheField() {
        for (names, place) in [(["acc_x", "x_acc", "ax", "ACC_X", "accelerometer_x"], 0), (["gyr_z", "z_gyro", "wz", "gyroscope_z"], 5),
                               (["mag_y", "y_mag", "my"], 7)] {
            for name in names { #expect(MotionColumn.place(name) == place, "\(name)") }
        }
        for name in ["", "x", "time", "acc", "acc_w", "heart_rate"] { #expect(MotionColumn.place(name) == nil, "\(name)") }
    }
}

@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: compilerPath), "nestc is not there"))
struct WindowModelTests {
    private func model(_ scratch: Scratch, set: [String] = []) throws -> WindowModel {
        let nest = try #require(try compiledMotionModel(scratch, set: set))
        return try WindowModel(try Model(path: nest, kernels: KernelTable.chosen(for: ProcessorFeatures.detect()),
                                         pool: ThreadPool(threads: 1)))
    }

    /// What ONNX Runtime says of windows whose columns were chosen and normalised by numpy.
    @Test func answersAreThoseOfONNXRuntime() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let model = try model(scratch), file = repository.appendingPathComponent("Tests/golden/motion/windows.f32")
        let numbers = try Data(contentsOf: file).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        let size = 32 * MotionColumn.count + 2
        #expect(model.format.rows == 32 && model.labels == ["still", "moving"] && numbers.count == 5 * size)
        for start in stride(from: 0, to: numbers.count, by: size) {
            numbers.withUnsafeBufferPointer { model.load($0.baseAddress! + start) }
            let best = try model.run(observe: {}), wanted = Array(numbers[(start + size - 2)..<(start + size)])
            #expect(abs(model.scores[0] - wanted[0]) < 1e-5 && abs(model.scores[1] - wanted[1]) < 1e-5, "\(wanted)")
            #expect(best == (wanted[1] > wanted[0] ? 1 : 0))
        }
    }

    @Test(arguments: [("window.rate=0", "rows a second"), ("window.rate=x", "rows a second"),
                      ("window.columns=acc_x,time,gyr_x,gyr_y", "time"),
                      ("window.columns=acc_x,acc_y,acc_z;window.mean=0;window.deviation=1", "1 numbers"),
                      ("window.columns=acc_x,acc_y,acc_z;window.mean=0,0,0;window.deviation=1,1,1", "no window"),
                      ("window.mean=1,2", "2 numbers"),
                      ("window.deviation=1,1,0,1", "positive"), ("window.deviation=1,nan,1,1", "list of numbers")])
    func whatIsWrongInAModelIsSaid(entry: String, word: String) throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        do throws(Failure) {
            do {
                _ = try model(scratch, set: entry.split(separator: ";").map(String.init))
            } catch let failure as Failure {
                throw failure
            } catch { throw Failure(.resource, "\(error)") }
            Issue.record("\(entry) was taken")
        } catch {
            #expect(error.description.contains(word), "\(entry): \(error.description)")
        }
    }
}
