import ArgumentParser
import Foundation
import ModelCompiler
import Nest
import Platform

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show a nest: program, weights, arena, chunks.")

    @Argument(help: "The .nest file.")
    var model: String

    @Option(help: "Also draw arena occupancy over the program into this SVG file.")
    var svg: String?

    func run() throws {
        let nest = try NestReader.open(model)
        say(Inspection.text(nest))
        if let svg {
            guard let program = nest.programs.first else { throw Failure(.badFormat, "\(model): no program to draw") }
            let drawing = ArenaDrawing.svg(program, strings: nest.strings, title: nest.metadata("name") ?? program.name)
            try File.writeAtomically(svg, Array(drawing.utf8))
        }
    }
}
