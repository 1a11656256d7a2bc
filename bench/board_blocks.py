"""Blocks of instructions that a program executes on an ARM core, and what its accesses miss in a chip's caches (blocks.c)."""

import collections
import contextlib
import os
import pathlib
import subprocess

from counting import PEERS, processor_file
from record import BUILD, ROOT

PLACE = ROOT / "build" / "board-time"
HERE = pathlib.Path(__file__).parent
LEVELS = 3


class Counts:
    """`blocks`: executions by the block's bytes in hexadecimal. `accesses` to memory. `misses`: for each of three levels those in a
    stream, which a prefetcher sees coming, and the others."""

    def __init__(self, blocks=None, accesses=0, misses=None):
        self.blocks = collections.Counter(blocks)
        self.accesses, self.misses = accesses, misses or [(0, 0)] * LEVELS

    @property
    def instructions(self):
        return sum(count * (len(code) // 8) for code, count in self.blocks.items())

    def per_run(self, fewer, runs):
        """What each of `runs` runs takes that these counts have more than `fewer`."""
        blocks = {code: (count - fewer.blocks[code]) / runs for code, count in self.blocks.items() if count > fewer.blocks[code]}
        misses = [tuple(max(0, a - b) / runs for a, b in zip(*levels)) for levels in zip(self.misses, fewer.misses)]
        return Counts(blocks, (self.accesses - fewer.accesses) / runs, misses)


def library(name, *sources):
    """A C library built from sources beside this file; from what stands there now."""
    built, files = BUILD / name, [HERE / source for source in sources]
    BUILD.mkdir(parents=True, exist_ok=True)
    if not built.exists() or built.stat().st_mtime < max(path.stat().st_mtime for path in [*files, HERE / "caches.h"]):
        banner = subprocess.run(["qemu-aarch64", "--version"], capture_output=True, text=True, check=True).stdout
        version = 2 if int(banner.split("version ")[1].split(".")[0]) >= 9 else 1
        flags = ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", f"-DQEMU_PLUGIN_VERSION={version}"]
        subprocess.run(["clang", *flags, "-o", built, *files], check=True)
    return built


def read(path):
    """The windows that the plugin wrote."""
    windows = []
    for line in path.read_text().splitlines():
        words = line.split()
        if words[0] == "window":
            numbers = [int(word) for word in words[1:]]
            windows.append(Counts({}, numbers[0], list(zip(numbers[1::2], numbers[2::2]))))
        else:
            windows[-1].blocks[words[2]] += int(words[0])
    return windows


def run(core, caches, program, windows=False, environment=None, prefix=None, prefetch=2, as_core=False):
    """One run of `program` on QEMU's `core` with a chip's `caches` (blocks.c says how they are written): its windows. `as_core` shows
    the program the core's own /proc/cpuinfo (in a mount namespace)."""
    result = BUILD / f"blocks-{os.getpid()}"
    plugin = library("blocks.so", "blocks.c", "caches.c")
    options = f"{plugin},out={result},caches={caches},prefetch={prefetch}" + (",windows=1" if windows else "")
    command = ["qemu-aarch64", "-cpu", core] + (["-L", str(prefix)] if prefix else []) + ["-plugin", options]
    for name, value in (environment or {}).items():
        command += ["-E", f"{name}={value}"]
    command += [str(word) for word in program]
    if as_core:
        namespace = ["unshare", "-m"] if os.getuid() == 0 else ["unshare", "-rm"]
        shown = ["sh", "-c", 'mount --bind "$1" /proc/cpuinfo && shift && exec "$@"', "sh", str(processor_file(core))]
        command = namespace + shown + command
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    try:
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}: {done.stderr.strip()[-400:]}")
        return read(result)
    finally:
        with contextlib.suppress(FileNotFoundError):
            result.unlink()


def per_run(core, caches, program, few=1, more=3):
    """Counts of one repetition: what more repetitions take over few. `program` takes their number and gives the command."""
    (first,), (second,) = run(core, caches, program(few)), run(core, caches, program(more))
    return second.per_run(first, more - few)


def python(core, caches, script, *words, packages=PLACE / "aarch64"):
    """Windows of a Python script of this folder on an arm64 Python."""
    interpreter = next((PEERS / "root" / "usr" / "bin").glob("python3.*[0-9]"))
    environment = {
        "LD_LIBRARY_PATH": PLACE / "libraries" / "usr" / "lib" / "aarch64-linux-gnu",
        "PYTHONPATH": f"{packages}:{PEERS / 'aarch64'}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }
    program = [interpreter, HERE / script, *words]
    return run(core, caches, program, windows=True, environment=environment, prefix=PEERS / "root", as_core=True)
