import Configuration
import Engine
import ModelRuntime
import Platform

/// The variants of one task: all loaded where memory allows it, so that a switch takes no longer than a frame; otherwise loaded
/// when they are wanted, before they are used. For the control thread.
final class VariantShelf {
    private(set) var task: DeviceConfiguration.Task
    /// Of each variant: its file, and what a pass of its network takes, nanoseconds.
    let paths: [String]
    private(set) var costs: [Int64]
    private(set) var sections: [Int64]
    /// How that time goes with the processor's clock.
    private(set) var jobs: [JobCost]
    /// Of variants that take a motion sensor's windows, as they were measured.
    private(set) var windows: [WindowFormat] = []
    /// Of variants that take sound.
    private(set) var sounds: [SoundFormat] = []
    private var loaded: [TaskVariant?]
    private let library: Library
    private let user: ModelUser
    private let frequency: FrequencyControl?
    /// Tasks have deadlines to keep: what is loaded from now on isn't measured slowly.
    var isAtWork = false
    /// A budget has no room for all at once.
    private(set) var isCramped = false

    init(_ task: DeviceConfiguration.Task, paths: [String], library: Library, user: ModelUser,
         frequency: FrequencyControl?) {
        self.task = task
        self.paths = paths
        self.library = library
        self.user = user
        self.frequency = frequency
        costs = [Int64](repeating: 0, count: paths.count)
        sections = costs
        jobs = [JobCost](repeating: JobCost(cycles: 0, memorySeconds: 0), count: paths.count)
        loaded = [TaskVariant?](repeating: nil, count: paths.count)
    }

    /// Loads and measures each, the last first, so that in a small memory the best is what stays. Fails as loading does, where a
    /// variant has no room even alone.
    func measureAll() throws(Failure) {
        for number in paths.indices.reversed() {
            do throws(Failure) {
                try load(number)
            } catch {
                guard error.kind == .budget, loaded.contains(where: { $0 != nil }) else { throw error }
                isCramped = true
                keep(only: nil)
                try load(number)
            }
        }
    }

    private func load(_ number: Int) throws(Failure) {
        let period = Int64(1e9 / Double(task.rateHertz))
        let variant = try TaskVariant(paths[number], task, library: library, user: user) { [frequency, isAtWork] (model)
            throws(Failure) in
            if let frequency { return try frequency.measure(model, period: period, isAtWork: isAtWork) }
            return VariantCost(time: try PassTime(model, period: period), job: JobCost(cycles: 0, memorySeconds: 0))
        }
        if case .window(let model) = variant.model, windows.count < paths.count { windows.append(model.format) }
        // Loaded last first: the best variant's is the first in the end.
        if case .sound(let model) = variant.model, sounds.count < paths.count { sounds.insert(model.format, at: 0) }
        costs[number] = variant.cost.time.median
        sections[number] = variant.cost.time.longestInstruction
        jobs[number] = variant.cost.job
        loaded[number] = variant
    }

    /// Inputs come no faster than this, a second: the task asks for no more.
    func limitRate(to hertz: Float) { task.rateHertz = min(task.rateHertz, hertz) }

    /// The variant of that number, loaded if it isn't. Fails as loading does.
    func variant(_ number: Int) throws(Failure) -> TaskVariant {
        if let variant = loaded[number] { return variant }
        try load(number)
        guard let variant = loaded[number] else { throw Failure(.resource, "\(paths[number]) could not be loaded") }
        return variant
    }

    /// In a small memory: the others are given back, once nobody uses them any more. nil: all.
    func keep(only number: Int?) {
        for other in loaded.indices where other != number {
            loaded[other]?.lease.end()
            loaded[other] = nil
        }
    }

    /// Its file is another by now, or its weights turned out damaged: it is loaded anew when it is wanted.
    func forget(_ number: Int) { loaded[number] = nil }

    /// Whether the file of a loaded variant was replaced. Asks the kernel.
    func hasChanged(_ number: Int) -> Bool { loaded[number]?.lease.hasFileChanged ?? false }

    /// A loaded variant's name, for people.
    func name(_ number: Int) -> String { modelName(paths[number]) }
}
