/// How well a task is served, best first: its variants at its full rate, then the last variant at half and a quarter of the
/// rate, then not at all.
public struct ServiceLevel: Sendable, Equatable {
    /// Number of the variant, best first.
    public var variant: Int
    /// Every so manyth frame of the task's own rate; 0: paused.
    public var every: Int

    /// The level of that number, from 0; the last is paused.
    public init(_ number: Int, variants: Int) {
        variant = min(number, variants - 1)
        every = number < variants ? 1 : number == variants ? 2 : number == variants + 1 ? 4 : 0
    }

    /// How many levels a task with so many variants has.
    public static func count(variants: Int) -> Int { variants + 3 }
}

/// What is known of a task when levels are chosen.
public struct ServedTask: Sendable {
    /// Of one job with each variant, best first, nanoseconds.
    public var costs: [Int64]
    /// The longest instruction of each variant.
    public var sections: [Int64]
    public var period: Int64
    public var deadline: Int64
    /// Low ones give way first.
    public var priority: Int
    /// It takes frames now; others ask for nothing.
    public var isActive: Bool

    public init(costs: [Int64], sections: [Int64], period: Int64, deadline: Int64, priority: Int, isActive: Bool = true) {
        self.costs = costs
        self.sections = sections
        self.period = period
        self.deadline = deadline
        self.priority = priority
        self.isActive = isActive
    }

    /// What it asks for at a level; nil: nothing.
    func demand(_ number: Int) -> TaskDemand? {
        let level = ServiceLevel(number, variants: costs.count)
        guard isActive, level.every > 0 else { return nil }
        return TaskDemand(cost: costs[level.variant], period: period * Int64(level.every), deadline: deadline,
                          section: sections[level.variant])
    }
}

/// Chooses the level of each task: the best that fits, low priorities giving way first; down at once, up one step after a
/// quiet time that doubles where the step turned out wrong. Decided by the times it is handed.
public struct ServiceLevels: Sendable {
    /// Of each task, from 0.
    public private(set) var numbers: [Int]
    /// Share of the processor that tasks leave, and what they leave before one is served better.
    public static let reserve = 0.1, reserveBeforeUp = 0.25
    static let shortestQuiet: Int64 = 3_000_000_000, longestQuiet: Int64 = 48_000_000_000

    private var quiet: Int64 = ServiceLevels.shortestQuiet
    private var lastChange: Int64?
    private var lastUp: Int64?
    /// Misses that came although all should fit, and the time of the first of them.
    private var overruns = 0, overrunsSince: Int64 = 0
    private static let patience = 3, overrunWindow: Int64 = 2_000_000_000
    /// Kept, so that looking again allocates nothing.
    private var demands: [TaskDemand] = []

    /// All at their best.
    public init(tasks: Int) {
        numbers = [Int](repeating: 0, count: tasks)
        demands.reserveCapacity(tasks)
    }

    /// Whether all would keep their deadlines, the one of number `index` at another level than its own.
    private mutating func fit(_ tasks: [ServedTask], reserve: Double = ServiceLevels.reserve, index: Int = -1, level: Int = 0) -> Bool {
        demands.removeAll(keepingCapacity: true)
        for number in tasks.indices {
            if let demand = tasks[number].demand(number == index ? level : numbers[number]) { demands.append(demand) }
        }
        return Feasibility.holds(demands, reserve: reserve)
    }

    /// The levels to begin with: full rates, and the best variants that fit; nil where even the smallest don't.
    public static func first(_ tasks: [ServedTask]) -> ServiceLevels? {
        var levels = ServiceLevels(tasks: tasks.count)
        while !levels.fit(tasks) {
            guard let victim = levels.victim(tasks, withinVariants: true) else { return nil }
            levels.numbers[victim] += 1
        }
        return levels
    }

    /// Looks again. True where a level changed. Allocates nothing where all are at their best and stay so.
    /// - Parameters:
    ///   - now: nanoseconds, of any clock that doesn't go back.
    ///   - overruns: deadlines that were missed since the last look, for want of time and not of input.
    public mutating func update(_ tasks: [ServedTask], now: Int64, overruns new: Int) -> Bool {
        var isWorse = false
        while !fit(tasks), let victim = victim(tasks, withinVariants: false) {
            numbers[victim] += 1
            isWorse = true
        }
        if !isWorse, isOverrun(new, now), let victim = victim(tasks, withinVariants: false) {
            numbers[victim] += 1
            isWorse = true
        }
        if isWorse {
            if let lastUp, now - lastUp < 2 * quiet { quiet = min(Self.longestQuiet, quiet * 2) }
            lastUp = nil
            lastChange = now
            overruns = 0
            return true
        }
        if new > 0 { lastChange = now }
        guard let since = lastChange else {
            lastChange = now
            return false
        }
        guard now - since >= quiet, let lucky = beneficiary(tasks) else { return false }
        numbers[lucky] -= 1
        if let lastUp, now - lastUp > 4 * quiet { quiet = Self.shortestQuiet }
        lastUp = now
        lastChange = now
        return true
    }

    /// It should fit, and several times in a short while it didn't: what was measured isn't all that there is.
    private mutating func isOverrun(_ new: Int, _ now: Int64) -> Bool {
        guard new > 0 else { return false }
        if overruns == 0 || now - overrunsSince > Self.overrunWindow {
            overruns = 0
            overrunsSince = now
        }
        overruns += new
        return overruns >= Self.patience
    }

    /// Who gives way next: of the lowest priority the one that takes most.
    private func victim(_ tasks: [ServedTask], withinVariants: Bool) -> Int? {
        var found: Int?, priority = Int.max, use = -1.0
        for index in tasks.indices {
            let variants = tasks[index].costs.count
            let last = withinVariants ? variants - 1 : ServiceLevel.count(variants: variants) - 1
            guard numbers[index] < last, let demand = tasks[index].demand(numbers[index]) else { continue }
            if tasks[index].priority < priority || (tasks[index].priority == priority && demand.use > use) {
                found = index
                priority = tasks[index].priority
                use = demand.use
            }
        }
        return found
    }

    /// Who is served better next: the one of the highest priority that fits with room to spare.
    private mutating func beneficiary(_ tasks: [ServedTask]) -> Int? {
        var found: Int?, priority = Int.min
        for index in tasks.indices where numbers[index] > 0 && tasks[index].priority > priority && tasks[index].isActive {
            if fit(tasks, reserve: Self.reserveBeforeUp, index: index, level: numbers[index] - 1) {
                found = index
                priority = tasks[index].priority
            }
        }
        return found
    }
}
