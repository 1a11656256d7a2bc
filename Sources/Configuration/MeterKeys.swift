import Platform
import Sensors

extension ConfigurationKey {
    /// Applies to the power monitor begun last.
    private static func meter(_ key: String, _ expected: String,
                              _ apply: @escaping (inout DeviceConfiguration.Meter, String) -> Bool) -> ConfigurationKey {
        ConfigurationKey("meter", key, expected) { configuration, value in
            apply(&configuration.meters[configuration.meters.count - 1], value)
        }
    }

    static let meters = [
        meter("bus", "an I2C bus such as i2c-1, or auto") { meter, value in
            meter.bus = value
            return !value.isEmpty
        },
        meter("chip", alternatives(["auto"] + PowerMeterChip.allCases.map { $0.configurationName })) { meter, value in
            meter.settings.chip = PowerMeterChip(named: value)
            return value == "auto" || meter.settings.chip != nil
        },
        meter("address", "auto, or an I2C address such as 0x40") { address($1, &$0.settings.address) },
        meter("shunt", "the resistor with its unit, from 0.1 mohm to 10 ohm, such as 0.01 ohm or 10 mohm") { meter, value in
            guard let ohms = resistance(value), ohms >= 0.0001, ohms <= 10 else { return false }
            meter.settings.shuntOhms = ohms
            return true
        },
        meter("channels", "numbers from 1 to \(PowerMeterConfiguration.maximumChannels), with commas between, such as 1,2,3") {
            meter, value in
            guard let mask = channelMask(value) else { return false }
            meter.settings.channelMask = mask
            return true
        },
        meter("rate", "readings a second, from 0.1 to 200") { number($1, 0.1...200, &$0.settings.rateHertz) },
    ]

    /// "0.01 ohm", "10 mohm", "10mohm"; nil where there is no unit or no number.
    private static func resistance(_ text: String) -> Float? {
        for (unit, factor) in [("mohm", Float(0.001)), ("ohm", 1)] where text.utf8.count > unit.utf8.count {
            let bytes = Array(text.utf8), start = bytes.count - unit.utf8.count
            guard bytes[start...].elementsEqual(unit.utf8) else { continue }
            return decimal(String(decoding: bytes[..<start], as: UTF8.self)).map { $0 * factor }
        }
        return nil
    }

    private static func channelMask(_ text: String) -> UInt8? {
        var mask: UInt8 = 0
        for part in split(text, at: ",") {
            let words = splitWords(part)
            guard words.count == 1, let number = integer(words[0], 1...PowerMeterConfiguration.maximumChannels) else { return nil }
            let bit = UInt8(1) << UInt8(number - 1)
            guard mask & bit == 0 else { return nil }
            mask |= bit
        }
        return mask == 0 ? nil : mask
    }
}
