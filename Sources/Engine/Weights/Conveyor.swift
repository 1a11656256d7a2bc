import Nest
import Platform

/// Weights under a budget. Resident chunks are read once; the others are read ahead of use by a thread of its own and
/// given back behind. All live at fixed places of one reserved range of addresses, so that tasks never change. Reading
/// into memory of our own, rather than mapping, keeps the kernel from evicting what must stay and turns storage that
/// fails into an error.
final class Conveyor: WeightStore {
    private let place: WeightPlace
    private var begun: Belt?
    private var reader: Thread?

    /// Reserves the addresses; nothing is read, and nothing but `address` may be called, before `start`.
    init(_ nest: NestReader) throws(Failure) {
        guard nest.source.isStreamable else { throw Failure(.budget, "\(nest.name): weights can only be streamed from a file") }
        place = try WeightPlace(nest)
        super.init(nest)
    }

    override var isApart: Bool { true }
    override func start(_ plan: ConveyorPlan, commonSteps: Int) throws(Failure) {
        let belt = try Belt(nest, plan, place, commonSteps: commonSteps)
        for chunk in plan.resident { try belt.load(chunk) }
        if !plan.streamed.isEmpty { reader = try Thread { belt.readAhead() } }
        begun = belt
    }

    deinit {
        begun?.stop()
        reader?.join()
    }

    private var belt: Belt { begun! }

    override func address(_ chunk: Int) -> UnsafeRawPointer { UnsafeRawPointer(place.address(chunk)) }
    override func bytes(chunk: Int, offset: Int, count: Int, scratch: UnsafeMutableRawPointer) -> UnsafeRawPointer {
        belt.gather(chunk, offset, count, scratch)
    }
    override func prepareParts(of chunk: Int) { belt.prepareParts(of: chunk) }
    override func begin(steps: Int) { belt.begin(steps) }
    override func end() { belt.end() }
    override func need(step: Int) throws(Failure) { try belt.need(step) }
    override func done(step: Int) { belt.done(step) }
    override func rewind() { belt.rewind() }
    /// Every chunk is compared with its checksum whenever it is read.
    override func verifyOnce(_ chunk: Int) throws(Failure) {}
    override func takeFailure() -> Failure? { belt.takeGatherFailure() }
    override var residentBytes: Int { belt.plan.residentBytes }
    override var streamedChunkBytes: Int { belt.plan.streamed.reduce(0) { $0 + $1.bytes } }
    override var windowBytes: Int { belt.plan.windowBytes }
    override var physicalBytes: Int { place.region.residentBytes(0..<place.region.bytes.count) }
    override var counters: ConveyorCounters { belt.counters }
}

/// A range of addresses in which every chunk of a nest has its own, as in the file. Addresses alone cost no memory.
private struct WeightPlace {
    let region: PageMemory
    private let nest: NestReader
    private let base: Int

    init(_ nest: NestReader) throws(Failure) {
        self.nest = nest
        base = nest.chunks.first?.offset ?? 0
        region = try PageMemory(count: nest.bytes.count - base)
    }

    func address(_ chunk: Int) -> UnsafeMutableRawPointer { region.baseAddress + (nest.chunks[chunk].offset - base) }

    /// Gives the memory of a chunk back.
    func drop(_ chunk: Int, bytes: Int) {
        let start = nest.chunks[chunk].offset - base
        region.drop(start..<start + bytes)
    }
}

/// What the executing thread and the reading thread share.
private final class Belt {
    let plan: ConveyorPlan
    private let place: WeightPlace
    private let nest: NestReader
    private let lock = Lock()
    /// Entries by the step at which they begin and end.
    private var beginning: [[Int]], ending: [[Int]]

    /// Resident chunks, by number.
    private let isResident: [Bool]
    /// Entries that every pass has.
    private let common: Int

    // Under the lock. Passes are counted; the reader may be one ahead of the one that is executed.
    private var pass = 0, passEntries = 0
    private var readerPass = 1, next = 0
    private var bytesInUse = 0
    private var inMemory: [Bool]
    /// Chunks whose bytes have been right once: parts of them may be taken.
    private var isVerified: [Bool]
    /// What they are read through to see it; touched when first needed.
    private let partBuffer: PageMemory
    private var isReading = false, isPaused = false, isStopping = false
    private var failure: Failure?
    private var gatherFailure: Failure?
    private var counted = ConveyorCounters()

    init(_ nest: NestReader, _ plan: ConveyorPlan, _ place: WeightPlace, commonSteps: Int) throws(Failure) {
        self.nest = nest
        self.plan = plan
        self.place = place
        let steps = plan.streamed.reduce(0) { max($0, $1.last) } + 1
        beginning = [[Int]](repeating: [], count: steps)
        ending = beginning
        inMemory = [Bool](repeating: false, count: plan.streamed.count)
        for (index, entry) in plan.streamed.enumerated() {
            beginning[entry.first].append(index)
            ending[entry.last].append(index)
        }
        common = plan.streamed.reduce(0) { $0 + ($1.first < commonSteps ? 1 : 0) }
        var resident = [Bool](repeating: false, count: nest.chunks.count)
        for chunk in plan.resident { resident[chunk] = true }
        isResident = resident
        isVerified = resident
        partBuffer = try PageMemory(count: 1 << 16)
        nest.source.beginStreaming()
    }

