#!/usr/bin/env python3
"""Measures the firmware's tasks on a simulated board with a simulated camera: what the scheduler takes for itself, how well a
program's time is foreseen, and what a switch of variants costs. Writes build/bench/tasks.json.

usage: bench/tasks.py [--only GROUP …] [--seconds N]      (a GROUP is a function below, with hyphens)
"""

import json
import subprocess
import sys
import tempfile
import time

from record import ROOT, SWIFTLET, Section, at_most, processor

words = sys.argv[1:]
SECONDS = int(words[words.index("--seconds") + 1]) if "--seconds" in words else 20
only = [word for word in words[words.index("--only") + 1 :] if not word.startswith("--")] if "--only" in words else None
section = Section("tasks", "bench/tasks.py", only=only)

CAMERA = "[camera front]\ndevice = simulated\nframes = 640x480:yuyv\nrate = {rate}\n"
TASK = "[task {name}]\ninput = front\nmodels = {models}\nrate = {rate}\ndeadline = {deadline} ms\npriority = {priority}\nwhen = {when}\n"


class Firmware:
    """A firmware at work, asked in JSON."""

    def __init__(self, text):
        self.file = tempfile.NamedTemporaryFile("w", suffix=".conf")
        self.file.write(text)
        self.file.flush()
        command = [SWIFTLET, "run", "--simulate", "--config", self.file.name, "--json"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.log = []

    def ask(self, command):
        """The objects of the answer; `version` answers with a plain line, which is its end."""
        self.process.stdin.write(f"{command}\nversion\n")
        self.process.stdin.flush()
        answer = []
        for line in self.process.stdout:
            if line.startswith("swiftlet "):
                return answer
            if line.startswith("{"):
                entry = json.loads(line)
                (self.log if "log" in entry else answer).append(entry)
        raise RuntimeError("the firmware ended: " + " / ".join(entry["text"] for entry in self.log[-3:]))

    def task(self, name):
        for row in self.ask("tasks"):
            if row.get("task") == name:
                if row["state"] == "failed":
                    raise RuntimeError(" / ".join(entry["text"] for entry in self.log[-3:]))
                return row
        raise RuntimeError(f"there is no task {name}")

    def end(self):
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait()
        self.file.close()


def task(name, models, rate, deadline, priority=5, when="always"):
    return TASK.format(name=name, models=models, rate=rate, deadline=deadline, priority=priority, when=when)


def watched(tasks):
    """The row of the task "watch" after some seconds."""
    firmware = Firmware(CAMERA.format(rate=20) + tasks)
    try:
        firmware.task("watch")
        time.sleep(SECONDS)
        return firmware.task("watch")
    finally:
        firmware.end()


def scheduler():
    row = watched(task("watch", "efficientnet-lite0", 10, 1000) + task("second", "efficientnet-lite0", 4, 2000))
    own = row["schedulerMicroseconds"]
    section.add("scheduler: its own cost a job", f"{own:.1f} µs", own, "µs", bounds=[at_most(own, 50, "50 µs")])
    missed = sum(row["misses"].values())
    section.add("two tasks that fit: frames missed", f"{missed} of {row['offered']}", missed)


def prediction():
    """Of five starts: what the machine does meanwhile makes one of them say little."""
    found = []
    for _ in range(5):
        row = watched(task("watch", "efficientnet-lite0", 5, 2000))
        foreseen, measured = row["predictedMilliseconds"], row["networkMilliseconds"]
        found.append((abs(foreseen / measured - 1) * 100, foreseen, measured))
    found.sort()
    (error, foreseen, measured), worst = found[2], found[-1][0]
    shown = f"{error:.1f} % ({foreseen:.2f} ms foreseen, {measured:.2f} ms measured), of five starts {worst:.1f} % at most"
    section.add("a program's time, foreseen against measured, the middle one of five starts", shown, error, "%",
                bounds=[at_most(error, 15, "15 %")])


def switch():
    """A second task is started, and the first has to give way to it. The variants are networks of two kinds: of one network the
    int8 form isn't the faster everywhere, without dot products it is slower than the float one."""
    models = "yolox-nano, efficientnet-lite0"
    probe = Firmware(CAMERA.format(rate=20) + task("watch", "yolox-nano", 1, 10000))
    try:
        cost = probe.task("watch")["predictedMilliseconds"]
    finally:
        probe.end()
    # Each takes half of the processor with the slower network: together they don't fit.
    period = cost / 0.55
    rate = f"{min(100, 1000 / period):.2f}"
    text = CAMERA.format(rate=100) + task("watch", models, rate, f"{period * 3:.1f}", priority=1)
    text += task("second", "yolox-nano", rate, f"{period * 3:.1f}", priority=9, when="started")
    firmware = Firmware(text)
    try:
        firmware.task("watch")
        time.sleep(3)
        before = firmware.task("watch")
        firmware.ask("start second")
        after = before
        for _ in range(60):
            time.sleep(0.25)
            after = firmware.task("watch")
            if after["switches"] > before["switches"] and after["switchMilliseconds"] > 0:
                break
        settled = after
        time.sleep(3)
        later = firmware.task("watch")
    finally:
        firmware.end()
    if after["switches"] == before["switches"]:
        raise RuntimeError("no switch of variants within 15 s")
    lost = settled["dropped"] - before["dropped"]
    section.add("switch of variants: frames lost", f"{lost}", lost, bounds=[at_most(lost, 0, "0")])
    took, frame = settled["switchMilliseconds"], period
    bounds = [at_most(took, frame, f"a frame, {frame:.1f} ms")]
    section.add("switch of variants: from its choice to the first answer's frame", f"{took:.2f} ms", took, "ms", bounds=bounds)
    late = sum(later["misses"].values()) - sum(before["misses"].values())
    section.add("load step: frames late until it fits", f"{late}", late, bounds=[at_most(late, 10, "10")])


def main():
    section.processor = processor()
    sys.exit(0 if section.measure([scheduler, prediction, switch]) else 1)


if __name__ == "__main__":
    main()
