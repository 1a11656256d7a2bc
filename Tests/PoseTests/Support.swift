import Foundation
import Platform
import Pose

let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func golden(_ name: String) -> String { repository.appendingPathComponent("Tests/golden/pose/\(name)").path }

/// Evaluation data that the repository doesn't carry; nil where this machine hasn't got it.
func sharedPoseFolder() -> URL? {
    var candidates: [URL] = []
    if let path = ProcessInfo.processInfo.environment["SWIFTLET_DATA"] { candidates.append(URL(fileURLWithPath: path)) }
    var folder = repository
    while folder.path != "/" {
        folder.deleteLastPathComponent()
        candidates.append(folder.appendingPathComponent("shared/data"))
    }
    for candidate in candidates {
        let pose = candidate.appendingPathComponent("pose")
        if FileManager.default.fileExists(atPath: pose.path) { return pose }
    }
    return nil
}

let sharedTrials: [String] = {
    guard let folder = sharedPoseFolder(), let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else { return [] }
    return names.filter { $0.hasSuffix(".npy") }.sorted().map { folder.appendingPathComponent($0).path }
}()

let isSharedDataHere: Bool = {
    if sharedTrials.isEmpty { print("SKIPPED: no shared pose trials on this machine; set SWIFTLET_DATA to the folder that holds pose/") }
    return !sharedTrials.isEmpty
}()

func rows(_ path: String, reference: [String]? = ["ref"]) throws -> [LogRow] {
    var log = try PoseLog(path: path, reference: reference)
    var rows: [LogRow] = []
    var row = LogRow()
    while try log.next(&row) { rows.append(row) }
    return rows
}

func degrees(_ a: Attitude, _ b: Attitude) -> Double {
    let error = a.double * b.double.conjugate
    return 2 * atan2((error.x * error.x + error.y * error.y + error.z * error.z).squareRoot(), abs(error.w)) * 180 / .pi
}

/// A float32 row-major NPY array.
func matrix(_ path: String, columns: Int) throws -> [[Float]] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let start = 10 + Int(data[8]) + Int(data[9]) << 8
    let values = data[start...].withUnsafeBytes { bytes in
        (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
    return stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<$0 + columns]) }
}

/// A motion whose attitude is known in closed form: a body that turns about changing axes and is pushed about.
struct SyntheticMotion {
    var rate: Double
    var bias = SIMD3<Double>(0.01, -0.006, 0.004)
    /// Scale of the turning; 0 rests.
    var liveliness = 1.0
    private(set) var attitude = Quaternion<Double>(0.8, 0.3, -0.4, 0.33).normalised
    private(set) var seconds = 0.0
    private var generator = RepeatableNoise()

    init(rate: Double) { self.rate = rate }

    mutating func next() -> PoseSample {
        let t = seconds
        let w = SIMD3(1.6 * sin(1.1 * t), 2.1 * cos(0.7 * t + 1), 1.4 * sin(0.5 * t + 2)) * liveliness
        let step = 1 / rate
        let half = w * (0.5 * step)
        let angle = (half.x * half.x + half.y * half.y + half.z * half.z).squareRoot()
        let factor = angle > 0 ? sin(angle) / angle : 1
        attitude = (attitude * Quaternion(cos(angle), half.x * factor, half.y * factor, half.z * factor)).normalised
        seconds += step
        let push = SIMD3(1.5 * sin(3 * t), cos(4 * t), 0.8 * sin(5 * t)) * liveliness
        let force = attitude.conjugate.rotate(SIMD3(0, 0, 9.81) + push)
        let field = attitude.conjugate.rotate(SIMD3(0, 18, -44))
        return PoseSample(gyroscope: SIMD3<Float>(w + bias) + generator.noise(0.003),
                          accelerometer: SIMD3<Float>(force) + generator.noise(0.03),
                          magnetometer: SIMD3<Float>(field) + generator.noise(0.3), interval: Float(step))
    }
}

/// A small repeatable generator.
struct RepeatableNoise {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    mutating func uniform() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(state >> 40) / 16_777_216 - 0.5
    }
    mutating func noise(_ deviation: Float) -> SIMD3<Float> {
        SIMD3(uniform() + uniform() + uniform(), uniform() + uniform() + uniform(), uniform() + uniform() + uniform()) * (deviation * 2)
    }
}
