import Foundation
import Pose
import Testing

/// Recorded trials with a camera reference. The bounds are the published filter's own results on these trials; a
/// change that loses to it is a regression.
@Suite(.enabled(if: isSharedDataHere, "no shared pose trials here"))
struct SharedTrialTests {
    private static let published: [String: (total: Double, inclination: Double)] = [
        "02_undisturbed_slow_rotation_B.npy": (1.382, 0.429), "16_undisturbed_fast_translation_B.npy": (0.742, 0.539),
        "29_disturbed_stationary_magnet_B.npy": (2.382, 1.063), "33_disturbed_attached_magnet_2cm.npy": (3.752, 0.599),
    ]

    private func summary(_ path: String, _ change: (inout PoseReplayOptions) -> Void = { _ in }) throws -> AttitudeError.Summary {
        var options = PoseReplayOptions()
        options.rateHertz = 2000 / 7
        options.reference = ["ref"]
        change(&options)
        var replay = try PoseReplay(path: path, options: options)
        while try replay.next() != nil {}
        return replay.errors.summary(aligned: false)
    }

    @Test func eachTrialBeatsThePublishedFilter() throws {
        var total = 0.0, inclination = 0.0
        for path in sharedTrials {
            let name = URL(fileURLWithPath: path).lastPathComponent
            let result = try summary(path)
            total += result.total / Double(sharedTrials.count)
            inclination += result.inclination / Double(sharedTrials.count)
            if let bound = Self.published[name] {
                #expect(result.total < bound.total, "\(name): \(result.total)")
                #expect(result.inclination < bound.inclination, "\(name): \(result.inclination)")
            }
        }
        #expect(total < 1.80, "\(total)")
        #expect(inclination < 0.62, "\(inclination)")
    }

    @Test func publishedParametersGiveThePublishedResults() throws {
        for path in sharedTrials {
            guard let expected = Self.published[URL(fileURLWithPath: path).lastPathComponent] else { continue }
            let result = try summary(path) { $0.parameters = .published }
            #expect(abs(result.total - expected.total) < 0.002, "\(path): \(result.total)")
            #expect(abs(result.inclination - expected.inclination) < 0.002, "\(path): \(result.inclination)")
        }
    }

    @Test func offlineIsBetterOnAverage() throws {
        var live = 0.0, offline = 0.0
        for path in sharedTrials {
            live += try summary(path).total
            offline += try summary(path) { $0.isOffline = true }.total
        }
        #expect(offline < 0.8 * live, "\(offline) \(live)")
    }
}

/// The replay on the committed vectors, so that something checks it on every machine.
struct ReplayTests {
    @Test func offlineFollowsTheLiveFilter() throws {
        for offline in [false, true] {
            var options = PoseReplayOptions()
            options.rateHertz = 50
            options.reference = ["ref"]
            options.isOffline = offline
            options.predictionSeconds = 0.02
            var replay = try PoseReplay(path: golden("motion.npy"), options: options)
            while let record = try replay.next() { #expect(record.attitude.squaredNorm.isFinite) }
            #expect(replay.samples == 3200)
            let error = replay.errors.summary(aligned: true)
            #expect(error.samples == 3200)
            #expect(error.total < 3, "\(error.total)")
            let prediction = replay.predictionErrors.summary(aligned: false)
            #expect(prediction.samples > 2000 && prediction.total < 1, "\(prediction)")
        }
    }

    @Test func plotsAreBoundedAndWellFormed() {
        var plot = PosePlot(title: "a<b>&\"c\"", hasReference: true)
        for index in 0..<20_000 {
            plot.add(time: Double(index) * 0.01, attitude: .identity, totalError: index % 7 == 0 ? .nan : Float(index % 100) / 50,
                     inclinationError: .nan, bias: SIMD3(0.001, -0.002, .nan), isResting: index % 5000 < 900, isDisturbed: index > 15_000)
        }
        let svg = plot.svg
        #expect(svg.contains("a&lt;b&gt;&amp;"))
        #expect(!svg.contains("nan") && !svg.contains("inf"))
        #expect(svg.utf8.count < 600_000)
        #expect((try? XMLDocumentCheck.parse(svg)) == true)
    }

    @Test func emptyPlotIsStillAPage() { #expect((try? XMLDocumentCheck.parse(PosePlot(title: "", hasReference: true).svg)) == true) }
}

/// Tags open and close in order: enough to notice broken markup without an XML library.
enum XMLDocumentCheck {
    static func parse(_ text: String) throws -> Bool {
        var open: [Substring] = []
        var rest = Substring(text)
        while let start = rest.firstIndex(of: "<") {
            guard let end = rest[start...].firstIndex(of: ">") else { return false }
            let tag = rest[rest.index(after: start)..<end]
            let name = tag.drop { $0 == "/" }.prefix { $0 != " " && $0 != "/" }
            if tag.hasPrefix("/") {
                guard open.popLast() == name else { return false }
            } else if !tag.hasSuffix("/") {
                open.append(name)
            }
            rest = rest[rest.index(after: end)...]
        }
        return open.isEmpty
    }
}
