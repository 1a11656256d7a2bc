@testable import Commands
import Foundation
import ModelRuntime
import Platform
import Pose
import Testing
import TestSupport

/// A compiled network; nil, with a visible line, where `make models` hasn't run.
private func compiled(_ name: String) -> String? {
    let path = modelPath(name)
    if FileManager.default.fileExists(atPath: path) { return path }
    print("SKIPPED: no \(path); `make models` makes it")
    return nil
}

/// Recorded trials with a camera reference, where this machine has them.
private func trials() -> [String] {
    var folders: [URL] = []
    if let path = ProcessInfo.processInfo.environment["SWIFTLET_DATA"] { folders.append(URL(fileURLWithPath: path)) }
    var folder = repository
    while folder.path != "/" {
        folder.deleteLastPathComponent()
        folders.append(folder.appendingPathComponent("shared/data"))
    }
    for folder in folders {
        let pose = folder.appendingPathComponent("pose")
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: pose.path) else { continue }
        return names.filter { $0.hasSuffix(".npy") }.sorted().map { pose.appendingPathComponent($0).path }
    }
    print("SKIPPED: no shared pose trials on this machine; set SWIFTLET_DATA to the folder that holds pose/")
    return []
}

@Suite struct PoseNetworkTests {
    private func network(_ path: String) throws -> EngineNetwork {
        let context = Context(), arguments = try Arguments([], options: [])
        return try EngineNetwork(try context.model(path, arguments).model)
    }

    private func values(_ name: String, columns: Int) throws -> [[Float]] {
        let data = try Data(contentsOf: repository.appendingPathComponent("Tests/golden/pose/\(name)"))
        let start = 10 + Int(data[8]) + Int(data[9]) << 8
        let values = data[start...].withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
        }
        return stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<$0 + columns]) }
    }

    /// Sample by sample over the committed motion, against ONNX Runtime (goldens/pose.py), degrees. Of int8
    /// the inclination: the heading, which nobody uses, drifts further apart.
    @Test(arguments: [("riann", 0.001, 0.01), ("riann-int8", 0.35, 0.8)])
    func answersAsTheOtherRuntime(name: String, meanBound: Double, worstBound: Double) throws {
        guard let path = compiled(name) else { return }
        let network = try network(path), expected = try values("network.npy", columns: 4)
        for round in 0..<2 {
            var sum = 0.0, worst = 0.0
            for (index, row) in try values("motion.npy", columns: 14).enumerated() {
                let got = try network.attitude(gyroscope: SIMD3(row[3], row[4], row[5]), accelerometer: SIMD3(row[0], row[1], row[2]),
                                               interval: 0.02)
                guard index % 16 == 15 else { continue }
                let e = expected[index / 16]
                let against = try #require(AttitudeError.of(got, reference: Attitude(e[0], e[1], e[2], e[3])))
                let error = Double(name == "riann" ? against.total : against.inclination)
                sum += error
                worst = max(worst, error)
            }
            let mean = sum / Double(expected.count)
            print("\(name), round \(round): mean \(mean), worst \(worst) degrees")
            #expect(mean < meanBound && worst < worstBound, "\(name), round \(round): mean \(mean), worst \(worst) degrees")
            network.restart()
        }
    }

    @Test func otherModelsAreRefused() throws {
        guard let path = compiled("efficientnet-lite0") else { return }
        #expect(throws: Failure.self) { _ = try network(path) }
        let ran = Ran("pose", repository.appendingPathComponent("Tests/golden/pose/motion.npy").path, "--rate", "50", "--network", path)
        #expect(ran.code == 1 && ran.errors.count == 1 && ran.errors[0].contains("attitude network"))
    }

    @Test func aMissingNetworkIsOneLine() {
        let log = repository.appendingPathComponent("Tests/golden/pose/motion.npy").path
        let ran = Ran("pose", log, "--rate", "50", "--network", "riann")
        #expect(ran.code == 1 && ran.errors.count == 1 && ran.errors[0].contains("no model riann"))
    }

    private func inclination(_ log: String, _ more: [String]) throws -> Double {
        final class Lines { var output: [String] = [] }
        let lines = Lines(), context = Context(output: { lines.output.append($0) })
        let code = runCommand(["pose", log, "--rate", "285.7142857", "--reference", "ref", "--json"] + more, context: context)
        let object = try JSONSerialization.jsonObject(with: Data((lines.output.last ?? "").utf8)) as? [String: Any]
        let errors = try #require(object?["rmse_deg"] as? [String: Any])
        #expect(code == 0)
        return try #require(errors["inclination"] as? Double)
    }

    /// Better than the filter alone on average, and worse on no trial but by a hair, with float and with int8 weights.
    @Test(arguments: ["riann", "riann-int8"]) func theNetworkHelps(name: String) throws {
        guard let path = compiled(name) else { return }
        var alone = 0.0, together = 0.0
        let logs = trials()
        for log in logs {
            let a = try inclination(log, []), b = try inclination(log, ["--network", path])
            print("\(URL(fileURLWithPath: log).lastPathComponent): \(a) alone, \(b) with \(name)")
            #expect(b < a + 0.01, "\(log): \(b) with \(name), \(a) without")
            alone += a
            together += b
        }
        #expect(logs.isEmpty || together < 0.96 * alone, "\(together) \(alone)")
    }
}
