#!/usr/bin/env python3
"""Coefficients of the fast arc tangent in Sources/Pose/Filter/FastMath.swift: a near-minimax fit at Chebyshev nodes."""
import numpy as np

DEGREE = 7  # terms t^3 ... t^15 of atan(t) - t
nodes = np.cos((2 * np.arange(4000) + 1) / 8000 * np.pi) * 0.5 + 0.5
s = nodes
t = np.sqrt(s)
target = np.where(s > 1e-9, (np.arctan(t) / t - 1) / np.maximum(s, 1e-12), -1 / 3)
weight = np.ones_like(s)
for _ in range(60):
    basis = np.stack([s**k for k in range(DEGREE)], 1)
    c, *_ = np.linalg.lstsq(basis * (weight * t * s)[:, None], target * weight * t * s, rcond=None)
    error = np.abs((basis @ c - target) * t * s)
    weight *= (error / error.max() + 0.01) ** 0.25
    weight /= weight.mean()
print([f"{v:.9g}" for v in c], "largest error", error.max())
