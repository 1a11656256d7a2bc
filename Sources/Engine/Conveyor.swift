import CLinux
import Nest
import Platform

/// Weights under a budget. Resident chunks are read once; the others are read ahead of use by a thread of its own and
/// given back behind. All live at fixed places of one reserved range of addresses, so that tasks never change. Reading
/// into memory of our own, rather than mapping, keeps the kernel from evicting what must stay and turns storage that
/// fails into an error.
final class Conveyor: WeightStore {
    private let belt: Belt
    private var reader: Thread?

    init(_ nest: NestReader, plan: ConveyorPlan) throws(Failure) {
        guard let file = nest.file else { throw Failure(.budget, "\(nest.name): weights can only be streamed from a file") }
        belt = try Belt(nest, file, plan)
        super.init(nest)
        for chunk in plan.resident { try belt.load(chunk) }
        let belt = belt
        reader = try Thread { belt.readAhead() }
    }

    deinit {
        belt.stop()
        reader?.join()
    }

    override func address(_ chunk: Int) -> UnsafeRawPointer { UnsafeRawPointer(belt.address(chunk)) }
    override func need(step: Int) throws(Failure) { try belt.need(step) }
    override func done(step: Int) { belt.done(step) }
    override func rewind() { belt.rewind() }
    /// Every chunk is compared with its checksum whenever it is read.
    override func verifyOnce(_ chunk: Int) throws(Failure) {}
    override var failure: Failure? { nil }
    override var residentBytes: Int { belt.plan.residentBytes }
    override var streamedChunkBytes: Int { belt.plan.streamed.reduce(0) { $0 + $1.bytes } }
    override var windowBytes: Int { belt.plan.windowBytes }
    override var physicalBytes: Int { belt.region.residentBytes(0..<belt.region.bytes.count) }
    override var counters: ConveyorCounters { belt.counters }
}

/// What the executing thread and the reading thread share.
private final class Belt {
    let plan: ConveyorPlan
    let region: PageMemory
    private let nest: NestReader
    private let file: MappedFile
    private let base: Int
    private let lock = Lock()
    /// Entries by the step at which they begin and end.
    private var beginning: [[Int]], ending: [[Int]]

    // Under the lock. Entries are counted through all passes: entry k of pass p is p * count + k.
    private var loaded = 0
    private var passStart = 0
    private var bytesInUse = 0
    private var inMemory: [Bool]
    private var isReading = false, isPaused = false, isStopping = false
    private var failure: Failure?
    private var counted = ConveyorCounters()

    init(_ nest: NestReader, _ file: MappedFile, _ plan: ConveyorPlan) throws(Failure) {
        self.nest = nest
        self.file = file
        self.plan = plan
        base = nest.chunks.first?.offset ?? 0
        region = try PageMemory(count: nest.bytes.count - base)
        let steps = plan.streamed.reduce(0) { max($0, $1.last) } + 1
        beginning = [[Int]](repeating: [], count: steps)
        ending = beginning
        inMemory = [Bool](repeating: false, count: plan.streamed.count)
        for (index, entry) in plan.streamed.enumerated() {
            beginning[entry.first].append(index)
            ending[entry.last].append(index)
        }
    }

    func address(_ chunk: Int) -> UnsafeMutableRawPointer { region.baseAddress + (nest.chunks[chunk].offset - base) }

    var counters: ConveyorCounters {
        lock.lock()
        defer { lock.unlock() }
        return counted
    }

    /// Reads one chunk to its place and checks it.
    func load(_ chunk: Int) throws(Failure) {
        let place = nest.chunks[chunk]
        var done = 0
        while done < place.length {
            // In pieces, so that what the page cache holds besides stays small.
            let wanted = min(1 << 20, place.length - done)
            let count = pread(file.descriptor, address(chunk) + done, wanted, place.offset + done)
            if count < 0, linux_errno() == EINTR { continue }
            guard count >= 0 else { throw .system(.inputOutput, "cannot read weights of \(file.path)") }
            guard count > 0 else { throw Failure(.inputOutput, "\(file.path): truncated while in use, copy the file again and restart") }
            posix_fadvise(file.descriptor, place.offset + done, count, POSIX_FADV_DONTNEED)
            done += count
        }
        try nest.verify(chunk: chunk, contents: UnsafeRawBufferPointer(start: address(chunk), count: place.length))
    }

    /// The reading thread.
    func readAhead() {
        lock.lock()
        defer { lock.unlock() }
        while true {
            let index = loaded % plan.streamed.count
            let entry = plan.streamed[index]
            while !isStopping, isPaused || failure != nil || inMemory[index] || bytesInUse + entry.bytes > plan.windowBytes {
                lock.wait()
                if loaded % plan.streamed.count != index { break }
            }
            if isStopping { return }
            // The wait may have ended because a rewind changed what comes next.
            if loaded % plan.streamed.count != index { continue }
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
                loaded += 1
                counted.streamedBytes += nest.chunks[entry.chunk].length
            }
            lock.wakeAll()
        }
    }

    func stop() {
        lock.lock()
        isStopping = true
        lock.wakeAll()
        lock.unlock()
    }

    func need(_ step: Int) throws(Failure) {
        guard step < beginning.count, let last = beginning[step].last else { return }
        lock.lock()
        defer { lock.unlock() }
        let target = passStart + last + 1
        if loaded >= target { return }
        counted.stalls += 1
        let start = monotonicNanoseconds()
        while loaded < target, failure == nil { lock.wait() }
        counted.stallNanoseconds += monotonicNanoseconds() - start
        if loaded < target, let failure { throw failure }
    }

    func done(_ step: Int) {
        guard step < ending.count else { return }
        if !ending[step].isEmpty {
            lock.lock()
            for index in ending[step] { release(index) }
            lock.wakeAll()
            lock.unlock()
        }
        if step == ending.count - 1 {
            lock.lock()
            passStart += plan.streamed.count
            lock.unlock()
        }
    }

    /// Under the lock.
    private func release(_ index: Int) {
        guard inMemory[index] else { return }
        let entry = plan.streamed[index], start = nest.chunks[entry.chunk].offset - base
        region.drop(start..<start + entry.bytes)
        inMemory[index] = false
        bytesInUse -= entry.bytes
    }

    /// Forgets everything streamed and begins with the first entry again.
    func rewind() {
        lock.lock()
        isPaused = true
        while isReading { lock.wait() }
        for index in inMemory.indices { release(index) }
        loaded = 0
        passStart = 0
        failure = nil
        isPaused = false
        lock.wakeAll()
        lock.unlock()
    }
}
