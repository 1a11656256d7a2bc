/// A configuration rounded to what a chip has, and the writes that set it up.
struct SensorProgram {
    var writes: [RegisterWrite] = []
    var rateHertz: Float
    var accelerationRangeG: Float
    var angularRangeDegreesPerSecond: Float
    /// m/s² and rad/s in one count.
    var accelerationScale: Float
    var angularScale: Float
    var samplesPerBurst: Int

    init(_ chip: InertialChipDescription, _ configuration: SensorConfiguration, hasLine: Bool, bypass: Bool) {
        let acceleration = Self.range(chip.accelerationRanges, configuration.accelerationRangeG)
        let angular = Self.range(chip.angularRanges, configuration.angularRangeDegreesPerSecond)
        let rate = Self.rate(chip.rates, configuration.rateHertz)
        let bandwidth = configuration.bandwidthHertz > 0 ? configuration.bandwidthHertz : rate.hertz / 2
        rateHertz = rate.hertz
        accelerationRangeG = acceleration.limit
        angularRangeDegreesPerSecond = angular.limit
        accelerationScale = standardGravity / acceleration.counts
        angularScale = Float.pi / 180 / angular.counts
        let capacity = chip.fifo.capacityBytes / chip.fifo.bytesPerSample
        let wanted = configuration.samplesPerBurst > 0 ? configuration.samplesPerBurst : Int(rate.hertz * 0.02)
        samplesPerBurst = min(max(1, wanted), max(1, capacity / 3))
        let watermark = samplesPerBurst * chip.fifo.watermarkUnitsPerSample
        for setting in chip.settings {
            var value = setting.value
            for (field, shift) in setting.fields {
                let bits: UInt8 = switch field {
                case .accelerationRange: acceleration.code
                case .angularRange: angular.code
                case .rate: UInt8(truncatingIfNeeded: rate.code)
                case .rateHigh: UInt8(truncatingIfNeeded: rate.code >> 8)
                case .accelerationBandwidth: Self.bandwidth(chip.accelerationBandwidths, bandwidth)
                case .angularBandwidth: Self.bandwidth(chip.angularBandwidths, bandwidth)
                case .watermarkLow: UInt8(truncatingIfNeeded: watermark)
                case .watermarkHigh: UInt8(truncatingIfNeeded: watermark >> 8)
                case .interrupt: hasLine ? 1 : 0
                case .activeLow: configuration.isInterruptActiveLow ? 1 : 0
                case .activeHigh: configuration.isInterruptActiveLow ? 0 : 1
                case .bypass: bypass ? 1 : 0
                }
                value |= bits << shift
            }
            writes.append(RegisterWrite(setting, value: value))
        }
    }

    /// The smallest range that holds the limit; the largest where none does.
    private static func range(_ ranges: [InertialChipDescription.Range], _ limit: Float) -> InertialChipDescription.Range {
        for range in ranges where range.limit >= limit * 0.999 { return range }
        return ranges[ranges.count - 1]
    }

    /// The rate nearest to the wanted one.
    private static func rate(_ rates: InertialChipDescription.Rates, _ wanted: Float) -> (hertz: Float, code: Int) {
        switch rates {
        case .divided(let base, let maximum):
            let divider = min(max(Int((base / max(wanted, 1)).rounded()) - 1, 0), maximum)
            return (base / Float(divider + 1), divider)
        case .table(let table):
            var best = table[0]
            for row in table where (row.hertz - wanted).magnitude < (best.hertz - wanted).magnitude { best = row }
            return (best.hertz, Int(best.code))
        }
    }

    /// The widest filter within the limit; the narrowest where none is.
    private static func bandwidth(_ bandwidths: [InertialChipDescription.Bandwidth], _ limit: Float) -> UInt8 {
        guard var best = bandwidths.first else { return 0 }
        for row in bandwidths where row.hertz <= limit { best = row }
        return best.code
    }
}

/// m/s²
let standardGravity: Float = 9.80665
