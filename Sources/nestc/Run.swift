import ArgumentParser

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run a nest on raw tensors.")
    func run() throws {}
}
