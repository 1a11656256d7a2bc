import ArgumentParser

@main
struct Nestc: ParsableCommand {
    func run() throws {}
}
