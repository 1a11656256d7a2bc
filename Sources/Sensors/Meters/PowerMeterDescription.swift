/// All that the driver knows of a power monitor, as data. Registers are read with the most significant byte first.
struct PowerMeterDescription {
    /// A register that tells the chip, how many bytes it has, and what they hold.
    struct Identity {
        var register: UInt8
        var bytes: Int
        var value: UInt16
    }

    var name: String
    var addresses: ClosedRange<UInt8>
    var identities: [Identity]
    var channels: Int
    var readout: PowerMeterReadout
}

/// How a chip hands over what it measured.
enum PowerMeterReadout {
    /// The mean of a conversion, in a voltage register each for shunt and rail.
    case conversions(ConversionRegisters)
    /// Sums of all samples since the last request.
    case accumulators(AccumulatorRegisters)
}

/// A chip of the INA family: registers of 16 bits. Current is taken from the shunt's voltage: it has the converter's full
/// resolution and needs nothing that the chip would have to be told of the shunt.
struct ConversionRegisters {
    /// Configuration bits of one averaging, and for how long a shunt's and a rail's conversions take together, one channel.
    struct Averaging {
        var bits: UInt16
        var windowMicroseconds: Int64
    }

    static let configuration: UInt8 = 0x00
    static let resetBit: UInt16 = 0x8000
    /// What the configuration holds after a reset, for a chip that tells in no other way who it is; 0: not looked at.
    var resetValue: UInt16 = 0
    /// Continuous conversions, and ranges.
    var mode: UInt16
    /// The bit of channel 0 in the configuration, the next ones below; 0 where there is one channel.
    var channelBit: UInt16 = 0
    var averagings: [Averaging]
    /// Where the flag of a finished conversion stands.
    var readyRegister: UInt8, readyMask: UInt16
    /// A register whose reading clears the flag; nil: reading the flag does.
    var clearRegister: UInt8?
    /// Of channel 0; the next channel's are two further.
    var shuntRegister: UInt8, busRegister: UInt8
    /// Volts in one count, of values as they stand in the register.
    var shuntVoltsPerCount: Float, busVoltsPerCount: Float
    /// Shifted out of the rail's register before it is a count.
    var busShift: UInt16 = 0
    /// The largest and smallest shunt value: what is measured there may be more.
    var shuntLimit: Int32
}

/// A chip that adds up the power of its samples by itself.
struct AccumulatorRegisters {
    /// A command without data: what was measured until now becomes readable, and counting starts anew.
    var refresh: UInt8
    /// How long the chip takes for that.
    var settleMicroseconds: Int64
    var countRegister: UInt8, countBytes: Int
    /// Of channel 0; the next channel's is one further, likewise below.
    var powerSumRegister: UInt8, powerSumBytes: Int
    var busRegister: UInt8, senseRegister: UInt8
    /// Where the flag of an overflown sum stands.
    var controlRegister: UInt8, overflowMask: UInt8
    /// Both signed, of 16 bits.
    var busVoltsPerCount: Float, senseVoltsPerCount: Float
    /// Volts at the rail times volts at the shunt, of one count of a power sum.
    var squareVoltsPerCount: Double
    /// What is written at the start and compared afterwards.
    var settings: [RegisterWrite]
    /// The register that switches channels off, and the bit of channel 0, the next ones below.
    var disableRegister: UInt8, disableBit: UInt8
}

extension ConversionRegisters {
    /// Every pair of averages and conversion times of the INA226 and INA3221, both voltages converted for the same time.
    static var averagingsOf226: [Averaging] {
        let averages: [Int64] = [1, 4, 16, 64, 128, 256, 512, 1024]
        let microseconds: [Int64] = [140, 204, 332, 588, 1100, 2116, 4156, 8244]
        var all: [Averaging] = []
        for (count, average) in averages.enumerated() {
            for (code, time) in microseconds.enumerated() {
                all.append(Averaging(bits: UInt16(count << 9 | code << 6 | code << 3), windowMicroseconds: 2 * time * average))
            }
        }
        return all
    }

    /// The longest averaging that ends within a period; the shortest where none does.
    func averaging(within microseconds: Int64, channels: Int64) -> Averaging {
        var best = averagings[0]
        for each in averagings {
            let window = each.windowMicroseconds * channels, known = best.windowMicroseconds * channels
            let isBetter = window <= microseconds ? known > microseconds || window > known : window < known
            if isBetter { best = each }
        }
        return Averaging(bits: best.bits, windowMicroseconds: best.windowMicroseconds * channels)
    }
}
