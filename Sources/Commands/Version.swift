import Platform

/// Version of the program.
public let version = "0.1.0"

let showVersion = Command(name: "version", usage: "", summary: "Prints the version.", options: [],
                          examples: []) { (context, _) throws(Failure) in
    context.output("swiftlet \(version)")
}
