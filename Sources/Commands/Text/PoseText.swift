import Platform
import Pose

/// Records of a pose replay as text.
enum PoseText {
    static func header(predicts: Bool) -> String {
        "time_s,q_w,q_x,q_y,q_z,roll_deg,pitch_deg,yaw_deg,bias_x_deg/s,bias_y_deg/s,bias_z_deg/s,"
            + "lin_acc_x_m/s2,lin_acc_y_m/s2,lin_acc_z_m/s2,resting,disturbed,gestures"
            + (predicts ? ",predicted_w,predicted_x,predicted_y,predicted_z" : "")
    }

    static func row(_ record: PoseRecord, gestures: Gestures) -> String {
        var text = fixed(record.timeSeconds, decimals: 6)
        append(record.attitude, to: &text)
        append(record.attitude.eulerDegrees, decimals: 3, to: &text)
        append(record.bias * degreesPerRadian, decimals: 4, to: &text)
        append(record.linearAcceleration, decimals: 3, to: &text)
        text += record.isResting ? ",1" : ",0"
        text += record.isDisturbed ? ",1," : ",0,"
        var isFirst = true
        for gesture in names(gestures) {
            text += (isFirst ? "" : " ") + gesture
            isFirst = false
        }
        if let predicted = record.predicted { append(predicted, to: &text) }
        return text
    }

    static func object(_ record: PoseRecord, gestures: Gestures) -> JSONObject {
        var object = JSONObject()
        object.set("time_s", record.timeSeconds, decimals: 6)
        object.set("q_w", Double(record.attitude.w), decimals: 7)
        object.set("q_x", Double(record.attitude.x), decimals: 7)
        object.set("q_y", Double(record.attitude.y), decimals: 7)
        object.set("q_z", Double(record.attitude.z), decimals: 7)
        let angles = record.attitude.eulerDegrees, bias = record.bias * degreesPerRadian
        object.set("roll_deg", Double(angles.x), decimals: 3)
        object.set("pitch_deg", Double(angles.y), decimals: 3)
        object.set("yaw_deg", Double(angles.z), decimals: 3)
        object.set("bias_x_deg_s", Double(bias.x), decimals: 4)
        object.set("bias_y_deg_s", Double(bias.y), decimals: 4)
        object.set("bias_z_deg_s", Double(bias.z), decimals: 4)
        object.set("lin_acc_x", Double(record.linearAcceleration.x), decimals: 3)
        object.set("lin_acc_y", Double(record.linearAcceleration.y), decimals: 3)
        object.set("lin_acc_z", Double(record.linearAcceleration.z), decimals: 3)
        object.set("resting", record.isResting)
        object.set("disturbed", record.isDisturbed)
        object.set("gestures", names(gestures))
        if let predicted = record.predicted {
            object.set("predicted_w", Double(predicted.w), decimals: 7)
            object.set("predicted_x", Double(predicted.x), decimals: 7)
            object.set("predicted_y", Double(predicted.y), decimals: 7)
            object.set("predicted_z", Double(predicted.z), decimals: 7)
        }
        return object
    }

    private static let degreesPerRadian: Float = 57.29578

    private static func names(_ gestures: Gestures) -> [String] {
        Gesture.allCases.filter { gestures.contains($0) }.map { $0.name }
    }

    private static func append(_ q: Attitude, to text: inout String) {
        text += ",\(fixed(q.w, decimals: 7)),\(fixed(q.x, decimals: 7)),\(fixed(q.y, decimals: 7)),\(fixed(q.z, decimals: 7))"
    }

    private static func append(_ v: SIMD3<Float>, decimals: Int, to text: inout String) {
        text += ",\(fixed(v.x, decimals: decimals)),\(fixed(v.y, decimals: decimals)),\(fixed(v.z, decimals: decimals))"
    }
}
