#!/usr/bin/env python3
"""Compares our frequency governor with the kernel's on a simulated processor (`virtual-board governors`): ten simulated minutes
of five workloads, on a Raspberry Pi 4 and on a chip whose voltage falls far with its frequency. Figures as data:
build/bench/governors.json. The course of one workload is drawn: build/governors.svg.

usage: bench/governors.py [--seconds N]
"""

import json
import subprocess
import sys

from governor_plot import plot
from record import ROOT, Section, at_most, processor

VIRTUAL_BOARD = ROOT / ".build/release/virtual-board"
section = Section("governors", "bench/governors.py", peer="schedutil", whole=True)
SECONDS = sys.argv[2] if sys.argv[1:2] == ["--seconds"] else "600"
DRAWN = "video and text"


def runs(*options):
    run = subprocess.run([VIRTUAL_BOARD, "governors", *options], capture_output=True, text=True, cwd=ROOT)
    if run.returncode != 0:
        raise RuntimeError(f"virtual-board governors: exit {run.returncode}: {run.stderr.strip()[-300:]}")
    return [json.loads(line) for line in run.stdout.splitlines()]


def compare(name, title):
    found = {}
    for run in runs("--processor", name, "--seconds", SECONDS):
        found.setdefault(run["workload"], {})[run["governor"]] = run
    savings = []
    for workload, by in found.items():
        ours, theirs, fastest = by["ours"], by["schedutil"], by["performance"]
        savings.append(1 - ours["joules"] / theirs["joules"])
        shown = (
            f"{ours['joules']:.0f} J, {ours['misses']} of {ours['jobs']} late, median {ours['latencyMedian_ms']:.1f} ms; "
            f"performance {fastest['joules']:.0f} J ({(ours['joules'] / fastest['joules'] - 1) * 100:+.0f} % at "
            f"{(ours['latencyMedian_ms'] / fastest['latencyMedian_ms'] - 1) * 100:+.0f} % latency), {fastest['misses']} late; "
            f"ondemand {by['ondemand']['joules']:.0f} J, {by['ondemand']['misses']} late; "
            f"powersave {by['powersave']['joules']:.0f} J, {by['powersave']['misses']} late"
        )
        section.add(
            f"{title}: {workload}", shown, ours["joules"], "J", f"{theirs['joules']:.0f} J, {theirs['misses']} late",
            [
                at_most(ours["misses"], fastest["misses"], f"no more late than performance ({fastest['misses']})"),
                at_most(ours["joules"], theirs["joules"], f"less than schedutil ({theirs['joules']:.0f} J)"),
            ],
        )
    mean = sum(savings) / len(savings) * 100
    section.add(f"{title}: saved against schedutil, mean of five", f"{mean:.1f} % (25 % is the aim)", mean, "%")


def raspberry_pi_4():
    compare("raspberry-pi-4", "Raspberry Pi 4")


def wide_voltage():
    compare("wide-voltage", "wide voltage")


def course():
    found = runs("--processor", "wide-voltage", "--seconds", "30", "--workload", DRAWN)
    target = ROOT / "build" / "governors.svg"
    plot(target, DRAWN, found)
    section.add("course of one workload", f"drawn in {target.relative_to(ROOT)}: {DRAWN}, wide voltage, 30 s")


def main():
    section.processor = processor()
    sys.exit(0 if section.measure([raspberry_pi_4, wide_voltage, course]) else 1)


if __name__ == "__main__":
    main()
