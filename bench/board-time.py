#!/usr/bin/env python3
"""Estimates what models take on boards that nobody here can touch, and how far off such estimates are: build/bench/board-time.json.

usage: bench/board-time.py [--only GROUP …]      (a GROUP is a function below, with hyphens; build/aarch64/swiftlet is measured)

A run under QEMU gives the blocks of instructions executed and the misses in the caches of the chip (blocks.c), llvm-mca the cycles
of the blocks. Two factors, one a core's for cycles, one a board's for misses, are fitted to half of the times that others published
for networks of ncnn (published-times.tsv), whose aarch64 wheel goes the same way. The other half says how far off it is.
"""

import subprocess
import sys

import board_cycles
import board_model
import board_workloads as workloads
from record import ROOT, Section, at_most

section = Section("board-time", "bench/board-time.py", only=sys.argv[2:] if sys.argv[1:2] == ["--only"] else None)
BOARDS = board_model.BOARDS
# What the judged half must keep: the factor by which an estimate may be off.
MOST_OFF = 1.5


def estimate(counts, core):
    return board_cycles.cycles(counts, core), counts.misses


def peers():
    """Cycles and misses of what has published times, by work and core."""
    cores = {board.name: board.core for board in BOARDS}
    wanted = dict.fromkeys((row["work"], cores[row["board"]]) for row in board_model.published())
    found = {}
    for work, core in wanted:
        counts = workloads.onnxruntime(core) if work == workloads.YOLOX else workloads.ncnn(work.removeprefix("ncnn "), core)
        found[work, core] = estimate(counts, core)
    return found


def calibrated():
    """Factors of the boards, and the rows of published times with their estimates."""
    if not hasattr(calibrated, "kept"):
        estimates, rows = peers(), board_model.published()
        factors = board_model.fitted(estimates, rows)
        calibrated.kept = factors, board_model.judged(estimates, rows, factors)
    return calibrated.kept


def off(board=None):
    """How far off the judged half is, on one board or all: the worst factor and the typical one."""
    rows = [row for row in calibrated()[1] if row["half"] == "judgement" and board in (None, row["board"])]
    return board_model.spread([row["ratio"] for row in rows])


def error():
    factors, rows = calibrated()
    for board in BOARDS:
        judged = [row for row in rows if row["half"] == "judgement" and row["board"] == board.name]
        worst, typical = off(board.name)
        listed = ", ".join(f"{row['work']} {row['estimate']:.3g} for {row['ms']:.3g} ms" for row in judged)
        cycle, miss = factors[board.name]
        section.add(
            f"{board.name}: estimates for published times that calibrated nothing",
            f"off by a factor {typical:.2f}, {worst:.2f} at most ({listed}; factors {cycle:.2f} for cycles, {miss:.2f} for misses)",
            worst,
            "factor",
            bounds=[at_most(worst, MOST_OFF, f"within {MOST_OFF}×")],
        )


def times(counts_on):
    """Milliseconds on each board. `counts_on` gives the counts for a core."""
    factors, found = calibrated()[0], {}
    for board in BOARDS:
        counts = counts_on(board.core)
        found[board.name] = board_model.milliseconds(board, *estimate(counts, board.core), factors[board.name])
    return found


def said(found):
    """Estimates with the error that the judged half has."""
    worst, typical = off()
    return " / ".join(f"{value:.3g}" for value in found.values()) + f" ms (off by a factor {typical:.2f}, {worst:.2f} at most)"


def row(name, found, needed):
    """A row of the table: milliseconds on the four boards, and what the limit in milliseconds asks of each."""
    missing = [f"{board} {value / needed[1]:.1f}× faster" for board, value in found.items() if value > needed[1]]
    asks = f"; {needed[0]}: " + (", ".join(missing) if missing else "all four") if needed else ""
    section.add(f"{name}, estimated for {', '.join(found)}", said(found) + asks, found[BOARDS[0].name], f"ms, {BOARDS[0].name}")


def networks():
    for name in workloads.NESTS:
        needed = ("100 samples/s need", 10) if "RIANN" in name else ("100 ms need", 100)
        row(name, times(lambda core, name=name: workloads.nest(name, core)), needed)


def thirty_frames():
    """Which networks keep up with a camera."""
    for name in ("EfficientNet-Lite0, int8", "MobileNetV2, int8", "YOLOX-Nano, float"):
        row(f"{name}, every frame", times(lambda core, name=name: workloads.nest(name, core)), ("30 frames/s need", 1000 / 30))


def language():
    row(workloads.TOKEN, times(workloads.token), ("50 tokens/s need", 1000 / 50))


def main():
    subprocess.run([ROOT / "bench" / "board-time-peers.sh"], check=True)
    sys.exit(0 if section.measure((error, networks, thirty_frames, language)) else 1)


if __name__ == "__main__":
    main()
