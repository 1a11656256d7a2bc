import Platform

/// One diagram of a page: lines over the page's times.
public struct PlotPanel {
    var title: String
    var unit: String
    var series: [(name: String, colour: String, values: [Float])]
    var height: Int
    /// A jump of more than this is a wrapped angle, not a line to draw.
    var wrapsAt: Float
    var startsAtZero: Bool
    /// Between two lines of the grid, at least: 1 for what is counted.
    var leastStep: Double

    /// - Parameters:
    ///   - series: a value for each of the page's times; where one isn't finite there is a gap.
    ///   - height: of the diagram, pixels.
    ///   - wrapsAt: infinite for everything but angles.
    ///   - leastStep: between two lines of the grid: 1 for what is counted.
    public init(title: String, unit: String, series: [(name: String, colour: String, values: [Float])], height: Int,
                wrapsAt: Float = .infinity, startsAtZero: Bool, leastStep: Double = 0) {
        self.title = title
        self.unit = unit
        self.series = series
        self.height = height
        self.wrapsAt = wrapsAt
        self.startsAtZero = startsAtZero
        self.leastStep = leastStep
    }
}

/// Diagrams over a common time axis, with bands for flags below, as SVG.
public struct PlotPage {
    var title: String
    /// Seconds from the first sample, ascending.
    var times: [Double]
    var panels: [PlotPanel]
    var bands: [(name: String, colour: String, values: [Bool])]
    /// Below the axis of times.
    var timeTitle = "time (s)"

    /// - Parameters:
    ///   - times: ascending, seconds.
    ///   - bands: a flag for each time.
    public init(title: String, times: [Double], panels: [PlotPanel], bands: [(name: String, colour: String, values: [Bool])] = [],
                timeTitle: String = "time (s)") {
        self.title = title
        self.times = times
        self.panels = panels
        self.bands = bands
        self.timeTitle = timeTitle
    }

    private let left = 74, right = 24, width = 1100, gap = 46

