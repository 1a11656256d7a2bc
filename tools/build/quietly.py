#!/usr/bin/env python3
"""Runs one step of a build and says one line about it: a moving bar on a terminal, from the step's own [n/m], and how it
ended. All that the step says goes to build/log/STEP.log; where it fails, the errors and the end of it come here too.

usage: tools/build/quietly.py STEP COMMAND [ARGUMENT …]        (STEP: a few words, for example "build swiftlet")
"""

import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGS = ROOT / "build" / "log"
PROGRESS = re.compile(r"\[(\d+)/(\d+)\]")
CELLS, TAIL_LINES, ERROR_LINES = 24, 15, 10


def bar(step, done, of, width):
    """One line of at most `width` columns."""
    filled = CELLS * done // of if of else 0
    text = f"{step} [{'#' * filled}{'.' * (CELLS - filled)}] {done}/{of}"
    return text[: max(1, width - 1)]


def latest_progress(text):
    """The last [n/m] of a piece of output as two numbers, or None. What has no whole is none."""
    found = [(int(done), int(of)) for done, of in PROGRESS.findall(text)]
    return next(((done, of) for done, of in reversed(found) if 0 < of and done <= of), None)


def unique(lines):
    return list(dict.fromkeys(lines))


def complaints(text, word):
    """The compiler's lines of a kind, each once: a file that several modules read is complained about several times."""
    return unique(line.strip() for line in text.splitlines() if re.search(rf"\b{word}: ", line))


def duration(seconds):
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def follow(child, log, step, is_terminal):
    """Copies what the child says into the log, byte for byte, and moves the bar; what counts nothing shows its time."""
    source, pending, start = child.stdout.fileno(), b"", time.monotonic()
    while True:
        if select.select([source], [], [], 1 if is_terminal else None)[0]:
            block = os.read(source, 1 << 16)
            if not block:
                return
            log.write(block)
            # A number may be cut by the end of a block.
            pending = (pending + block)[-256:]
        if is_terminal:
            progress = latest_progress(pending.decode(errors="replace"))
            columns = shutil.get_terminal_size().columns
            shown = bar(step, *progress, columns) if progress else f"{step} … {duration(time.monotonic() - start)}"[: columns - 1]
            sys.stdout.write("\r\x1b[K" + shown)
            sys.stdout.flush()


def run(step, command):
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / (re.sub(r"[^a-z0-9]+", "-", step.lower()).strip("-") + ".log")
    is_terminal, start = sys.stdout.isatty(), time.monotonic()
    sys.stdout.write(step if is_terminal else f"{step}: ")
    sys.stdout.flush()
    with open(path, "wb") as log:
        try:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except OSError as error:
            print(f"{step}: {command[0]}: {error.strerror}" if is_terminal else f"{command[0]}: {error.strerror}")
            return 127
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        try:
            follow(child, log, step, is_terminal)
            status = child.wait()
        except KeyboardInterrupt:
            child.terminate()
            child.wait()
            status = 130
    sys.stdout.write(f"\r\x1b[K{step}: " if is_terminal else "")
    report(path, status if status >= 0 else 128 - status, duration(time.monotonic() - start))
    return status if status >= 0 else 128 - status


def report(path, status, took):
    text, shown = path.read_text(errors="replace"), path.relative_to(ROOT)
    if status == 0:
        warnings = len(complaints(text, "warning"))
        print(f"done in {took}" + (f", {warnings} warning{'s' if warnings > 1 else ''}, see {shown}" if warnings else ""), flush=True)
        return
    print(f"FAILED with status {status} after {took}", flush=True)
    errors, tail = complaints(text, "error"), text.splitlines()[-TAIL_LINES:]
    for line in unique([*errors[:ERROR_LINES], *tail]):
        print(f"    {line}")
    print(f"all of it: {shown}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: tools/build/quietly.py STEP COMMAND [ARGUMENT …]")
    sys.exit(run(sys.argv[1], sys.argv[2:]))
