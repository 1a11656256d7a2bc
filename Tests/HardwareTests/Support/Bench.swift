import Rig

enum Bench {
    static func make(memoryMegabytes: Int = 128) throws -> RigBench {
        try RigBench(image: try RigImage(folder: RigFiles.image), firmware: RigFiles.firmware, memoryMegabytes: memoryMegabytes)
    }
}

func length(_ v: SIMD3<Double>) -> Double { (v * v).sum().squareRoot() }
