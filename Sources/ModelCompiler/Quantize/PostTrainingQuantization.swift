import Nest

/// Post-training quantisation from a prepared float graph to an int8 nest, with what a person wants to know about it.
public struct PostTrainingQuantization: Sendable {
    public var float: CompiledNest
    public var int8: CompiledNest
    /// Layers in order of execution.
    public var noise: [LayerNoise]

    /// - Parameter correctsBiases: take the mean error of each channel out of the biases.
    public static func run(_ graph: Graph, samples: Samples, method: CalibrationMethod, options: CompilationOptions,
                           correctsBiases: Bool = true, progress: Progress = Progress()) throws -> PostTrainingQuantization {
        let calibration = try Calibration(graph, samples: samples, method: method, name: options.name, equalizes: options.fuses,
                                          progress: progress)
        let rounding = correctsBiases ? try WeightRounding(graph, samples: samples, name: options.name, progress: progress)
            : WeightRounding()
        var quantized = try quantize(graph, calibration, rounding)
        if correctsBiases { try correctBiases(&quantized, of: graph, samples: samples, name: options.name, progress: progress) }
        let int8 = try Compilation.finish(quantized.graph, options)
        let float = try lower([graph], name: options.name)
        var single = options
        single.batches = [1]
        let compared = options.batches.first == 1 ? int8 : try Compilation.finish(quantized.graph, single)
        let noise = try signalToNoise(float: float, int8: compared, int8Graph: quantized.graph, floatTensors: quantized.floatTensors,
                                      samples: samples)
        return PostTrainingQuantization(float: float, int8: int8, noise: noise)
    }
}
