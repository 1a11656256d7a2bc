import Board

/// What is on a simulated board and how it is wired: enough to configure a firmware for all of it.
public struct BoardLayout: Sendable {
    /// A motion sensor on one of the buses.
    public struct Sensor: Sendable {
        public var name: String
        /// As its maker writes it: "MPU-9250".
        public var chip: String
        public var bus: String
        public var address: UInt8
        /// The line that its interrupt pin is wired to.
        public var line: String
        /// The rate nearest to 200 samples a second that it has.
        public var rateHertz: Float
        /// In its package.
        public var hasMagnetometer: Bool
    }

    /// A power monitor on one of the buses.
    public struct Meter: Sendable {
        public var name: String
        /// As its maker writes it: "INA226".
        public var chip: String
        public var bus: String
        public var address: UInt8
        public var shuntOhms: Float
    }

    /// A GPIO line with something on it: a button, a lamp.
    public struct Line: Sendable {
        public var name: String
        /// With what the thing on the line needs: bias, polarity, time to settle.
        public var request: LineRequest

        init(_ name: String, _ line: String, edges: LineEdges = .none, bias: LineBias = .asIs, isActiveLow: Bool = false,
             debounceMicroseconds: UInt32 = 0) {
            self.name = name
            request = LineRequest(line: line)
            request.edges = edges
            request.bias = bias
            request.isActiveLow = isActiveLow
            request.debounceMicroseconds = debounceMicroseconds
        }
    }

    public var sensors: [Sensor] = []
    public var meters: [Meter] = []
    public var inputs: [Line] = []
    public var outputs: [Line] = []
    public var hasMicrophone = false
}
