import Platform
@testable import Sensors
import TestSupport
import Testing

@Suite struct CalibrationTests {
    private func sample(_ time: Double, _ acceleration: SIMD3<Double> = SIMD3(0, 0, 9.80665), _ rate: SIMD3<Double> = .zero,
                        field: SIMD3<Double>? = nil) -> InertialSample {
        InertialSample(timestampNanoseconds: Int64(time * 1e9), acceleration: SIMD3<Float>(acceleration), angularRate: SIMD3<Float>(rate),
                       magneticField: SIMD3<Float>(field ?? .zero), hasMagneticField: field != nil)
    }

    /// What a sensor shows for the truth: distorted, then offset.
    private func distorted(_ v: SIMD3<Double>, _ m: SymmetricMatrix3, _ offset: SIMD3<Double>) -> SIMD3<Double> { m.apply(v) + offset }

    @Test func biasAtRest() throws {
        var calibration = GyroscopeCalibration(), random = Random(1)
        let bias = SIMD3(0.011, -0.02, 0.005)
        for index in 0..<1000 where calibration.bias == nil {
            calibration.add(sample(Double(index) / 200, SIMD3(0, 0, 9.8) + random.noise(0.05), bias + random.noise(0.004)))
        }
        let found = try #require(calibration.bias)
        for axis in 0..<3 { #expect(abs(Double(found[axis]) - bias[axis]) < 0.0005) }
    }

    @Test func movementBeginsAnew() {
        var calibration = GyroscopeCalibration()
        for index in 0..<500 { calibration.add(sample(Double(index) / 200)) }
        #expect(calibration.progress > 0.8)
        calibration.add(sample(2.5, SIMD3(3, 0, 9), SIMD3(1, 0, 0)))
        #expect(calibration.progress < 0.1)
        // Slow turning is no rest either.
        for index in 0..<2000 {
            calibration.add(sample(3 + Double(index) / 200, SIMD3(0, 0, 9.8), SIMD3(0, 0, index % 100 < 50 ? 0.1 : -0.1)))
        }
        #expect(calibration.bias == nil)
    }

    /// Held still with each axis up and down, tilted by a few degrees as hands do.
    @Test(arguments: [0, 8])
    func sixPositions(further: Int) throws {
        let scale = further == 0 ? SymmetricMatrix3(xx: 1.02, yy: 0.97, zz: 1.01, xy: 0, xz: 0, yz: 0)
            : SymmetricMatrix3(xx: 1.02, yy: 0.97, zz: 1.01, xy: 0.01, xz: -0.008, yz: 0.006)
        let offset = SIMD3(0.3, -0.2, 0.5)
        var calibration = AccelerometerCalibration(), random = Random(1), time = 0.0
        var directions: [SIMD3<Double>] = []
        for axis in 0..<3 {
            for sign in [1.0, -1.0] {
                var direction = random.noise(0.05)
                direction[axis] = sign
                directions.append(direction / (direction * direction).sum().squareRoot())
            }
        }
        for _ in 0..<further { directions.append(random.direction()) }
        for (index, direction) in directions.enumerated() {
            if index == 5 {
                #expect(calibration.missing == [.zDown])
                var unfinished = SensorCalibration()
                let failure = #expect(throws: Failure.self) { try calibration.apply(to: &unfinished) }
                #expect(failure?.description.contains("z down") == true)
            }
            var taken = false
            for _ in 0..<400 where !taken {
                time += 0.005
                taken = calibration.add(sample(time, distorted(direction * 9.80665, scale, offset) + random.noise(0.03)))
            }
            #expect(taken)
        }
        #expect(calibration.isComplete)
        var result = SensorCalibration()
        try calibration.apply(to: &result)
        for axis in 0..<3 { #expect(abs(Double(result.accelerometerOffset[axis]) - offset[axis]) < 0.02) }
        for _ in 0..<100 {
            var corrected = sample(0, distorted(random.direction() * 9.80665, scale, offset))
            result.apply(to: &corrected)
            #expect(abs((corrected.acceleration * corrected.acceleration).sum().squareRoot() - 9.80665) < 0.03)
        }
    }

    @Test func hardAndSoftIron() throws {
        let iron = SymmetricMatrix3(xx: 1.15, yy: 0.9, zz: 1.0, xy: 0.08, xz: -0.05, yz: 0.03), offset = SIMD3(60.0, -35, 20)
        var calibration = MagnetometerCalibration(), random = Random(1)
        for index in 0..<600 {
            calibration.add(sample(Double(index) / 50, field: distorted(random.direction() * 48, iron, offset) + random.noise(0.5)))
        }
        #expect(calibration.coverage > 0.95)
        var result = SensorCalibration()
        let (field, residual) = try calibration.apply(to: &result)
        #expect(residual < 0.02)
        for axis in 0..<3 { #expect(abs(Double(result.magnetometerOffset[axis]) - offset[axis]) < 0.3) }
        for _ in 0..<100 {
            var corrected = sample(0, field: distorted(random.direction() * 48, iron, offset))
            result.apply(to: &corrected)
            #expect(abs((corrected.magneticField * corrected.magneticField).sum().squareRoot() - field) < 0.5)
        }
    }

    @Test func fieldsFromOneSideAreRefused() {
        var calibration = MagnetometerCalibration(), random = Random(1)
        for index in 0..<500 {
            var direction = random.direction()
            direction.z = direction.z.magnitude + 2
            calibration.add(sample(Double(index) / 50, field: direction * 20))
        }
        var result = SensorCalibration()
        #expect(throws: Failure.self) { try calibration.apply(to: &result) }
        #expect(result == SensorCalibration())
    }

    @Test func nonFiniteSamplesAreSurvived() {
        var gyroscope = GyroscopeCalibration(), accelerometer = AccelerometerCalibration(), magnetometer = MagnetometerCalibration()
        for value in [Double.nan, .infinity, -.infinity, 1e38] {
            for index in 0..<300 {
                let bad = sample(Double(index) / 100, SIMD3(value, 0, 0), SIMD3(0, value, 0), field: SIMD3(0, 0, value))
                gyroscope.add(bad)
                _ = accelerometer.add(bad)
                magnetometer.add(bad)
            }
        }
        #expect(accelerometer.positions == 0)
        var result = SensorCalibration()
        #expect(throws: Failure.self) { try magnetometer.apply(to: &result) }
    }

    // MARK: the file

    private var example: CalibrationFile {
        var file = CalibrationFile(), calibration = SensorCalibration()
        calibration.gyroscopeBias = SIMD3(0.0123, -0.5, 1e-6)
        calibration.magnetometerOffset = SIMD3(-60.25, 1000, 0)
        calibration.accelerometerMatrix.y = SIMD3(0.01, 0.98, -0.003)
        file["imu"] = calibration
        file["imu-2"] = SensorCalibration()
        return file
    }

    @Test func theFileComesBack() throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/calibration"
        try example.write(path)
        let back = try CalibrationFile.read(path)
        #expect(back.entries.count == 2)
        let (a, b) = (example["imu"], back["imu"])
        for axis in 0..<3 {
            #expect(abs(a.gyroscopeBias[axis] - b.gyroscopeBias[axis]) < 1e-9)
            #expect(abs(a.magnetometerOffset[axis] - b.magnetometerOffset[axis]) < 1e-6)
            #expect(abs(a.accelerometerMatrix.y[axis] - b.accelerometerMatrix.y[axis]) < 1e-7)
        }
        #expect(back["unknown"] == SensorCalibration())
        #expect(!File.exists(path + ".new"))
    }

    @Test func everyDamageIsNoticed() throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/calibration"
        try example.write(path)
        let whole = try File.read(path)
        for length in 0..<whole.count {
            #expect(throws: Failure.self) { _ = try CalibrationFile.parse(Array(whole[..<length]), path: path) }
        }
        for index in whole.indices {
            for bit in 0..<8 as Range<UInt8> {
                var bytes = whole
                bytes[index] ^= 1 << bit
                #expect(throws: Failure.self) { _ = try CalibrationFile.parse(bytes, path: path) }
            }
        }
        let failure = #expect(throws: Failure.self) { _ = try CalibrationFile.parse(Array(whole[..<100]), path: path) }
        #expect(failure?.kind == .badFormat && failure?.description.contains(path) == true)
        #expect(throws: Failure.self) { _ = try CalibrationFile.read(folder.path + "/none") }
    }

    @Test func namesThatWouldBreakTheFileAreRefused() throws {
        let folder = TemporaryFolder()
        for name in ["", "two words", "line\nbreak", String(repeating: "x", count: 65)] {
            var file = CalibrationFile()
            file[name] = SensorCalibration()
            #expect(throws: Failure.self) { try file.write(folder.path + "/calibration") }
        }
        #expect(!File.exists(folder.path + "/calibration"))
    }
}

extension Random {
    /// -1 up to, not including, 1.
    fileprivate mutating func signed() -> Double { uniform() * 2 - 1 }

    fileprivate mutating func direction() -> SIMD3<Double> {
        while true {
            let v = SIMD3(signed(), signed(), signed()), size = (v * v).sum()
            if size < 1, size > 0.01 { return v / size.squareRoot() }
        }
    }

    fileprivate mutating func noise(_ size: Double) -> SIMD3<Double> { SIMD3(signed(), signed(), signed()) * size }
}
