import Nest
import Platform

/// A nest and how its programs came to be.
public struct CompiledNest: Sendable {
    public var contents: NestContents
    public var programs: [LoweredProgram]
}

/// Lowers graphs, one a batch size, into one nest whose programs share their weights.
///
/// - Throws: a failure that names the node or tensor that can't be lowered.
public func lower(_ graphs: [Graph], name: String) throws -> CompiledNest {
    var shared = SharedParts()
    var lowered: [LoweredProgram] = []
    for graph in graphs {
        // Before anything indexes by what the graph names.
        try graph.validate()
        var lowering = Lowering(graph, shared: shared)
        lowered.append(try lowering.lower(name: name))
        shared = lowering.shared
    }
    let (chunks, places) = shared.blobs.chunks()
    for index in lowered.indices {
        for (step, blob) in lowered[index].blobOfInstruction.enumerated() {
            guard let blob else { continue }
            lowered[index].program.instructions[step].chunk = places[blob].chunk
            lowered[index].program.instructions[step].blobOffset = places[blob].offset
        }
        for (tensor, blob) in lowered[index].blobOfTensor.enumerated() {
            guard let blob else { continue }
            lowered[index].program.tensors[tensor].chunk = places[blob].chunk
            lowered[index].program.tensors[tensor].offset = places[blob].offset
        }
    }
    var metadata = graphs.first?.metadata ?? [:]
    if metadata["name"] == nil { metadata["name"] = name }
    let contents = NestContents(metadata: metadata.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) },
                                strings: shared.strings,
                                programs: lowered.map(\.program), chunks: chunks)
    return CompiledNest(contents: contents, programs: lowered)
}