    var counters: ConveyorCounters {
        lock.lock()
        defer { lock.unlock() }
        return counted
    }

    /// Reads one chunk to its place and checks it.
    func load(_ chunk: Int) throws(Failure) { try nest.source.read(chunk, into: place.address(chunk)) }

    /// Chunks that are needed out of order: compared with their checksums when they are first used, in small pieces.
    func prepareParts(of chunk: Int) {
        lock.lock()
        let isKnown = isVerified[chunk]
        lock.unlock()
        if isKnown { return }
        var problem: Failure?
        do throws(Failure) { try nest.source.verify(chunk, through: partBuffer.bytes) } catch { problem = error }
        lock.lock()
        counted.streamedBytes += nest.chunks[chunk].length
        if let problem { gatherFailure = problem } else { isVerified[chunk] = true }
        lock.unlock()
    }

    /// A part of a chunk, out of order. What can't be read is zeros, and the run fails at its end.
    func gather(_ chunk: Int, _ offset: Int, _ count: Int, _ scratch: UnsafeMutableRawPointer) -> UnsafeRawPointer {
        if isResident[chunk] { return UnsafeRawPointer(place.address(chunk) + offset) }
        var problem: Failure?
        do throws(Failure) { try nest.source.read(chunk, offset: offset, into: scratch, count: count) } catch {
            problem = error
            scratch.initializeMemory(as: UInt8.self, repeating: 0, count: count)
        }
        lock.lock()
        if let problem { gatherFailure = problem } else { counted.streamedBytes += count }
        lock.unlock()
        return UnsafeRawPointer(scratch)
    }

    func takeGatherFailure() -> Failure? {
        lock.lock()
        defer { lock.unlock() }
        let failure = gatherFailure
        gatherFailure = nil
        return failure
    }

    // MARK: the reading thread

    func readAhead() {
        lock.lock()
        defer { lock.unlock() }
        while !isStopping {
            guard let index = readable else {
                lock.wait()
                continue
            }
            let entry = plan.streamed[index]
            isReading = true
            bytesInUse += entry.bytes
            inMemory[index] = true
            lock.unlock()
            var problem: Failure?
            do throws(Failure) { try load(entry.chunk) } catch { problem = error }
            lock.lock()
            isReading = false
            if let problem {
                failure = problem
                release(index)
            } else {
                next += 1
                isVerified[entry.chunk] = true
                counted.streamedBytes += nest.chunks[entry.chunk].length
                turnOver()
            }
            lock.wakeAll()
        }
    }

    /// The entry to read now; nil where the reader has to wait.
    private var readable: Int? {
        guard !isPaused, failure == nil, next < (readerPass == pass ? passEntries : common), !inMemory[next],
              bytesInUse + plan.streamed[next].bytes <= plan.windowBytes else { return nil }
        return next
    }

    /// After the last entry of the executed pass comes the first of the next.
    private func turnOver() {
        if readerPass == pass, next >= passEntries {
            readerPass += 1
            next = 0
        }
    }

    func stop() {
        lock.lock()
        isStopping = true
        lock.wakeAll()
        lock.unlock()
    }

    // MARK: the executing thread

    func begin(_ steps: Int) {
        lock.lock()
        pass += 1
        passEntries = steps >= beginning.count ? plan.streamed.count : common
        turnOver()
        lock.wakeAll()
        lock.unlock()
    }

    /// Entries that a pass without its last steps has left go too.
    func end() {
        lock.lock()
        for index in 0..<passEntries where inMemory[index] {
            let isOfNextPass = readerPass > pass && (index < next || isReading && index == next)
            if !isOfNextPass { release(index) }
        }
        lock.wakeAll()
        lock.unlock()
    }

    func need(_ step: Int) throws(Failure) {
        guard step < beginning.count, let last = beginning[step].last else { return }
        lock.lock()
        defer { lock.unlock() }
        if isLoaded(last) { return }
        counted.stalls += 1
        let start = monotonicNanoseconds()
        while !isLoaded(last), failure == nil { lock.wait() }
        counted.stallNanoseconds += monotonicNanoseconds() - start
        if !isLoaded(last), let failure { throw failure }
    }

    private func isLoaded(_ index: Int) -> Bool { readerPass > pass || next > index }

    func done(_ step: Int) {
        guard step < ending.count, !ending[step].isEmpty else { return }
        lock.lock()
        for index in ending[step] { release(index) }
        lock.wakeAll()
        lock.unlock()
    }

    /// Under the lock.
    private func release(_ index: Int) {
        guard inMemory[index] else { return }
        let entry = plan.streamed[index]
        place.drop(entry.chunk, bytes: entry.bytes)
        inMemory[index] = false
        bytesInUse -= entry.bytes
    }

    /// Forgets everything streamed and begins with the first entry again.
    func rewind() {
        lock.lock()
        isPaused = true
        while isReading { lock.wait() }
        for index in inMemory.indices { release(index) }
        next = 0
        readerPass = pass + 1
        failure = nil
        gatherFailure = nil
        isPaused = false
        lock.wakeAll()
        lock.unlock()
    }
}
