/// What a column of a motion model's window is of: three axes each of acceleration (m/s²), angular rate (rad/s) and magnetic field
/// (µT), in this order in a row of `MotionWindow`.
enum MotionColumn {
    static let count = 9

    /// The place of a column in a row, by the names that logs and data sets use: acc_x, x_acc, accelerometer_x, ax, gyr_x, gyro_z,
    /// wx, mag_y, mx; nil where it is something else.
    static func place(_ name: String) -> Int? {
        let text = lowercase(name)
        for (quantity, words) in names.enumerated() {
            for (axis, letter) in ["x", "y", "z"].enumerated() {
                for word in words where text == word + letter || text == word + "_" + letter || text == letter + "_" + word {
                    return quantity * 3 + axis
                }
            }
        }
        return nil
    }

    private static let names = [["acc", "accel", "accelerometer", "acceleration", "a"], ["gyr", "gyro", "gyroscope", "w", "g"],
                                ["mag", "magn", "magnetometer", "m"]]

    private static func lowercase(_ name: String) -> String {
        var bytes: [UInt8] = []
        for byte in name.utf8 { bytes.append(byte >= 65 && byte <= 90 ? byte + 32 : byte) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
