import Foundation
import Platform

extension FirmwareRun {
    /// What `sensors NAME` tells.
    public func state(of sensor: String) throws(Failure) -> [String: Any] {
        guard let state = try console.run("sensors \(sensor)").first else {
            throw Failure(.badFormat, "`sensors \(sensor)` gives nothing")
        }
        return state
    }

    /// Waits until the sensor runs, with so many samples more than now.
    @discardableResult
    public func waitForSamples(_ sensor: String, more: Int, seconds: Double) throws(Failure) -> [String: Any] {
        let deadline = monotonicNanoseconds() + Int64(seconds * 1e9)
        var first: Int?
        while true {
            let state = try state(of: sensor)
            let samples = state["samples"] as? Int ?? 0
            if let first, samples >= first + more, state["state"] as? String == "running" { return state }
            if first == nil { first = samples }
            guard monotonicNanoseconds() < deadline else {
                throw Failure(.inputOutput,
                    "\(sensor) has \(samples - (first ?? 0)) of \(more) samples after \(fixed(seconds, decimals: 0)) s: \(state); log: "
                        + "\(console.log.suffix(8))")
            }
            usleep(20_000)
        }
    }
}
