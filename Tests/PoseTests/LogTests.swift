import Foundation
import Platform
import Pose
import Testing

private func temporary(_ bytes: [UInt8]) throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("pose-log-\(UUID().uuidString)").path
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
}

private func failure(_ bytes: [UInt8], reference: [String]? = nil) throws -> String? {
    let path = try temporary(bytes)
    defer { try? FileManager.default.removeItem(atPath: path) }
    do {
        _ = try rows(path, reference: reference)
        return nil
    } catch let failure as Failure {
        #expect(!failure.description.contains("\n"))
        #expect(failure.description.utf8.count < 400)
        return failure.description
    }
}

private let header = "time_ms,acc_x_g,acc_y_g,acc_z_g,gyr_x_deg/s,gyr_y_deg/s,gyr_z_deg/s,mag_x_mG,mag_y_mG,mag_z_mG,note\n"

struct LogTests {
    @Test func readsUnitsAndColumnsInAnyOrder() throws {
        let path = try temporary(Array((header + "# comment\r\n\r\n10, 1,0 "
                                        + ",-0.5,180,-90,1e1,100,2.5E+2,-1e-1,ignored\n20,,nan,0,1,2,3,4,5,6,\n").utf8))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let all = try rows(path, reference: nil)
        #expect(all.count == 2)
        #expect(all[0].timeSeconds == 0.01)
        #expect(all[0].accelerometer == SIMD3(9.80665, 0, -4.903325))
        #expect(abs(all[0].gyroscope.x - .pi) < 1e-6 && abs(all[0].gyroscope.z - .pi / 18) < 1e-6)
        #expect(all[0].magnetometer == SIMD3(10, 25, -0.01))
        #expect(all[1].accelerometer.x.isNaN && all[1].accelerometer.y.isNaN && all[1].accelerometer.z == 0)
    }

    @Test(arguments: ["0", "-0", "1", "12.5", "-3.25e2", "1e-7", "123456789.123456789", "0.000001", "4.9e-324", "1e308", "9007199254740993",
                      "00012", ".5", "5."])
    func decimalsEqualTheStandardLibrarys(text: String) throws {
        let bytes = Array(text.utf8)
        let value = try #require(bytes.withUnsafeBytes { DecimalParser.parse($0) })
        let expected = try #require(strtod(text, nil))
        #expect(abs(value - expected) <= abs(expected) * 4e-16 || abs(value - expected) < 1e-300)
    }

    @Test(arguments: ["abc", "1.2.3", "1e", "--1", "1e5x", ".", "+", "0x10", "1 2", "e5"]) func otherTextIsNoNumber(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { DecimalParser.parse($0) } == nil)
    }

    @Test func hostileTextGivesOneLine() throws {
        let good = header + "1,1,2,3,4,5,6,7,8,9,\n"
        #expect(try failure(Array(good.utf8)) == nil)
        let bad: [(String, String)] = [
            ("\n\n\n", "no header"),
            ("a,b,c\n1,2,3\n", "needs acc_x"),
            ("acc_x,acc_y,acc_z\n", "needs a unit"),
            ("acc_x_m/s2,acc_x_g\n", "appears twice"),
            ("acc_x_g,acc_y_g,acc_z_g\n1,2,3\n", "needs gyr_x"),
            (header + "1,2\n", "has 2 fields"),
            (header + "1,1,2,3,4,5,6,7,8,9,,,\n", "more fields"),
            (header + "1,1,2,x,4,5,6,7,8,9,\n", "field 4 is not a number"),
            (String(repeating: "a", count: 20_000), "longer than"),
            (String(repeating: ",", count: 5_000), "columns"),
            (String(repeating: "\u{0}", count: 3_000), "needs acc_x"),
        ]
        for (text, expected) in bad {
            let message = try failure(Array(text.utf8))
            #expect(message?.contains(expected) == true, "\(message ?? "accepted"): wanted \(expected)")
        }
        #expect(try failure(Array(good.utf8), reference: ["nothing"])?.contains("no column nothing_w") == true)
        #expect(try failure(Array(good.utf8), reference: ["acc_x_g", "b", "c", "d"])?.contains("can't be a reference") == true)
    }

    @Test func hostileArraysGiveOneLine() throws {
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: golden("motion.npy"))))
        for length in [0, 5, 6, 9, 10, 11, 40, 127, 128, 129, 5_000, whole.count - 1] {
            #expect(try failure(Array(whole.prefix(length))) != nil, "\(length) bytes accepted")
        }
        #expect(try failure(whole + [0]) != nil)
        func replaced(_ old: String, _ new: String) -> [UInt8] {
            var bytes = whole
            let from = Array(old.utf8), to = Array(new.utf8)
            for start in 0..<128 where Array(bytes[start..<start + from.count]) == from {
                bytes.replaceSubrange(start..<start + from.count, with: to)
                break
            }
            return bytes
        }
        #expect(try failure(replaced("<f4", ">f4"))?.contains("little-endian") == true)
        #expect(try failure(replaced("<f4", "|O8")) != nil)
        #expect(try failure(replaced("(3200, 14)", "(9223372036854775807, 14)")) != nil)
        #expect(try failure(replaced("(3200, 14)", "(-200, 14)")) != nil)
        #expect(try failure(replaced("(3200, 14)", "(3200, 15)")) != nil)
        #expect(try failure(replaced("(3200, 14)", "(32, 1, 4)")) != nil)
        #expect(try failure(replaced("(3200, 14)", "(44800,   ")) != nil)
        #expect(try failure(replaced("False", "Maybe")) != nil)
    }

    @Test func columnMajorAndDoubleArraysReadTheSame() throws {
        let expected = try rows(golden("motion.npy")).prefix(10)
        let plain = try matrix(golden("motion.npy"), columns: 14).prefix(10)
        for (type, columnMajor) in [("<f4", true), ("<f8", false), ("<f8", true)] {
            var text = "{'descr': '\(type)', 'fortran_order': \(columnMajor ? "True" : "False"), 'shape': (10, 14), }"
            text += String(repeating: " ", count: 117 - text.utf8.count) + "\n"
            var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(text.utf8)
            for index in 0..<140 {
                let value = columnMajor ? plain[index % 10][index / 10] : plain[index / 14][index % 14]
                if type == "<f4" { withUnsafeBytes(of: value) { bytes += $0 } } else { withUnsafeBytes(of: Double(value)) { bytes += $0 } }
            }
            let path = try temporary(bytes)
            defer { try? FileManager.default.removeItem(atPath: path) }
            let read = try rows(path)
            #expect(read.count == 10)
            for (a, b) in zip(read, expected) {
                #expect(a.gyroscope == b.gyroscope && a.magnetometer == b.magnetometer && a.reference == b.reference)
            }
        }
    }
}
