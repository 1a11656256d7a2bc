import Foundation
import Pose
import Testing

/// Against the reference implementation of VQF, configured alike.
struct PublishedFilterTests {
    @Test func agreesWithTheReferenceImplementation() throws {
        let motion = try rows(golden("motion.npy"))
        let states = try matrix(golden("states.npy"), columns: 9)
        #expect(motion.count == 3200 && states.count == motion.count)
        var filter = PoseFilter(.published)
        var squares9 = 0.0, squares6 = 0.0, largestBias: Float = 0
        var restMismatches = 0, fieldMismatches = 0
        for (row, state) in zip(motion, states) {
            filter.update(gyroscope: row.gyroscope, accelerometer: row.accelerometer, magnetometer: row.magnetometer, interval: 1 / 50)
            let error9 = degrees(filter.attitude9D, row.reference)
            let error6 = degrees(filter.attitude6D, Attitude(state[0], state[1], state[2], state[3]))
            squares9 += error9 * error9
            squares6 += error6 * error6
            for axis in 0..<3 { largestBias = max(largestBias, abs(filter.bias[axis] - state[4 + axis])) }
            if filter.isResting != (state[7] > 0.5) { restMismatches += 1 }
            if filter.isMagneticallyDisturbed != (state[8] > 0.5) { fieldMismatches += 1 }
        }
        let count = Double(motion.count)
        #expect((squares9 / count).squareRoot() < 0.01)
        #expect((squares6 / count).squareRoot() < 0.01)
        #expect(largestBias < 1e-5)
        #expect(restMismatches <= 2)
        #expect(fieldMismatches <= 2)
    }

    @Test func batchEqualsSingleSamples() throws {
        let motion = try rows(golden("motion.npy")).prefix(500)
        let samples = motion.map {
            PoseSample(gyroscope: $0.gyroscope, accelerometer: $0.accelerometer, magnetometer: $0.magnetometer, interval: 0.02)
        }
        var single = PoseFilter(), batch = PoseFilter()
        var attitudes = [Attitude](repeating: .identity, count: samples.count)
        samples.withUnsafeBufferPointer { source in
            attitudes.withUnsafeMutableBufferPointer { batch.update(source, attitudes: $0) }
        }
        for (sample, attitude) in zip(samples, attitudes) {
            single.update(sample)
            #expect(single.attitude9D == attitude)
        }
    }
}
