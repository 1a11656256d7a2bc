import Platform

/// Collects a log's course, whatever its length, in a fixed number of points, and draws it as SVG: angles, error, bias
/// and flags over time.
public struct PosePlot {
    private struct Point {
        /// Since the first sample.
        var time: Double
        var angles: SIMD3<Float>
        var total: Float
        var inclination: Float
        var bias: SIMD3<Float>
        var isResting: Bool
        var isDisturbed: Bool
    }

    private static let capacity = 2400
    private var points: [Point] = []
    private var stride = 1
    private var waiting = 0
    private var pending: Point?
    private var clock = PlotClock()
    private let hasReference: Bool
    private let title: String

    /// `hasReference`: whether there is a panel for the errors.
    public init(title: String, hasReference: Bool) {
        self.title = title
        self.hasReference = hasReference
        points.reserveCapacity(Self.capacity)
    }

    /// One sample, at a time of any clock. Bias in rad/s; errors in degrees, NaN where there are none.
    public mutating func add(time: Double, attitude: Attitude, totalError: Float, inclinationError: Float,
                             bias: SIMD3<Float>, isResting: Bool, isDisturbed: Bool) {
        let point = Point(time: clock.elapsed(at: time), angles: attitude.eulerDegrees, total: totalError, inclination: inclinationError,
                          bias: bias / FastMath.degree, isResting: isResting, isDisturbed: isDisturbed)
        pending = pending.map { Self.merged($0, point) } ?? point
        waiting += 1
        guard waiting >= stride else { return }
        waiting = 0
        if points.count == Self.capacity { halve() }
        if let pending { points.append(pending) }
        pending = nil
    }

    /// The newer point, with the worst error and every flag of both.
    private static func merged(_ a: Point, _ b: Point) -> Point {
        var point = b
        point.total = larger(a.total, b.total)
        point.inclination = larger(a.inclination, b.inclination)
        point.isResting = a.isResting && b.isResting
        point.isDisturbed = a.isDisturbed || b.isDisturbed
        return point
    }

    private static func larger(_ a: Float, _ b: Float) -> Float { a.isNaN ? b : b.isNaN ? a : max(a, b) }

    private mutating func halve() {
        for index in 0..<Self.capacity / 2 { points[index] = Self.merged(points[2 * index], points[2 * index + 1]) }
        points.removeLast(Self.capacity / 2)
        stride *= 2
    }

    /// The whole picture as an SVG document: attitude (degrees), errors (degrees), bias (°/s), bands for the flags.
    public var svg: String {
        var panels: [PlotPanel] = [
            PlotPanel(title: "Attitude", unit: "°", series: [
                ("roll", "#0b6e99", points.map { $0.angles.x }), ("pitch", "#c1440e", points.map { $0.angles.y }),
                ("yaw", "#5b7f2b", points.map { $0.angles.z }),
            ], height: 190, wrapsAt: 180, startsAtZero: false),
        ]
        if hasReference {
            panels.append(PlotPanel(title: "Error against reference", unit: "°", series: [
                ("total", "#7a4fa3", points.map { $0.total }), ("inclination", "#d08c00", points.map { $0.inclination }),
            ], height: 150, wrapsAt: .infinity, startsAtZero: true))
        }
        panels.append(PlotPanel(title: "Gyroscope bias", unit: "°/s", series: [
            ("x", "#0b6e99", points.map { $0.bias.x }), ("y", "#c1440e", points.map { $0.bias.y }),
                ("z", "#5b7f2b", points.map { $0.bias.z }),
        ], height: 130, wrapsAt: .infinity, startsAtZero: false))
        return PlotPage(title: title, times: points.map { $0.time }, panels: panels, bands: [
            (name: "resting", colour: "#4a90a4", values: points.map { $0.isResting }),
            (name: "field disturbed", colour: "#c0392b", values: points.map { $0.isDisturbed }),
        ]).svg
    }
}

/// A log's times as seconds since its first sample. A clock that was set doesn't move the pen.
private struct PlotClock {
    private var last: Double?
    private var total = 0.0
    /// No recording stands still for longer and goes on, seconds.
    private static let longestPause = 86_400.0

    mutating func elapsed(at time: Double) -> Double {
        guard time.isFinite else { return total }
        if let last, time > last, time - last < Self.longestPause { total += time - last }
        last = time
        return total
    }
}

extension Quaternion where Scalar == Float {
    /// Roll about x, pitch about y, yaw about z (z-y'-x''), degrees.
    public var eulerDegrees: SIMD3<Float> {
        let roll = FastMath.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
        let sine = min(max(2 * (w * y - z * x), -1), 1)
        let pitch = FastMath.atan2(sine, max(0, 1 - sine * sine).squareRoot())
        let yaw = FastMath.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        return SIMD3(roll, pitch, yaw) / FastMath.degree
    }
}
