/// Something the wearer did with the device.
public enum Gesture: UInt8, Sendable, CaseIterable {
    case tap, doubleTap, shake, pickUp, freeFall, still

    public var name: String {
        switch self {
        case .tap: return "tap"
        case .doubleTap: return "double-tap"
        case .shake: return "shake"
        case .pickUp: return "pick-up"
        case .freeFall: return "free-fall"
        case .still: return "still"
        }
    }
}

/// A set of gestures, without allocation.
public struct Gestures: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The set of this one gesture.
    public init(_ gesture: Gesture) { rawValue = 1 << gesture.rawValue }
    /// Whether it is in the set; saves the callers a set of one.
    public func contains(_ gesture: Gesture) -> Bool { rawValue & (1 << gesture.rawValue) != 0 }
}

/// From where on a movement is a gesture; the defaults suit a device in a hand.
public struct GestureThresholds: Sendable {
    /// Jump of acceleration within 8 ms that a finger's tap makes, m/s².
    public var tapAcceleration: Float = 12
    /// A tap's shock is over within this time; a longer one is a movement, seconds.
    public var tapSeconds: Float = 0.08
    /// The device hardly turns when tapped, rad/s.
    public var tapRate: Float = 2.5
    /// Two taps within this time are one double tap, seconds.
    public var doubleTapSeconds: Float = 0.4
    /// Acceleration, gravity removed, of a shake's strokes, m/s².
    public var shakeAcceleration: Float = 12
    /// Strokes in opposite directions within `shakeSeconds` that make a shake.
    public var shakeStrokes = 4
    public var shakeSeconds: Float = 1.2
    /// Departure from rest that counts as picked up: turned by this much, rad, or lifted this fast, m/s.
    public var pickUpAngle: Float = 0.35
    public var pickUpSpeed: Float = 0.25
    /// Within this time after rest, seconds.
    public var pickUpSeconds: Float = 1.5
    /// Specific force below this is free fall, m/s², after `freeFallSeconds` (0.12 s: 7 cm).
    public var freeFallAcceleration: Float = 2.5
    public var freeFallSeconds: Float = 0.12
    /// Rest that lasts this long is reported as still, seconds.
    public var stillSeconds: Float = 3
    /// Silence after an event of the same kind, seconds.
    public var holdSeconds: Float = 0.8

    public init() {}
}

/// Finds gestures in the filter's output. Fixed memory; one call a sample.
public struct GestureDetector: Sendable {
    public let thresholds: GestureThresholds
    private var mean = SIMD3<Float>()
    private var isStarted = false
    private var shockSeconds: Float = -1
    private var shockWasTurning = false
    private var sinceTap: Float = 100
    private var sinceShock: Float = 100
    private var strokeDirection = SIMD3<Float>()
    private var strokes = 0
    private var sinceStroke: Float = 100
    private var shakeTime: Float = 0
    private var sinceShake: Float = 100
    private var fallSeconds: Float = 0
    private var restSeconds: Float = 0
    private var restAttitude = Attitude.identity
    private var sinceRest: Float = 100
    private var speed: Float = 0
    private var isPickUpPossible = false

    public init(_ thresholds: GestureThresholds = GestureThresholds()) { self.thresholds = thresholds }

    /// Takes the filter after its update and the linear acceleration of the same sample (earth frame, m/s²).
    public mutating func update(_ filter: PoseFilter, linearAcceleration: SIMD3<Float>, interval: Float) -> Gestures {
        guard interval > 0, interval < 1 else { return [] }
        var found: Gestures = []
        let force = filter.specificForce
        if !isStarted {
            mean = force
            isStarted = true
        }
        taps(force, filter.rate, interval, &found)
        shakes(linearAcceleration, interval, &found)
        falls(force, interval, &found)
        rests(filter, linearAcceleration, interval, &found)
        return found
    }

