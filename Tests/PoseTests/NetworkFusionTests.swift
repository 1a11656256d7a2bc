import Foundation
import Platform
import Pose
import Testing

/// A network that answers what it is told and keeps what it was given.
private final class ScriptedNetwork: AttitudeNetwork {
    struct Call { var gyroscope: SIMD3<Float>, accelerometer: SIMD3<Float>, interval: Float }

    var answer = Attitude.identity
    private(set) var calls: [Call] = []
    private(set) var restarts = 0

    func attitude(gyroscope: SIMD3<Float>, accelerometer: SIMD3<Float>, interval: Float) throws(Failure) -> Attitude {
        calls.append(Call(gyroscope: gyroscope, accelerometer: accelerometer, interval: interval))
        return answer
    }

    func restart() { restarts += 1 }
}

struct NetworkFusionTests {
    private func random(_ noise: inout RepeatableNoise) -> Attitude {
        let v = noise.noise(1)
        return Attitude(noise.uniform(), v.x, v.y, v.z).normalised
    }

    private func angle(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> Double {
        let a = SIMD3<Double>(a), b = SIMD3<Double>(b)
        let cross = SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
        return atan2((cross * cross).sum().squareRoot(), (a * b).sum())
    }

    private func sample(_ interval: Float, rate: SIMD3<Float> = SIMD3(0.1, 0, 0)) -> PoseSample {
        PoseSample(gyroscope: rate, accelerometer: SIMD3(0, 0, 9.81), interval: interval)
    }

    /// The vertical is the normalised mean of both, and the turn to it has no part about the vertical.
    @Test func theVerticalIsTheMean() throws {
        var noise = RepeatableNoise()
        for _ in 0..<500 {
            let filter = random(&noise), network = random(&noise)
            let correction = try #require(NetworkFusion.correction(filter: filter, network: network, weight: 0.2))
            #expect(abs(correction.squaredNorm - 1) < 1e-5 && correction.z == 0)
            let up = (correction * filter).rows.2
            let mean = filter.rows.2 * 0.8 + network.rows.2 * 0.2
            #expect(angle(up, mean) < 2e-3)
        }
    }

    @Test func itsHeadingMeansNothing() throws {
        var noise = RepeatableNoise()
        for turn in [Float(0.3), 2, -1.4] {
            let filter = random(&noise), network = random(&noise)
            let one = try #require(NetworkFusion.correction(filter: filter, network: network, weight: 0.2))
            let other = try #require(NetworkFusion.correction(filter: filter, network: network.turned(cosine: cos(turn), sine: sin(turn)),
                                                              weight: 0.2))
            #expect(degrees(one, other) < 0.01)
        }
    }

    @Test func whatIsNoRotationIsIgnored() throws {
        let bad = [Attitude(.nan, 0, 0, 0), Attitude(0, 0, 0, 0), Attitude(1.1, 0, 0, 0), Attitude(.infinity, 0, 0, 0),
                   Attitude(0.5, 0.5, .nan, 0.5)]
        for answer in bad {
            #expect(NetworkFusion.correction(filter: .identity, network: answer, weight: 0.2) == nil)
            let network = ScriptedNetwork()
            var fusion = NetworkFusion(network)
            network.answer = answer
            let filter = Attitude(0.8, 0.6, 0, 0)
            for _ in 0..<1000 { #expect(degrees(try fusion.update(sample(0.01), filter: filter), filter) < 0.001) }
            #expect(network.restarts == 1000)
        }
    }

    @Test func itIsTrustedOnceItHasSettled() throws {
        let network = ScriptedNetwork()
        var fusion = NetworkFusion(network)
        // The network sees the vertical 5 degrees away.
        network.answer = Attitude(Float(cos(2.5 * Double.pi / 180)), Float(sin(2.5 * Double.pi / 180)), 0, 0)
        var turned: [Double] = []
        for _ in 0..<700 { turned.append(degrees(try fusion.update(sample(0.01), filter: .identity), .identity)) }
        #expect(turned[..<199].allSatisfy { $0 < 0.001 })
        #expect(zip(turned, turned[1...]).allSatisfy { $1 >= $0 - 0.001 })
        #expect(abs(turned[349] - 0.5) < 0.02)
        #expect(abs(turned[699] - 1) < 0.01)
    }

    @Test func badSamplesAreLeftOutAndGapsStartAnew() throws {
        let network = ScriptedNetwork()
        var fusion = NetworkFusion(network)
        network.answer = Attitude(Float(cos(0.05)), Float(sin(0.05)), 0, 0)
        for _ in 0..<800 { _ = try fusion.update(sample(0.01), filter: .identity) }
        let fused = try fusion.update(sample(0.01), filter: .identity)
        let count = network.calls.count
        for bad in [SIMD3<Float>(.nan, 0, 0), SIMD3(0, .infinity, 0), SIMD3(0, 0, 1e6)] {
            #expect(degrees(try fusion.update(sample(0.01, rate: bad), filter: .identity), fused) < 0.001)
        }
        for interval in [Float(0), -1, .nan, .infinity] { _ = try fusion.update(sample(interval), filter: .identity) }
        #expect(network.calls.count == count)
        _ = try fusion.update(sample(0.01), filter: .identity)
        #expect(network.calls.count == count + 1 && abs(network.calls[count].interval - 0.04) < 1e-5)
        #expect(network.calls[count].gyroscope == SIMD3(0.1, 0, 0))
        #expect(network.restarts == 0)
        let after = try fusion.update(sample(1.5), filter: .identity)
        #expect(network.restarts == 1 && degrees(after, .identity) < 0.001)
        #expect(network.calls.last!.interval < 0.03)
        #expect(network.calls.allSatisfy { $0.gyroscope.x.isFinite && $0.interval > 0 })
    }

    @Test func fastSamplesAreAveraged() throws {
        let network = ScriptedNetwork()
        var fusion = NetworkFusion(network)
        for index in 0..<8000 { _ = try fusion.update(sample(0.000_125, rate: SIMD3(index % 2 == 0 ? 1 : 3, 0, 0)), filter: .identity) }
        #expect((315...340).contains(network.calls.count), "\(network.calls.count)")
        #expect(network.calls.allSatisfy { abs($0.gyroscope.x - 2) < 0.15 && $0.interval > 0.0029 && $0.interval < 0.0033 })
        #expect(abs(network.calls.reduce(0) { $0 + $1.interval } - 1) < 0.004)
    }

    @Test func slowSamplesAreNotItsBusiness() throws {
        let network = ScriptedNetwork()
        var fusion = NetworkFusion(network)
        network.answer = Attitude(Float(cos(0.05)), Float(sin(0.05)), 0, 0)
        for _ in 0..<300 { #expect(degrees(try fusion.update(sample(0.04), filter: .identity), .identity) < 0.001) }
    }

    /// A network whose errors have nothing to do with the filter's makes the fused inclination better.
    @Test func independentErrorsCancelPartly() throws {
        var motion = SyntheticMotion(rate: 100), filter = PoseFilter(), noise = RepeatableNoise()
        let network = ScriptedNetwork()
        var fusion = NetworkFusion(network)
        var alone = 0.0, together = 0.0
        for index in 0..<6000 {
            let sample = motion.next()
            filter.update(sample)
            let truth = motion.attitude.single, error = noise.noise(0.003)
            network.answer = (Attitude(1, error.x, error.y, error.z).normalised * truth).normalised
            let fused = try fusion.update(sample, filter: filter.attitude9D)
            guard index > 1000 else { continue }
            let (a, b) = (try #require(AttitudeError.of(filter.attitude9D, reference: truth)),
                          try #require(AttitudeError.of(fused, reference: truth)))
            alone += Double(a.inclination * a.inclination)
            together += Double(b.inclination * b.inclination)
            #expect(abs(a.heading - b.heading) < 0.2)
        }
        #expect(together < 0.8 * alone, "\(together) \(alone)")
    }

    @Test func theSmootherHasNone() throws {
        var options = PoseReplayOptions()
        options.rateHertz = 50
        options.isOffline = true
        #expect(throws: Failure.self) { _ = try PoseReplay(path: golden("motion.npy"), options: options, network: ScriptedNetwork()) }
    }
}
