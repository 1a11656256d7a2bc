import Foundation
import Nest
import Platform

/// How a graph is compiled.
public struct CompilationOptions: Sendable {
    public var name: String
    /// False: batch normalisations, activations and additions stay instructions of their own.
    public var fuses: Bool
    /// Pointwise and depthwise convolutions are joined where the tensor between them has at least this many bytes; nil: never.
    public var pairMinimumBytes: Int?
    /// One program for each batch size.
    public var batches: [Int]

    public init(name: String, fuses: Bool = true, pairMinimumBytes: Int? = nil, batches: [Int] = [1]) {
        self.name = name
        self.fuses = fuses
        self.pairMinimumBytes = pairMinimumBytes
        self.batches = batches
    }
}

/// From an imported graph to a nest.
public enum Compilation {
    /// The passes before quantisation; the result is a graph that can be lowered, or quantised first.
    public static func prepare(_ graph: inout Graph, fuses: Bool = true) throws {
        try graph.validate()
        try graph.apply(Pass.preparation)
        try graph.apply(fuses ? Pass.folding : Pass.separation)
    }

    /// Lowers a prepared graph.
    public static func finish(_ prepared: Graph, _ options: CompilationOptions) throws -> CompiledNest {
        var graph = prepared
        if options.fuses {
            if let bytes = options.pairMinimumBytes { try fusePairs(&graph, minimumBytes: bytes) }
            try graph.apply(Pass.fusion)
        }
        let graphs = try options.batches.map { batch in
            var copy = graph
            if batch != 1 { try setBatch(&copy, batch) }
            return copy
        }
        return try lower(graphs, name: options.name)
    }

    /// All of it.
    public static func compile(_ graph: Graph, _ options: CompilationOptions) throws -> CompiledNest {
        var graph = graph
        try prepare(&graph, fuses: options.fuses)
        return try finish(graph, options)
    }
}
