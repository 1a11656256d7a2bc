// swift-tools-version: 6.1
import PackageDescription

/// The board this build is for ("aarch64"), or nil for the machine that builds. Set by the Makefile:
/// SwiftPM's own conditions can't tell an embedded Linux triple from the host's, and kernel modules need
/// instruction-set flags that only their own architecture understands.
let board = Context.environment["SWIFTLET_BOARD"]

#if arch(x86_64)
let hostArchitecture = "x86_64"
#else
let hostArchitecture = "aarch64"
#endif
let architecture = board ?? hostArchitecture

/// Flags for a kernel family: the instruction-set extension is switched on for that module alone, so no
/// other code can contain it. `-march=armv8.2-a` would also switch on LSE atomics; the `+` forms do not.
func instructions(_ family: String, _ flags: [String]) -> [SwiftSetting] {
    let own = family == architecture ? flags.flatMap { ["-Xcc", $0] } : []
    return [.unsafeFlags(own + ["-Ounchecked"])]
}

/// Tests look inside these modules, in the same optimised build that users run; a board's binary has no tests.
let testable: [SwiftSetting] = board == nil ? [.unsafeFlags(["-enable-testing"])] : []

/// For size: a board's flash is small, and what runs once or waits for a bus, a person or a disk needs no speed. On
/// 64-bit boards, sequences of instructions that repeat become functions.
let outlining = board == "aarch64" ? ["-Xllvm", "-enable-machine-outliner=always"] : []
let small: [SwiftSetting] = [.unsafeFlags(["-Osize"] + outlining)] + testable

/// What load has checked is checked again while the engine runs (`invariant`): in tests and fuzzing, never on a board.
let invariants: [SwiftSetting] = board == nil ? [.define("SWIFTLET_CHECKS")] : []

