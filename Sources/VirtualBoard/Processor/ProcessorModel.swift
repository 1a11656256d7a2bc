import CLinux

/// A simulated processor: four cores on one clock with a voltage for each frequency, power of computing, waiting and idling,
/// and one temperature. The numbers are a Raspberry Pi 4's as far as they are published (see `raspberryPi4`).
public struct ProcessorModel: Sendable {
    /// A frequency and its voltage.
    public struct Point: Sendable {
        public var hertz, volts: Double
    }

    public var points: [Point]
    public var cores = 4.0
    /// Farads that one core switches a cycle while it computes; shares of it while it waits for memory and while it idles.
    public var capacitance: Double
    public var waitingShare: Double, idleShare: Double
    /// Watts of leakage at 25 °C and 1 V, of the whole chip, and the degrees in which it grows e-fold.
    public var leakageWatts: Double, leakageDegrees: Double
    /// Kelvin a watt from chip to air, and joules a kelvin.
    public var thermalResistance: Double, thermalCapacity: Double
    /// Where the kernel takes a frequency away every tenth of a second, and where it gives it back.
    public var throttleCelsius: Double, releaseCelsius: Double

    /// Idle 2.7 W and four cores at work 6.4 W of the whole board (Geerling, pidramble.com): 0.83 nF a core at 0.86 V and
    /// 1.5 GHz. The firmware throttles at 80 °C (Raspberry Pi documentation); without a heat sink it comes there within minutes of
    /// full load in a room (Raspberry Pi, Thermal testing, 2019), which 11 K/W and 9 J/K repeat. What a core takes while it
    /// waits for memory or idles, and the leakage, nobody published: 60 %, 5 % and 0.3 W are assumptions.
    public static let raspberryPi4 = ProcessorModel(
        points: (0...9).map { Point(hertz: 600e6 + Double($0) * 100e6, volts: 0.80 + Double($0) * 0.06 / 9) }, capacitance: 0.83e-9,
        waitingShare: 0.6, idleShare: 0.05, leakageWatts: 0.3, leakageDegrees: 40, thermalResistance: 11, thermalCapacity: 9,
        throttleCelsius: 80, releaseCelsius: 77)

    /// A chip whose voltage falls far with its frequency, as mobile ones do: from 1.1 V at 1.8 GHz to 0.65 V at 0.6 GHz; with a
    /// heat sink of 8 K/W. No published chip: it shows what voltage has to do with it.
    public static let wideVoltage: ProcessorModel = {
        var model = raspberryPi4
        model.thermalResistance = 8
        model.points = (0...6).map { Point(hertz: 600e6 + Double($0) * 200e6, volts: 0.65 + Double($0) * 0.45 / 6) }
        return model
    }()

    /// All cores computing, waiting or idling; without leakage.
    public func watts(_ index: Int, share: Double) -> Double {
        cores * capacitance * points[index].volts * points[index].volts * points[index].hertz * share
    }

    /// What flows through transistors that don't switch.
    public func leakage(_ index: Int, celsius: Double) -> Double {
        leakageWatts * points[index].volts * exp((celsius - 25) / leakageDegrees)
    }
}
