import CLinux
import Engine
import Foundation
import Kernels
import Nest
import Platform
import TestSupport
import Testing

@Suite(.serialized)
struct ConveyorTests {
    /// A network of 24 layers with some 83 KB of weights in each convolution, in a file.
    private func network() throws -> (path: String, input: [Int8], expected: [Float], weights: Int) {
        let (builder, input, output) = smallNetwork(layers: 24, channels: 96, size: 6)
        let contents = builder.contents(inputs: [input], outputs: [output])
        let path = NSTemporaryDirectory() + "conveyor-\(UInt64.random(in: 0...UInt64.max)).nest"
        try NestWriter.write(contents, to: path)
        var random = Random(61)
        let values = random.bytes(6 * 6 * 96)
        let model = try Model(path: path, kernels: .reference, pool: try pool(1))
        model.set(0, values)
        try model.run()
        return (path, values, model.get(0, as: Float.self), contents.chunks.reduce(0) { $0 + $1.count })
    }

    private func load(_ path: String, _ budget: Int, threads: Int = 1) throws -> Model {
        var options = ModelOptions()
        options.budgetBytes = budget
        return try Model(path: path, options: options, kernels: .reference, pool: try pool(threads))
    }

    @Test func budgetsDownToTheLeast() throws {
        let (path, input, expected, weights) = try network()
        defer { unlink(path) }
        let whole = try Model(path: path, kernels: .reference, pool: try pool(1)).memory
        let fixed = whole.tableBytes + whole.arenaBytes + whole.scratchBytes
        for part in [0.2, 0.4, 0.6, 0.9] {
            let budget = fixed + Int(Double(weights) * part)
            let model = try load(path, budget)
            #expect(model.memory.totalBytes <= budget)
            #expect(model.memory.streamedWeightBytes > 0)
            var before = 0
            for run in 0..<4 {
                model.set(0, input)
                var most = 0
                try model.run { _ in most = max(most, model.residentWeightBytes) }
                #expect(model.get(0, as: Float.self) == expected)
                #expect(most <= budget - fixed, "more weights in memory than the budget leaves")
                let streamed = model.counters.streamedBytes - before
                before += streamed
                // A pass reads what isn't resident; the first also what is read ahead for the second.
                if run > 0 { #expect(streamed <= model.memory.streamedWeightBytes * 3 / 2) }
            }
            #expect(model.counters.streamedBytes <= 4 * model.memory.streamedWeightBytes + model.memory.windowBytes)
        }
    }

    @Test func budgetThatHoldsEverythingStreamsNothing() throws {
        let (path, input, expected, weights) = try network()
        defer { unlink(path) }
        // With room to spare, where the mapping serves, and with hardly any, where steps are built before it is known whether
        // everything will fit.
        let whole = try Model(path: path, kernels: .reference, pool: try pool(2)).memory.totalBytes
        for budget in [2 * weights + (1 << 20), whole + 24 * pageBytes] {
            let model = try load(path, budget, threads: 2)
            for _ in 0..<2 {
                model.set(0, input)
                try model.run()
                #expect(model.get(0, as: Float.self) == expected)
            }
            #expect(model.memory.streamedWeightBytes == 0 && model.counters.streamedBytes == 0)
            #expect(model.memory.totalBytes <= budget)
        }
    }

    @Test func impossibleBudgetIsRefusedWithWhatItNeeds() throws {
        let (path, _, _, _) = try network()
        defer { unlink(path) }
        for budget in [0, 1000, 40_000] {
            do {
                _ = try load(path, budget)
                Issue.record("a budget of \(budget) bytes was accepted")
            } catch let failure as Failure {
                #expect(failure.kind == .budget)
                #expect(failure.description.contains("B"))
            }
        }
    }

    /// Damage in weights that are streamed is an error of the run, and the next run tries again.
    @Test func damagedStreamedWeightsAreFound() throws {
        let (path, input, expected, weights) = try network()
        defer { unlink(path) }
        let nest = try NestReader.open(path)
        let whole = try Model(path: path, kernels: .reference, pool: try pool(1)).memory
        let model = try load(path, whole.arenaBytes + whole.scratchBytes + weights / 3)
        model.set(0, input)
        try model.run()
        let file = open(path, O_RDWR)
        defer { close(file) }
        let places = (0..<nest.chunks.count).map { nest.chunks[$0].offset + 100 }
        func flip() {
            for place in places {
                var byte: UInt8 = 0
                pread(file, &byte, 1, off_t(place))
                byte ^= 0x10
                pwrite(file, &byte, 1, off_t(place))
            }
        }
        flip()
        var failures = 0
        for _ in 0..<2 {
            model.set(0, input)
            do { try model.run() } catch { failures += 1 }
        }
        #expect(failures > 0)
        flip()
        model.set(0, input)
        try? model.run()
        model.set(0, input)
        try model.run()
        #expect(model.get(0, as: Float.self) == expected)
    }

    /// Neither mapped nor streamed weights may bring the process down when the file shrinks under it.
    @Test func truncatedFileIsAnErrorNotACrash() throws {
        for budgeted in [false, true] {
            let (path, input, _, weights) = try network()
            defer { unlink(path) }
            let whole = try Model(path: path, kernels: .reference, pool: try pool(1)).memory
            let model = budgeted ? try load(path, whole.arenaBytes + whole.scratchBytes + weights / 3)
                : try Model(path: path, kernels: .reference, pool: try pool(1))
            model.set(0, input)
            try model.run()
            #expect(truncate(path, 65536) == 0)
            var failures = 0
            for _ in 0..<2 {
                model.set(0, input)
                do { try model.run() } catch { failures += 1 }
            }
            #expect(failures > 0)
        }
    }
}

/// What a model would take, before anything of it is in memory.
struct ModelPlanTests {
    @Test func aPlanSaysWhatTheModelTakes() throws {
        let (builder, input, output) = smallNetwork(seed: 9, layers: 8, channels: 32)
        let path = NSTemporaryDirectory() + "plan-\(UInt64.random(in: 0...UInt64.max)).nest"
        try NestWriter.write(builder.contents(inputs: [input], outputs: [output]), to: path)
        defer { unlink(path) }
        let nest = try NestReader.open(path), pool = try pool(2)
        let whole = try ModelPlan(nest: nest, kernels: .reference, threads: 2)
        #expect(whole.memory.streamedWeightBytes == 0)
        #expect(try Model(plan: whole, pool: pool).memory.totalBytes == whole.memory.totalBytes)
        // Placed once more, and with weights that don't fit.
        #expect(try Model(plan: whole, pool: pool).memory.totalBytes == whole.memory.totalBytes)
        var options = ModelOptions()
        options.budgetBytes = whole.memory.totalBytes - whole.memory.residentWeightBytes / 4
        let plan = try ModelPlan(nest: nest, options: options, kernels: .reference, threads: 2)
        #expect(plan.memory.streamedWeightBytes > 0 && plan.memory.totalBytes <= options.budgetBytes!)
        let model = try Model(plan: plan, pool: pool)
        #expect(model.memory.totalBytes == plan.memory.totalBytes && model.memory.windowBytes == plan.memory.windowBytes)
        try model.run()
        #expect(throws: Failure.self) { try Model(plan: plan, pool: try ThreadPool(threads: 1)) }
        options.budgetBytes = whole.memory.arenaBytes + 1000
        #expect(throws: Failure.self) { try ModelPlan(nest: nest, options: options, kernels: .reference, threads: 2) }
    }
}
