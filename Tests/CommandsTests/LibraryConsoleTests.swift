import Foundation
import Testing
import TestSupport

private let model = modelPath("efficientnet-lite0")
private let isThere = FileManager.default.fileExists(atPath: model)
private let isBuilt = FileManager.default.isExecutableFile(atPath: productPath)

/// The library of loaded models on a console.
@Suite(.serialized, .enabled(if: isThere && isBuilt, "swiftlet or models/efficientnet-lite0.nest is not there"))
struct LibraryConsoleTests {
    @Test func modelsAreLoadedShownUsedAndUnloaded() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        try FileManager.default.copyItem(atPath: model, toPath: scratch("net.nest"))
        let script = "models\nload net\nload net\nmodels\nbudget\nunload net\nbudget\nunload net\nload none\n"
        let (status, output, errors) = try Session.run(["run", "--simulate", "--models", scratch.path], input: script)
        #expect(status == 1 && errors.isEmpty, "\(errors)")
        let parts = ("\n" + output).components(separatedBy: "\n> ")
        func part(_ command: String, _ number: Int = 0) -> String {
            parts.filter { $0.hasPrefix(command + "\n") }.dropFirst(number).first ?? ""
        }
        #expect(part("load net").contains("net is ready: "), "\(output)")
        #expect(part("load net", 1).contains("net is loaded already"), "\(output)")
        #expect(part("models", 1).contains("loaded by standard input, idle"), "\(output)")
        #expect(part("budget").contains("model      net: ") && part("budget").contains("may be given back"), "\(output)")
        #expect(!part("budget", 1).contains("model  "), "\(output)")
        #expect(part("unload net", 1).contains("net is not loaded"), "\(output)")
    }

    @Test func machinesReadTheLedger() throws {
        let (status, output, _) = try Session.run(["run", "--simulate", "--json"],
                                                  input: "load \(model) --threads 1\nbudget\nunload \(model)\nbudget\n")
        #expect(status == 0)
        let objects = output.split(separator: "\n").compactMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        let ledgers = objects.compactMap { $0["models"] as? [[String: Any]] }
        try #require(ledgers.count == 2 && ledgers[0].count == 1, "\(output)")
        #expect(ledgers[0][0]["model"] as? String == "efficientnet-lite0" && ledgers[0][0]["mayBeGivenBack"] as? Bool == true
                && ledgers[1].isEmpty)
    }

    @Test func theyAreCommandsOfTheConsole() throws {
        for word in ["load", "unload"] {
            let (status, _, errors) = try Session.run([word, model], input: "")
            #expect(status == 2 && errors.contains("swiftlet run"), "\(errors)")
        }
    }
}
