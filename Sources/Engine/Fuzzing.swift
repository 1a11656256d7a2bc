import Kernels
import Nest
import Platform

/// Reads any bytes as a nest and runs what passes the checks; for a fuzzer. The checksum is put right first, so that
/// mutations reach the checks behind it, and work is bounded, so that no input takes long.
public func fuzzNest(_ bytes: [UInt8]) {
    var sealed = bytes
    NestWriter.seal(&sealed)
    guard let nest = try? NestReader(bytes: sealed), let program = nest.programs.first else { return }
    var work = 0
    for instruction in program.instructions {
        let output = instruction.outputs.0 == noTensor ? 0 : program.tensors[Int(instruction.outputs.0)].elements
        work = min(work + output * Int(max(1, instruction.blobLength / 64)), 1 << 40)
    }
    guard work < 1 << 22, program.arenaBytes < 1 << 24, let pool = try? ThreadPool(threads: 1) else { return }
    var options = ModelOptions()
    options.verify = false
    guard let model = try? Model(nest: nest, options: options, kernels: .reference, pool: pool) else { return }
    try? model.run()
}
