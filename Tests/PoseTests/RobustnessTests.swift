import Foundation
import Pose
import Testing

private func isFinite(_ q: Attitude) -> Bool {
    q.w.isFinite && q.x.isFinite && q.y.isFinite && q.z.isFinite && abs(q.squaredNorm - 1) < 1e-4
}

private func isSound(_ filter: PoseFilter) -> Bool {
    isFinite(filter.attitude9D) && isFinite(filter.attitude6D) && filter.bias.x.isFinite && filter.bias.y.isFinite && filter.bias.z.isFinite
        && filter.biasDeviation.isFinite && filter.headingOffset.isFinite
}

/// Whatever sensors and buses do, outputs stay finite and the attitude comes back.
struct RobustnessTests {
    /// Runs a synthetic motion through a spoiler and returns the 9D error at its end, degrees.
    private func run(seconds: Double, rate: Double = 100, spoil: (Double, inout PoseSample) -> Bool)
        -> (error: Double, filter: PoseFilter) {
        var motion = SyntheticMotion(rate: rate)
        var filter = PoseFilter()
        for _ in 0..<Int(seconds * rate) {
            let time = motion.seconds
            // A few seconds of rest first, as when the device lies on the table at start.
            motion.liveliness = time < 4 ? 0 : 1
            var sample = motion.next()
            if spoil(time, &sample) { filter.update(sample) }
            if !isSound(filter) { Issue.record("not finite at \(time) s") }
        }
        return (degrees(filter.attitude9D, motion.attitude.single), filter)
    }

    @Test func undisturbedMotionIsAccurate() {
        let result = run(seconds: 60) { _, _ in true }
        #expect(result.error < 1.5, "\(result.error)")
    }

    @Test(arguments: [25.0, 1000, 8000]) func accurateAtAnyRate(rate: Double) {
        let result = run(seconds: 40, rate: rate) { _, _ in true }
        #expect(result.error < 2, "\(result.error)")
        #expect(abs(result.filter.bias.x - 0.01) < 0.003, "\(result.filter.bias)")
    }

    @Test func recoversFromNaNAndInfinity() {
        let result = run(seconds: 60) { time, sample in
            if Int(time * 100) % 7 == 0 { sample.gyroscope.y = .nan }
            if Int(time * 100) % 11 == 0 { sample.accelerometer.x = .infinity }
            if Int(time * 100) % 13 == 0 { sample.magnetometer = SIMD3(repeating: .nan) }
            if time > 30 && time < 31 { sample.gyroscope = SIMD3(repeating: .nan) }
            return true
        }
        #expect(result.error < 3, "\(result.error)")
        #expect(result.filter.counters.badSamples > 1000)
    }

    @Test func absurdMagnitudesAreLeftOut() {
        // 1e-42, which no Float is exactly.
        let subnormal = Float(bitPattern: 714)
        let result = run(seconds: 60) { time, sample in
            switch Int(time * 100) % 50 {
            case 0: sample.gyroscope = SIMD3(repeating: 3e38)
            case 1: sample.accelerometer = SIMD3(repeating: -3e38)
            case 2: sample.magnetometer = SIMD3(repeating: 3e38)
            case 3: sample.accelerometer = SIMD3(repeating: subnormal)
            case 4: sample.magnetometer = SIMD3(repeating: subnormal)
            default: break
            }
            return true
        }
        #expect(result.error < 3, "\(result.error)")
    }

    @Test func recoversFromSaturation() {
        let limit = Float(2000 * Double.pi / 180)
        let result = run(seconds: 60) { time, sample in
            if time > 30 && time < 30.3 { sample.gyroscope = SIMD3(limit, -limit, limit) }
            return true
        }
        #expect(result.filter.counters.saturations == 30)
        #expect(result.error < 5, "\(result.error)")
    }

    @Test func recoversFromGaps() {
        var pending: Float = 0
        let result = run(seconds: 60) { time, sample in
            if Int(time) % 10 == 5 {
                pending += sample.interval
                return false
            }
            sample.interval += pending
            pending = 0
            return true
        }
        #expect(result.filter.counters.gaps == 6)
        #expect(result.error < 4, "\(result.error)")
    }

    @Test func duplicatedAndReversedTimesAreLeftOut() {
        var clock = SampleClock(usualInterval: 0.01)
        var filter = PoseFilter()
        var motion = SyntheticMotion(rate: 100)
        for index in 0..<6000 {
            var sample = motion.next()
            let time = index % 10 == 3 ? motion.seconds - 0.01 : index % 10 == 7 ? motion.seconds - 0.035 : motion.seconds
            sample.interval = clock.interval(at: time)
            filter.update(sample)
            #expect(isSound(filter))
        }
        #expect(filter.counters.badIntervals == 1200)
        #expect(degrees(filter.attitude9D, motion.attitude.single) < 4)
    }

    @Test func clockToleratesBeingSet() {
        var clock = SampleClock(usualInterval: 0.01)
        #expect(clock.interval(at: 5) == 0.01)
        #expect(abs(clock.interval(at: 5.02) - 0.02) < 1e-6)
        #expect(clock.interval(at: 5.02) == 0)
        #expect(clock.interval(at: 5.0) == 0)
        #expect(clock.interval(at: .nan) > 0)
        #expect(clock.interval(at: -100) > 0)
        #expect(abs(clock.interval(at: -99.99) - 0.01) < 1e-6)
    }

    @Test func magnetBroughtNearDoesNotTurnHeading() {
        var worst = 0.0
        var motion = SyntheticMotion(rate: 100)
        var filter = PoseFilter()
        for _ in 0..<9000 {
            var sample = motion.next()
            let time = motion.seconds
            if time > 50 && time < 80 { sample.magnetometer! += SIMD3(60, -30, 20) }
            filter.update(sample)
            #expect(isSound(filter))
            if time > 49 { worst = max(worst, degrees(filter.attitude9D, motion.attitude.single)) }
        }
        #expect(worst < 5, "\(worst)")
    }

    @Test func longRunsStayBounded() {
        // Eight hours at 25 Hz, mostly at rest with bouts of motion.
        var motion = SyntheticMotion(rate: 25)
        var filter = PoseFilter()
        for index in 0..<(8 * 3600 * 25) {
            motion.liveliness = index / 25 % 600 < 60 ? 1 : 0
            let sample = motion.next()
            filter.update(sample)
            if index % 1000 == 0 { #expect(isSound(filter)) }
        }
        #expect(degrees(filter.attitude9D, motion.attitude.single) < 2)
        #expect(abs(filter.bias.x - 0.01) < 0.001)
    }

    @Test func randomBitsNeverGetOut() {
        var noise = RepeatableNoise()
        var filter = PoseFilter()
        func any() -> Float { Float(bitPattern: UInt32(truncatingIfNeeded: Int64((noise.uniform() + 0.5) * 4_294_967_040))) }
        for _ in 0..<200_000 {
            filter.update(gyroscope: SIMD3(any(), any(), any()), accelerometer: SIMD3(any(), any(), any()),
                          magnetometer: SIMD3(any(), any(), any()), interval: any())
            if !isSound(filter) { Issue.record("not finite"); return }
        }
    }
}
