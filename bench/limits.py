"""Runs programs under a control group's memory limit, of either version, and counts what they read from storage."""

import json
import os
import pathlib
import subprocess
import sys

COUNTER = [sys.executable, str(pathlib.Path(__file__).with_name("reads.py"))]
VERSION_1 = pathlib.Path("/sys/fs/cgroup/memory")
VERSION_2 = pathlib.Path("/sys/fs/cgroup")


class KilledForMemory(RuntimeError):
    pass


def _root():
    """The folder in which groups are made, or None, and the names of its files."""
    if (VERSION_1 / "memory.limit_in_bytes").exists():
        return VERSION_1, {"limit": "memory.limit_in_bytes", "peak": "memory.max_usage_in_bytes", "events": "memory.oom_control"}
    if (VERSION_2 / "cgroup.controllers").exists():
        return VERSION_2, {"limit": "memory.max", "peak": "memory.peak", "events": "memory.events"}
    return None, {}


def why_not():
    """Why no limit can be set here; None where one can."""
    root, _ = _root()
    if root is None:
        return "no control group with a memory limit on this machine"
    if not os.access(root, os.W_OK) or not os.access(root / "cgroup.procs", os.W_OK):
        return f"{root} is not writable"
    return None


def forget(*paths):
    """Takes files out of the page cache: pages that other runs left there are charged to nobody here."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def run(program, limit, files, environment=None, cwd=None):
    """Standard output of a program that starts with `files` outside the page cache and never has more than `limit`
    bytes, page cache included, and {"read": bytes read from storage, "largest": its largest resident set, "peak": most
    bytes it was charged for}."""
    root, names = _root()
    group = root / f"swiftlet-bench-{os.getpid()}"
    if root == VERSION_2:
        (root / "cgroup.subtree_control").write_text("+memory")
    group.mkdir()
    try:
        (group / names["limit"]).write_text(str(limit))
        swap = group / "memory.swap.max"
        if swap.exists():
            swap.write_text("0")
        forget(*files)
        # The counter stays outside: the limit is for the program alone.
        script = f'echo $$ > {group}/cgroup.procs && exec "$@"'
        result = subprocess.run(
            [*COUNTER, "sh", "-c", script, "sh", *map(str, program)], capture_output=True, text=True, cwd=cwd, env=environment
        )
        events = dict(line.split()[:2] for line in (group / names["events"]).read_text().splitlines())
        peak = group / names["peak"]
        if int(events.get("oom_kill", 0)):
            raise KilledForMemory(f"killed for memory under a limit of {limit} bytes")
        if result.returncode != 0:
            raise RuntimeError(f"exit {result.returncode} under a limit of {limit} bytes: {result.stderr.strip()[-200:]}")
        *output, counted = result.stdout.splitlines()
        return "\n".join(output), json.loads(counted) | {"peak": int(peak.read_text()) if peak.exists() else None}
    finally:
        group.rmdir()
