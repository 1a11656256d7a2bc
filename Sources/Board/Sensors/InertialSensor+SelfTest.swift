/// Where a self-test stands.
struct SelfTestProgress {
    var phase = 0
    var count = 0
    var before = (acceleration: SIMD3<Float>(), angularRate: SIMD3<Float>())
    var sum = (acceleration: SIMD3<Float>(), angularRate: SIMD3<Float>())
    var nextRead: Int64 = 0
}

extension InertialSensor {
    func testStep(_ now: Int64) throws(I2CError) -> Int64 {
        finishSelfTest(.interrupted)
        return now
    }

    func finishSelfTest(_ verdict: SelfTestResult.Verdict) {
        selfTestResult = SelfTestResult(verdict: verdict, accelerationResponse: .zero, angularRateResponse: .zero)
        enter(.resetting)
    }
}
