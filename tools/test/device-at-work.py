#!/usr/bin/env python3
"""Runs a board's binary as a device with a simulated camera and a motion sensor, waits until a task on each has answered,
then asks for every screen of the console. Ends with an error where one isn't there, names another thing than the tasks'
labels, or the firmware dies.

usage: tools/test/device-at-work.py FOLDER CAMERA.nest MOTION.nest -- COMMAND…
"""

import json
import pathlib
import subprocess
import sys
import threading

CONFIGURATION = """
[firmware]
lock-memory = no
[imu main]
bus = i2c-1
[meter board]
bus = i2c-2
chip = ina226
shunt = 0.01 ohm
[records]
folder = {folder}/records
before = 1 s
[camera front]
device = simulated
frames = 320x180:yuyv
rate = 25
[task watch]
input = front
models = {camera}
rate = 0.1
deadline = 60 s
[task feel]
input = main
models = {motion}
rate = 0.5
deadline = 60 s
on still > 0 = record 1 s
"""
# What a person looks at while a device works.
SCREENS = ["status", "sensors", "tasks", "power", "gpio", "budget", "governor", "models", "records", "report", "log"]
MARK = "Ends the firmware;"
# So often is asked whether both have answered; each answer takes the emulated processor a second or two.
PATIENCE = 120


class Device:
    """The firmware's console: a command in, lines until the next prompt out."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        errors="replace")

    def ask(self, command):
        """The lines between a command and what `help quit` says."""
        self.process.stdin.write(f"{command}\nhelp quit\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.startswith(MARK):
                return lines
            if line.strip() and not line.startswith(("> ", "usage: ")):
                lines.append(line)
        sys.exit(f"the firmware ended at {command!r}, status {self.process.wait()}:\n{''.join(lines[-20:])}")


def answered(lines):
    tasks = [json.loads(line) for line in lines if line.startswith('{"task"')]
    if any(task["state"] == "failed" for task in tasks):
        sys.exit("the tasks failed to start:\n" + "".join(lines))
    return {task["task"]: task["label"] for task in tasks if task["answers"] > 0}


def names(command, model):
    """The labels of a model, as its file has them."""
    text = subprocess.run([*command, "info", model, "--labels"], capture_output=True, text=True, check=True).stdout
    return text.splitlines()


def main():
    folder, camera, motion, mark, *command = sys.argv[1:]
    assert mark == "--"
    folder = pathlib.Path(folder).resolve()
    (folder / "records").mkdir(exist_ok=True)
    configuration = folder / "device-at-work.conf"
    with open(configuration, "w", encoding="utf-8") as file:
        file.write(CONFIGURATION.format(folder=folder, camera=camera, motion=motion))
    device = Device([*command, "run", "--simulate", "--config", str(configuration)])
    labels = {}
    for _ in range(PATIENCE):
        labels = answered(device.ask("tasks --json"))
        if len(labels) == 2:
            break
        threading.Event().wait(1)
    if len(labels) < 2:
        sys.exit(f"only {list(labels)} answered")
    for task, model in ("watch", camera), ("feel", motion):
        if labels[task] not in names(command, model):
            sys.exit(f"task {task} says {labels[task]!r}, which its model doesn't")
    for screen in SCREENS:
        lines = device.ask(screen)
        if not lines:
            sys.exit(f"{screen} shows nothing")
        if screen == "tasks" and not any("still" in line or "moving" in line for line in lines):
            sys.exit("tasks shows other labels:\n" + "".join(lines))
    device.process.stdin.write("quit\n")
    device.process.stdin.close()
    rest = device.process.stdout.read()
    if device.process.wait() != 0:
        sys.exit(f"status {device.process.returncode} at the end:\n{rest}")


main()
