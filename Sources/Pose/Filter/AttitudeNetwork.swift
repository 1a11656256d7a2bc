import Platform

/// A network that estimates attitude from one sample after the other and keeps its state in between, such as RIANN.
/// Its heading means nothing, and it may fail in ways a filter can't: `NetworkFusion` judges what it says.
public protocol AttitudeNetwork: AnyObject {
    /// The attitude at this sample.
    /// - Parameters:
    ///   - gyroscope: rad/s
    ///   - accelerometer: m/s²
    ///   - interval: seconds since the sample before
    func attitude(gyroscope: SIMD3<Float>, accelerometer: SIMD3<Float>, interval: Float) throws(Failure) -> Attitude

    /// Forgets all samples so far.
    func restart()
}
