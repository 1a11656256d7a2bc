#!/usr/bin/env python3
"""Golden vectors for PoseTests: a synthetic motion and what the reference implementation of VQF makes of it.

    pip install vqf==2.1.2 numpy onnxruntime
    goldens/pose.py Tests/golden/pose [models/sources/riann.onnx]

Writes motion.npy (acc m/s², gyr rad/s, mag µT, 9D attitude wxyz, moving) at 50 Hz and states.npy (6D attitude wxyz,
bias rad/s, resting, disturbed). With the network, also network.npy: what ONNX Runtime answers on motion.npy, every 16th
sample's attitude wxyz.
"""
import sys
import numpy as np
import vqf

RATE = 50.0
SECONDS = 64


def multiply(a, b):
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return np.array([aw * bw - ax * bx - ay * by - az * bz, aw * bx + ax * bw + ay * bz - az * by,
                     aw * by - ax * bz + ay * bw + az * bx, aw * bz + ax * by - ay * bx + az * bw])


def to_sensor(q, v):
    w, x, y, z = q
    return np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
                     [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
                     [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]]).T @ v


def motion():
    random = np.random.default_rng(7)
    count = int(SECONDS * RATE)
    q = np.array([0.8, 0.3, -0.4, 0.33])
    q /= np.linalg.norm(q)
    bias = np.deg2rad([0.6, -0.4, 0.3])
    rows = []
    for k in range(count):
        t = k / RATE
        active = 0.0 if t < 4 or 30 < t < 36 else 1.0
        rate = active * np.array([1.6 * np.sin(1.1 * t), 2.1 * np.cos(0.7 * t + 1), 1.4 * np.sin(0.5 * t + 2)])
        half = rate / RATE / 2
        angle = np.linalg.norm(half)
        q = multiply(q, np.concatenate([[np.cos(angle)], half * np.sinc(angle / np.pi)]))
        push = active * np.array([1.5 * np.sin(3 * t), 1.0 * np.cos(4 * t), 0.8 * np.sin(5 * t)])
        field = np.array([0.5, 18.0, -44.0])
        if 40 < t < 48:
            field = field + [25.0, -6.0, 12.0]
        rows.append(np.concatenate([
            to_sensor(q, np.array([0, 0, 9.81]) + push) + random.normal(0, 0.03, 3),
            rate + bias + random.normal(0, 0.003, 3),
            to_sensor(q, field) + random.normal(0, 0.4, 3)]))
    return np.array(rows, dtype=np.float32)


def network(folder, path):
    import onnxruntime

    rows = np.load(f"{folder}/motion.npy")
    signal = np.hstack([rows[:, :6], np.full((len(rows), 1), 1 / RATE, np.float32)])[None]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    first, state = session.get_inputs()
    attitudes = session.run(None, {first.name: signal, state.name: np.zeros((2, 1, 1, 200), np.float32)})[0]
    np.save(f"{folder}/network.npy", attitudes.reshape(-1, 4)[15::16].astype(np.float32))


def main(folder):
    rows = motion()
    doubles = rows.astype(float)
    columns = [np.ascontiguousarray(doubles[:, k:k + 3]) for k in (3, 0, 6)]
    out = vqf.VQF(1 / RATE).updateBatch(*columns)
    moving = np.ones((len(rows), 1))
    np.save(f"{folder}/motion.npy", np.hstack([rows, out["quat9D"], moving]).astype(np.float32))
    flags = np.stack([out["restDetected"], out["magDistDetected"]], 1)
    np.save(f"{folder}/states.npy", np.hstack([out["quat6D"], out["bias"], flags]).astype(np.float32))
    print(len(rows), "rows; resting", int(flags[:, 0].sum()), "disturbed", int(flags[:, 1].sum()))


if __name__ == "__main__":
    main(sys.argv[1])
    if len(sys.argv) > 2:
        network(sys.argv[1], sys.argv[2])