let package = Package(
    name: "swiftlet",
    products: [
        .executable(name: "swiftlet", targets: ["swiftlet"]),
        .executable(name: "nestc", targets: ["nestc"]),
        .executable(name: "virtual-board", targets: ["virtual-board"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    ],
    targets: [
        // What Swift cannot call by itself.
        .target(name: "CLinux"),
        .target(name: "CIntrinsics"),
        .target(name: "CNetwork"),
        .target(name: "CKernels"),
        // The image libraries of the system (libjpeg62-turbo-dev, libpng-dev, zlib1g-dev), errors as values.
        .target(name: "CImage", linkerSettings: ["jpeg", "png16", "z", "m"].map { .linkedLibrary($0) }),

        .target(name: "Platform", dependencies: ["CLinux"], swiftSettings: small),
        .target(name: "Nest", dependencies: ["Platform", "CLinux", "KernelFormats"], swiftSettings: small),

        // Kernel families. Nothing imports them: `Kernels` calls their C entry points (CKernels.h), because
        // Embedded Swift copies imported function bodies into the importer, which lacks the instructions. For the same
        // reason KernelsArmCommon and KernelsX86Common, which families share, hold always-inlined functions only.
        // KernelFormats, the table of matrix formats, is always inlined too where kernels use it.
        .target(name: "KernelFormats", dependencies: ["CKernels"], swiftSettings: [.unsafeFlags(["-Ounchecked"])]),
        .target(name: "KernelsArmCommon", dependencies: ["CKernels", "CIntrinsics", "KernelFormats"],
                swiftSettings: instructions("aarch64", [])),
        // Float code for both architectures, eight lanes at a time: on x86-64 it goes with AVX2.
        .target(name: "KernelsVector", dependencies: ["CKernels", "CIntrinsics"],
                swiftSettings: instructions("x86_64", ["-mavx2", "-mfma", "-mf16c"])),
        .target(name: "KernelsNeon", dependencies: ["CKernels", "CIntrinsics", "KernelFormats", "KernelsArmCommon"],
                swiftSettings: instructions("aarch64", [])),
        .target(name: "KernelsDotprod", dependencies: ["CKernels", "CIntrinsics", "KernelFormats", "KernelsArmCommon"],
                swiftSettings: instructions("aarch64", ["-march=armv8-a+dotprod"])),
        .target(name: "KernelsI8mm", dependencies: ["CKernels", "CIntrinsics", "KernelsArmCommon"],
                swiftSettings: instructions("aarch64", ["-march=armv8-a+dotprod+i8mm"])),
        .target(name: "KernelsX86Common", dependencies: ["CKernels", "KernelFormats"], swiftSettings: instructions("x86_64", [])),
        .target(name: "KernelsAVX2", dependencies: ["CKernels", "CIntrinsics", "KernelFormats", "KernelsX86Common"],
                swiftSettings: instructions("x86_64", ["-mavx2", "-mfma", "-mf16c"])),
        .target(name: "KernelsVNNI", dependencies: ["CKernels", "CIntrinsics", "KernelFormats", "KernelsX86Common"],
                swiftSettings: instructions("x86_64", ["-mavx2", "-mfma", "-mf16c", "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl",
                                                       "-mavx512vnni"])),
        .target(name: "Kernels", dependencies: ["Platform", "CKernels", "KernelFormats", "KernelsVector", "KernelsNeon", "KernelsDotprod",
                                                "KernelsI8mm", "KernelsAVX2", "KernelsVNNI", "CLinux"],
                swiftSettings: [.unsafeFlags(["-Ounchecked"])] + testable + invariants),

        .target(name: "Engine", dependencies: ["Platform", "Nest", "Kernels", "CKernels", "CLinux"], swiftSettings: testable + invariants),
        .target(name: "Vision", dependencies: ["Platform", "Engine", "CImage", "CLinux", "Nest"], swiftSettings: testable),
        .target(name: "Pose", dependencies: ["Platform", "CLinux"]),
        .target(name: "Tokenizer", dependencies: ["Platform", "Nest"], swiftSettings: small),
        .target(name: "Language", dependencies: ["Platform", "CLinux", "Nest", "Engine", "Tokenizer"], swiftSettings: testable),

        .target(name: "Hearing", dependencies: ["Platform", "CLinux", "Nest", "Engine", "Tokenizer"], swiftSettings: testable),

        // The board as protocols and values; then Linux's interfaces and the board libraries behind it, the drivers before
        // it, and the same board simulated.
        .target(name: "Board", dependencies: ["Platform"], swiftSettings: small),
        .target(name: "CBoard", dependencies: ["CLinux"], linkerSettings: ["gpiod", "i2c"].map { .linkedLibrary($0) }),
        .target(name: "BoardLinux", dependencies: ["Board", "Platform", "CLinux", "CBoard"], swiftSettings: small),
        .target(name: "Sensors", dependencies: ["Board", "Platform"], swiftSettings: small),
        // Pose for its reader of motion logs, Sensors for the list of chips alone.
        .target(name: "VirtualBoard", dependencies: ["Platform", "CLinux", "Board", "Sensors", "Pose"], swiftSettings: small),

        // A publisher's half of MQTT 3.1.1; CConsole for its event descriptors.
        .target(name: "MQTT", dependencies: ["Platform", "CLinux", "CConsole", "CNetwork"], swiftSettings: small),

        // Terminals; the configuration's parser (libinih-dev).
        .target(name: "CConsole", dependencies: ["CLinux"]),
        .target(name: "CConfiguration", linkerSettings: [.linkedLibrary("inih")]),

        // The firmware, below commands: each imports what stands above it here, never what stands below.
        .target(name: "ModelRuntime", dependencies: ["Platform", "Nest", "Kernels", "Engine", "Language", "Pose", "CLinux"],
                swiftSettings: small),
        .target(name: "Configuration", dependencies: ["Platform", "Board", "Sensors", "CConfiguration"], swiftSettings: small),
        .target(name: "Device", dependencies: ["Platform", "Board", "BoardLinux", "Sensors", "VirtualBoard", "Pose", "Configuration",
                                               "CConsole", "CLinux"], swiftSettings: small),
        // Cameras, models on their frames, rules.
        .target(name: "Tasks", dependencies: ["Platform", "CLinux", "CConsole", "Board", "Sensors", "VirtualBoard", "Configuration",
                                              "Nest", "Engine", "Vision", "Pose", "Hearing", "ModelRuntime", "Device"],
                swiftSettings: small),
        .target(name: "Console", dependencies: ["Platform", "Configuration", "Device", "CConsole", "CLinux"], swiftSettings: small),
        .target(name: "Commands", dependencies: [
            "Platform", "Nest", "Kernels", "Engine", "Vision", "Pose", "Language", "Hearing", "Board", "BoardLinux", "Sensors",
                "ModelRuntime", "Configuration", "Device", "Tasks", "Console",
                "MQTT",
            "CConsole", "CLinux"], swiftSettings: small),
        .executableTarget(name: "swiftlet", dependencies: ["Commands"], swiftSettings: [.unsafeFlags(["-parse-as-library", "-Osize"])]),

        .target(name: "ModelCompiler", dependencies: ["Nest", "Engine", "Kernels", "Platform", "Vision", "Tokenizer"],
                swiftSettings: testable),
        .executableTarget(name: "nestc", dependencies: ["Engine", "Kernels", "Nest", "Platform", "ModelCompiler",
                                                        .product(name: "ArgumentParser", package: "swift-argument-parser")]),

        // The rig: simulated chips behind a real kernel in QEMU. Ordinary Swift, for the laptop.
        .target(name: "Rig", dependencies: ["VirtualBoard", "Board", "Sensors", "Platform", "CLinux"], swiftSettings: testable),
        .executableTarget(name: "virtual-board", dependencies: ["VirtualBoard", "ModelRuntime", "Platform", "Rig",
                                                                .product(name: "ArgumentParser", package: "swift-argument-parser")],
                          swiftSettings: [.unsafeFlags(["-parse-as-library"])]),

        // What fuzzers and tests do with a file; in no product.
        .target(name: "FuzzTargets", dependencies: ["Engine", "Kernels", "Language", "Nest", "Platform"], path: "Tests/FuzzTargets"),

        // What tests of several modules need.
        .target(name: "TestSupport", dependencies: ["Platform"], path: "Tests/Support"),
        .testTarget(name: "KernelsTests", dependencies: ["Kernels", "CKernels"]),
        .testTarget(name: "EngineTests", dependencies: ["Engine", "Nest", "FuzzTargets", "CLinux", "TestSupport", "Kernels", "Platform"]),
        .testTarget(name: "ModelCompilerTests", dependencies: ["ModelCompiler", "Engine", "Nest", "Vision", "FuzzTargets", "TestSupport",
                                                               "CLinux", "Kernels", "Platform"]),
        .testTarget(name: "VisionTests", dependencies: ["Vision", "TestSupport", "Platform"]),
        .testTarget(name: "PoseTests", dependencies: ["Pose", "Platform"]),
        .testTarget(name: "TokenizerTests", dependencies: ["Tokenizer", "ModelCompiler", "Platform", "TestSupport"]),
        .testTarget(name: "LanguageTests", dependencies: ["Language", "CLinux", "Platform"]),
        .testTarget(name: "HearingTests", dependencies: ["Hearing", "Platform", "TestSupport"]),
        .testTarget(name: "BoardTests", dependencies: ["Board", "BoardLinux", "Sensors", "VirtualBoard", "Platform", "TestSupport",
                                                       "CLinux", "CBoard"]),
        .testTarget(name: "PlatformTests", dependencies: ["Platform"]),
        .testTarget(name: "MQTTTests", dependencies: ["MQTT", "Platform", "TestSupport"]),
        .testTarget(name: "ConfigurationTests", dependencies: ["Configuration", "Board", "Platform"]),
        .testTarget(name: "ModelRuntimeTests", dependencies: ["ModelRuntime", "VirtualBoard", "Engine", "Kernels", "Platform",
                                                               "TestSupport"]),
        .testTarget(name: "TasksTests", dependencies: ["Tasks", "Hearing", "Vision", "Engine", "Kernels", "Sensors", "Platform",
                                                       "TestSupport"]),
        .testTarget(name: "ConsoleTests", dependencies: ["Console", "Device", "Platform", "CConsole"]),
        .testTarget(name: "CommandsTests", dependencies: [
            "Commands", "Console", "Device", "Configuration", "ModelRuntime", "VirtualBoard", "Pose", "Sensors", "Board", "Platform",
                "CConsole", "TestSupport"]),
        .testTarget(name: "HardwareTests", dependencies: ["Rig", "Hearing", "Sensors", "VirtualBoard", "Platform", "TestSupport"]),
    ],
    swiftLanguageModes: [.v5]
)

// Only for fuzzing (Tests/fuzz/run.sh): libFuzzer brings its own `main`, so no ordinary build can have this.
if Context.environment["SWIFTLET_FUZZ"] != nil {
    package.targets.append(.executableTarget(name: "fuzz", dependencies: ["ModelCompiler", "FuzzTargets", "Language", "Tokenizer", "Nest",
                                                                          "Platform"], path: "Tests/fuzz",
                                             exclude: ["run.sh", "seeds.py"], sources: ["Fuzz.swift"],
                                             swiftSettings: [.unsafeFlags(["-parse-as-library"])],
                                             linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]))
    package.products.append(.executable(name: "fuzz", targets: ["fuzz"]))
}

// Only for tools/test/thread-sanitizer.sh: what threads share, at work without a test framework around it.
if Context.environment["SWIFTLET_THREADS"] != nil {
    package.targets.append(.executableTarget(name: "threads",
        dependencies: ["Commands", "Configuration", "Console", "Device", "VirtualBoard", "Board", "Engine", "Platform", "CConsole",
                       "CLinux"],
                                             path: "Tests/threads", swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
    package.products.append(.executable(name: "threads", targets: ["threads"]))
}
