import Foundation
import Testing

/// Output values of a model by another runtime (goldens/published-models.py), and the inputs they belong to.
struct ImportGolden {
    struct Output: Decodable {
        var shape: [Int]
        var indices: [Int]
        var values: [Float]
    }

    var outputs: [Output]

    init(_ name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../golden/import")
        outputs = try JSONDecoder().decode([Output].self,
                                           from: Data(contentsOf: folder.appendingPathComponent(name + ".json").standardized))
    }

    /// Expects `results` to be the golden values within `tolerance` of the largest of each output.
    func expect(_ results: [Values], tolerance: Float) {
        #expect(results.map(\.shape) == outputs.map(\.shape))
        for (result, output) in zip(results, outputs) {
            let scale = max(1e-6, output.values.map(abs).max() ?? 0)
            let worst = zip(output.indices, output.values).map { abs(result.data[$0] - $1) / scale }.max() ?? 0
            #expect(worst < tolerance, "an output of shape \(output.shape) is off by \(worst) of its largest value")
        }
    }

    /// The test picture, bytes in (height, width, 3).
    static func pattern(height: Int, width: Int) -> [Float] {
        (0..<height * width * 3).map { index in
            let c = index % 3, x = index / 3 % width, y = index / (3 * width)
            let sum = 3 * x + 5 * y + 40 * c
            return Float((sum + ((x * y) >> 6)) & 255)
        }
    }

    static func wave(_ count: Int) -> [Float] { (0..<count).map { Float($0 * 37 % 101 - 50) / 50 } }
}