    private mutating func taps(_ force: SIMD3<Float>, _ rate: SIMD3<Float>, _ interval: Float, _ found: inout Gestures) {
        sinceTap += interval
        sinceShock += interval
        let jump = squaredLength(force - mean)
        mean += (force - mean) * FastMath.gain(interval / 0.008)
        let isShock = jump > thresholds.tapAcceleration * thresholds.tapAcceleration
        if isShock {
            if shockSeconds < 0 {
                shockSeconds = 0
                shockWasTurning = sinceShock < 0.1
            }
            sinceShock = 0
        }
        guard shockSeconds >= 0 else { return }
        shockSeconds += interval
        if squaredLength(rate) > thresholds.tapRate * thresholds.tapRate { shockWasTurning = true }
        // The shock rings; it is over when nothing has jumped for 30 ms.
        guard sinceShock > 0.03 else { return }
        let lasted = shockSeconds - sinceShock
        if lasted <= thresholds.tapSeconds, !shockWasTurning, sinceShake > thresholds.holdSeconds {
            if sinceTap < thresholds.doubleTapSeconds {
                found.insert(Gestures(.doubleTap))
                sinceTap = 100
            } else {
                found.insert(Gestures(.tap))
                sinceTap = 0
            }
        }
        shockSeconds = -1
    }

    private mutating func shakes(_ linear: SIMD3<Float>, _ interval: Float, _ found: inout Gestures) {
        sinceShake += interval
        sinceStroke += interval
        shakeTime += interval
        if sinceStroke > 0.4 { strokes = 0 }
        let square = squaredLength(linear)
        guard square > thresholds.shakeAcceleration * thresholds.shakeAcceleration else { return }
        let along = dot(linear, strokeDirection)
        // A new stroke goes against the one before, mostly along the same line.
        if strokes == 0 || (along < 0 && along * along > 0.25 * square * squaredLength(strokeDirection)) {
            if strokes == 0 { shakeTime = 0 }
            strokes += 1
            sinceStroke = 0
            strokeDirection = linear
        } else if along > 0 {
            sinceStroke = 0
        }
        if strokes >= thresholds.shakeStrokes {
            if shakeTime <= thresholds.shakeSeconds * Float(thresholds.shakeStrokes) / 4, sinceShake > thresholds.holdSeconds {
                found.insert(Gestures(.shake))
                sinceShake = 0
            }
            strokes = 0
        }
    }

    private mutating func falls(_ force: SIMD3<Float>, _ interval: Float, _ found: inout Gestures) {
        guard squaredLength(force) < thresholds.freeFallAcceleration * thresholds.freeFallAcceleration else {
            fallSeconds = 0
            return
        }
        let before = fallSeconds
        fallSeconds += interval
        if before < thresholds.freeFallSeconds, fallSeconds >= thresholds.freeFallSeconds { found.insert(Gestures(.freeFall)) }
    }

    private mutating func rests(_ filter: PoseFilter, _ linear: SIMD3<Float>, _ interval: Float, _ found: inout Gestures) {
        if filter.isResting {
            let before = restSeconds
            restSeconds += interval
            if before < thresholds.stillSeconds, restSeconds >= thresholds.stillSeconds { found.insert(Gestures(.still)) }
            restAttitude = filter.attitude6D
            sinceRest = 0
            speed = 0
            isPickUpPossible = true
            return
        }
        restSeconds = 0
        sinceRest += interval
        guard isPickUpPossible else { return }
        guard sinceRest < thresholds.pickUpSeconds else {
            isPickUpPossible = false
            return
        }
        // Bounded, so that a knock isn't taken for a lift.
        speed += min(max(linear.z, -4), 4) * interval
        let turn = filter.attitude6D * restAttitude.conjugate
        let sine = (turn.x * turn.x + turn.y * turn.y + turn.z * turn.z).squareRoot()
        if 2 * FastMath.atan2(sine, abs(turn.w)) > thresholds.pickUpAngle || speed > thresholds.pickUpSpeed {
            found.insert(Gestures(.pickUp))
            isPickUpPossible = false
        }
    }
}
