import Foundation
import Pose
import Testing

struct MotionTests {
    @Test(arguments: [Float(0.005), 0.02, 0.05]) func predictionBeatsStandingStill(ahead: Float) {
        var motion = SyntheticMotion(rate: 200)
        var filter = PoseFilter()
        var predictor = PosePredictor()
        let steps = Int((ahead * 200).rounded())
        var predicted: [Attitude] = [], unmoved: [Attitude] = []
        var error = 0.0, still = 0.0, count = 0.0
        for index in 0..<6000 {
            let sample = motion.next()
            filter.update(sample)
            predictor.update(filter, interval: sample.interval)
            if index >= 2000 + steps {
                error += pow(degrees(predicted[index - steps], filter.attitude6D), 2)
                still += pow(degrees(unmoved[index - steps], filter.attitude6D), 2)
                count += 1
            }
            predicted.append(predictor.predict(filter.attitude6D, seconds: ahead))
            unmoved.append(filter.attitude6D)
        }
        #expect((error / count).squareRoot() < 0.15 * (still / count).squareRoot())
    }

    /// Feeds accelerations (earth frame, gravity excluded) to a level sensor and collects gestures.
    private func gestures(seconds: Double, rate: Double = 200, tilt: (Double) -> Double = { _ in 0 }, force: (Double) -> SIMD3<Float>)
        -> [Gesture] {
        var filter = PoseFilter(), detector = GestureDetector(), linear = LinearAcceleration()
        var found: [Gesture] = []
        var before = tilt(0)
        for index in 0..<Int(seconds * rate) {
            let time = Double(index) / rate, angle = tilt(time)
            let interval = Float(1 / rate)
            let vertical = force(time) + SIMD3(0, 0, 9.80665)
            let c = Float(cos(angle)), s = Float(sin(angle))
            let sensed = SIMD3(vertical.x, c * vertical.y + s * vertical.z, c * vertical.z - s * vertical.y)
            filter.update(gyroscope: SIMD3(Float((angle - before) * rate), 0, 0), accelerometer: sensed, interval: interval)
            before = angle
            let acceleration = linear.update(filter, interval: interval)
            let now = detector.update(filter, linearAcceleration: acceleration, interval: interval)
            for gesture in Gesture.allCases where now.contains(gesture) { found.append(gesture) }
        }
        return found
    }

    private func shock(_ time: Double, at: Double) -> Float { time >= at && time < at + 0.015 ? 25 : 0 }

    @Test func restIsStillOnce() { #expect(gestures(seconds: 10) { _ in SIMD3() } == [.still]) }

    @Test func oneTap() { #expect(gestures(seconds: 4) { SIMD3(0, 0, shock($0, at: 2)) } == [.tap]) }

    @Test func twoTapsAreADoubleTap() {
        #expect(gestures(seconds: 4) { SIMD3(0, 0, shock($0, at: 2) + shock($0, at: 2.25)) } == [.tap, .doubleTap])
    }

    @Test func shaking() {
        let found = gestures(seconds: 4) { $0 > 2 && $0 < 3 ? SIMD3(Float(25 * sin($0 * 2 * .pi * 4)), 0, 0) : SIMD3() }
        #expect(found.contains(.shake) && !found.contains(.doubleTap) && !found.contains(.freeFall), "\(found)")
    }

    @Test func falling() {
        let found = gestures(seconds: 3) { $0 > 2 && $0 < 2.4 ? SIMD3(0.05, 0, -9.80665) : SIMD3() }
        #expect(found.filter { $0 == .freeFall }.count == 1)
    }

    @Test func pickingUpTurns() {
        let found = gestures(seconds: 6, tilt: { min(max($0 - 4, 0), 1) }) { _ in SIMD3() }
        #expect(found.contains(.pickUp) && !found.contains(.tap) && !found.contains(.shake), "\(found)")
    }

    @Test func gravityIsRemoved() {
        var motion = SyntheticMotion(rate: 100)
        var filter = PoseFilter(), linear = LinearAcceleration()
        var square: Float = 0
        motion.liveliness = 0
        for index in 0..<4000 {
            if index == 400 { motion.liveliness = 1 }
            let time = motion.seconds
            let sample = motion.next()
            filter.update(sample)
            let acceleration = linear.update(filter, interval: sample.interval)
            // The frame's heading is arbitrary; height isn't.
            if index > 1000 { square += pow(acceleration.z - 0.8 * Float(sin(5 * time)), 2) }
        }
        #expect((square / 3000).squareRoot() < 0.15, "\((square / 3000).squareRoot())")
    }
}
