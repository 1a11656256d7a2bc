import Foundation
import Testing
import TestSupport

private let model = modelPath("efficientnet-lite0")
private let isThere = FileManager.default.isExecutableFile(atPath: productPath) && FileManager.default.fileExists(atPath: model)

/// Budgets of networks, as their users set them (GenerateTests has those of language models).
@Suite(.enabled(if: isThere, "swiftlet or models/efficientnet-lite0.nest is not there; `make models` makes the model"))
struct BudgetTests {
    private func bytes(_ words: String...) throws -> [String: Any] {
        let (status, output, errors) = try Session.run(["bench", model, "--threads", "1", "--runs", "3", "--json"] + words, input: "")
        #expect(status == 0, "\(errors)")
        return try #require((try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])?["bytes"] as? [String: Any])
    }

    @Test func theWholeProcessKeepsIt() throws {
        let most = try #require(try bytes()["processPeak"] as? Int)
        for less in [0, 1_000_000, 2_500_000] {
            let within = try bytes("--budget", "\(most - less)")
            #expect(try #require(within["processPeak"] as? Int) <= most - less)
            if less > 0 { #expect(try #require(within["streamedWeights"] as? Int) > 0) }
        }
    }
}