    /// The whole drawing.
    public var svg: String {
        var y = 74
        var body = ""
        for panel in panels {
            body += draw(panel, top: y)
            y += panel.height + gap
        }
        for band in bands {
            body += draw(band, top: y - 14)
            y += 28
        }
        body += timeAxis(bottom: y - 10)
        let height = y + 44
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
            font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#333">
            <rect width="\(width)" height="\(height)" fill="#fff"/>
            <text x="\(left)" y="34" font-size="19" font-weight="bold" fill="#111">\(escaped(title))</text>
            \(body)</svg>

            """
    }

    private var plotWidth: Int { width - left - right }
    private var start: Double { times.first ?? 0 }
    private var span: Double { max((times.last ?? 0) - start, 1e-3) }
    private func x(_ time: Double) -> Double { Double(left) + (time - start) / span * Double(plotWidth) }

    private func draw(_ panel: PlotPanel, top: Int) -> String {
        var low = Double.infinity, high = -Double.infinity
        for series in panel.series {
            for value in series.values where value.isFinite {
                low = min(low, Double(value))
                high = max(high, Double(value))
            }
        }
        if low > high { (low, high) = (0, 1) }
        if panel.startsAtZero { low = min(low, 0) }
        if panel.wrapsAt.isFinite { (low, high) = (-180, 180) }
        let step = panel.wrapsAt.isFinite ? 90 : max(panel.leastStep, Self.niceStep(max(high - low, 1e-3) / 4))
        low = (low / step).rounded(.down) * step
        high = max((high / step).rounded(.up) * step, low + step)
        func y(_ value: Double) -> Double { Double(top) + (high - value) / (high - low) * Double(panel.height) }

        var text = "<text x=\"\(left)\" y=\"\(top - 10)\" font-weight=\"bold\">\(escaped(panel.title)) (\(escaped(panel.unit)))</text>\n"
        var legend = width - right
        for series in panel.series.reversed() {
            legend -= 8 * series.name.utf8.count + 34
            text += "<line x1=\"\(legend)\" x2=\"\(legend + 18)\" y1=\"\(top - 14)\" y2=\"\(top - 14)\" stroke=\"\(series.colour)\" "
                + "stroke-width=\"3\"/>"
            text += "<text x=\"\(legend + 23)\" y=\"\(top - 10)\">\(escaped(series.name))</text>\n"
        }
        let decimals = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3
        for tick in Self.ticks(from: low, to: high + step * 0.01, step: step) {
            text += "<line x1=\"\(left)\" x2=\"\(width - right)\" y1=\"\(number(y(tick)))\" y2=\"\(number(y(tick)))\" "
                + "stroke=\"\(abs(tick) < step * 0.01 ? "#999" : "#e3e3e3")\"/>"
            text += "<text x=\"\(left - 8)\" y=\"\(number(y(tick) + 4))\" text-anchor=\"end\" "
                + "fill=\"#666\">\(fixed(tick, decimals: decimals))</text>\n"
        }
        for series in panel.series {
            text += "<path fill=\"none\" stroke=\"\(series.colour)\" stroke-width=\"1.3\" stroke-linejoin=\"round\" "
                + "stroke-linecap=\"round\" d=\""
            var isDown = false
            var previous: Float = 0
            for (time, value) in zip(times, series.values) {
                guard value.isFinite else {
                    isDown = false
                    continue
                }
                if isDown, abs(value - previous) > panel.wrapsAt { isDown = false }
                // A point between two gaps is one too: a line of no length with round ends.
                text += (isDown ? "L" : "M") + number(x(time)) + " " + number(y(Double(value))) + (isDown ? "" : "h0")
                isDown = true
                previous = value
            }
            text += "\"/>\n"
        }
        return text
    }

    private func draw(_ band: (name: String, colour: String, values: [Bool]), top: Int) -> String {
        var text = "<rect x=\"\(left)\" y=\"\(top)\" width=\"\(plotWidth)\" height=\"16\" fill=\"#f1f1f1\"/>\n"
        var from: Int?
        for index in 0...times.count {
            let isOn = index < times.count && band.values[index]
            if isOn, from == nil { from = index }
            if !isOn, let first = from {
                let begin = x(times[first]), end = x(times[min(index, times.count - 1)])
                text += "<rect x=\"\(number(begin))\" y=\"\(top)\" width=\"\(number(max(end - begin, 1)))\" height=\"16\" "
                    + "fill=\"\(band.colour)\"/>\n"
                from = nil
            }
        }
        // The label stands in white on a plate of its own, readable on either colour.
        let plate = 8 * band.name.utf8.count + 12
        return text + "<rect x=\"\(left + 4)\" y=\"\(top + 1)\" width=\"\(plate)\" height=\"14\" rx=\"3\" fill=\"#fff\" opacity=\"0.9\"/>"
            + "<text x=\"\(left + 10)\" y=\"\(top + 12)\" font-size=\"12\">\(escaped(band.name))</text>\n"
    }

    private func timeAxis(bottom: Int) -> String {
        let step = Self.niceStep(span / 8)
        let decimals = step >= 1 ? 0 : step >= 0.1 ? 1 : 3
        var text = ""
        for tick in Self.ticks(from: (start / step).rounded(.up) * step, to: start + span * 1.0001, step: step) {
            text += "<line x1=\"\(number(x(tick)))\" x2=\"\(number(x(tick)))\" y1=\"\(bottom - 6)\" y2=\"\(bottom)\" stroke=\"#999\"/>"
            text += "<text x=\"\(number(x(tick)))\" y=\"\(bottom + 17)\" text-anchor=\"middle\" "
                + "fill=\"#666\">\(fixed(tick, decimals: decimals))</text>\n"
        }
        return text + "<text x=\"\(left + plotWidth / 2)\" y=\"\(bottom + 38)\" text-anchor=\"middle\">\(escaped(timeTitle))</text>\n"
    }

    /// Counted, not added up: a sum may stand still where steps are small beside values.
    private static func ticks(from first: Double, to last: Double, step: Double) -> [Double] {
        var ticks: [Double] = []
        while ticks.count < mostTicks {
            let tick = first + Double(ticks.count) * step
            // NaN ends it too.
            guard tick <= last else { break }
            ticks.append(tick)
        }
        return ticks
    }

    private static let mostTicks = 32

    /// 1, 2 or 5 times a power of ten, at least the given step.
    private static func niceStep(_ raw: Double) -> Double {
        var power = 1.0
        while power < raw, power < 1e12 { power *= 10 }
        while power > raw, power > 1e-6 { power /= 10 }
        for factor in [1.0, 2, 5, 10] where power * factor >= raw { return power * factor }
        return power * 10
    }

    private func number(_ value: Double) -> String { fixed(value, decimals: 1) }
}

/// Text between the marks of SVG and HTML.
public func escaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case 38: bytes += Array("&amp;".utf8)
        case 60: bytes += Array("&lt;".utf8)
        case 62: bytes += Array("&gt;".utf8)
        case 0..<32, 127: bytes.append(63)
        default: bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
