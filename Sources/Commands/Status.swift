import Device
import Kernels
import ModelRuntime
import Platform

let status = Command(name: "status", usage: "[options]",
                     summary: "Shows the whole device on one screen: processor, memory, sensors, frequency, temperature, attitude, broker.",
                     options: [SharedOptions.models, SharedOptions.json], examples: ["swiftlet status", "swiftlet status --json"]) {
    (context, arguments) throws(Failure) in
    let machine = MachineStatus(context, arguments)
    if arguments.has("--json") {
        var object = machine.json
        if context.device != nil { try DeviceStatus(try context.runningDevice(), context.runtime).add(to: &object) }
        if let reading = context.tasks?.recordReading { object.set("records", RecordText.object(reading)) }
        if let publishing = context.publishing { object.set("broker", PublishingText.object(publishing)) }
        context.output(object.line)
        return
    }
    for line in machine.lines { context.output(line) }
    if context.device != nil {
        for line in DeviceStatus(try context.runningDevice(), context.runtime).lines { context.output(line) }
    }
    if let reading = context.tasks?.recordReading { context.output(RecordText.line(reading)) }
    if let publishing = context.publishing { for line in PublishingText.lines(publishing) { context.output(line) } }
}

/// What `status` tells.
struct MachineStatus {
    var architecture: String
    var features: [String]
    var kernels: String
    var otherKernels: [String]
    var cores: String
    var poolCores: [Int]
    var memoryBytes: Int64
    var availableBytes: Int64
    var ownBytes: Int
    var models: [String]

    init(_ context: Context, _ arguments: Arguments) {
        #if arch(arm64)
        architecture = "aarch64"
        #elseif arch(x86_64)
        architecture = "x86_64"
        #elseif arch(arm)
        architecture = "armv7"
        #else
        architecture = "unknown"
        #endif
        features = []
        if context.runtime.features.dotProduct { features.append("dotprod") }
        if context.runtime.features.int8Matrix { features.append("i8mm") }
        if context.runtime.features.avx2 { features.append("avx2") }
        if context.runtime.features.vnni { features.append("avx512-vnni") }
        kernels = KernelTable.chosen(for: context.runtime.features).name
        otherKernels = []
        for table in KernelTable.all(for: context.runtime.features) where table.name != kernels { otherKernels.append(table.name) }
        cores = Processors.topology(context.runtime.processors)
        poolCores = []
        for processor in context.runtime.processors { poolCores.append(processor.number) }
        memoryBytes = memoryField("MemTotal:")
        availableBytes = memoryField("MemAvailable:")
        ownBytes = ProcessMemory.resident
        models = context.folders(arguments).found
    }

    var lines: [String] {
        var pool = ""
        for core in poolCores { pool += (pool.isEmpty ? "" : ", ") + "\(core)" }
        var lines = [
            "swiftlet   \(version)",
            "processor  \(architecture)\(features.isEmpty ? ", baseline instructions" : " with " + features.joinedByCommas)",
            "kernels    \(kernels)\(otherKernels.isEmpty ? "" : " (also: " + otherKernels.joinedByCommas + ")")",
            "cores      \(cores); the pool uses \(pool)",
            "memory     \(megabytes(availableBytes)) available of \(megabytes(memoryBytes)); this process \(megabytes(ownBytes))",
        ]
        lines.append("models     \(models.isEmpty ? "none found; name a folder with --models or SWIFTLET_MODELS" : models.joinedByCommas)")
        return lines
    }

    var json: JSONObject {
        var object = JSONObject()
        object.set("version", version)
        object.set("architecture", architecture)
        object.set("features", features)
        object.set("kernels", kernels)
        object.set("otherKernels", otherKernels)
        object.set("cores", poolCores.count)
        object.set("memoryBytes", memoryBytes)
        object.set("availableBytes", availableBytes)
        object.set("processBytes", ownBytes)
        object.set("models", models)
        return object
    }
}

/// A line of /proc/meminfo, in bytes; 0 where it isn't there.
func memoryField(_ name: String) -> Int64 {
    guard let text = File.text("/proc/meminfo") else { return 0 }
    for line in split(text, at: "\n") where line.utf8.starts(with: name.utf8) {
        var kilobytes: Int64 = 0
        for byte in line.utf8 where byte >= 48 && byte <= 57 { kilobytes = min(kilobytes * 10 + Int64(byte - 48), 1 << 50) }
        return kilobytes * 1024
    }
    return 0
}
