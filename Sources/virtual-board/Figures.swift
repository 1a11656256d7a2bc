import ArgumentParser
import Platform
import Rig

struct Figures: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Measure the firmware on the board, as a table.")

    @Option(help: "What board/rig-image.sh has laid out.")
    var image = "build/rig-aarch64"
    @Option(help: "The board's binary.")
    var firmware = "build/aarch64/swiftlet"
    @Option(help: "Seconds of the long measurements.")
    var seconds = 60
    @Option(help: "GPIO edges.")
    var edges = 2000

    func run() throws {
        Output.standard.line("| figure (emulated board, no models) | value |\n| --- | --- |")
        try RigFigures(image: try RigImage(folder: image), firmware: firmware, seconds: max(1, min(seconds, 3600)),
                       edges: max(2, min(edges, 100_000))) {
            Output.standard.line("| \($0.figure) | \($0.value) |")
        }.measure()
    }
}
