"""Where networks are measured: this machine, a board over ssh, or an ARM core in QEMU, whose instructions are counted."""

import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

from factory import nests
from factory.failure import Failure

BOARD_BINARY = nests.ROOT / "build/aarch64/swiftlet"
CORES = ("cortex-a53", "cortex-a76")
# Seconds without an answer after which a board is gone.
PATIENCE = 20


class Gone(Failure):
    """A place that doesn't answer any more: what was measured before stays."""


def parse(text, binary=None, copies=False):
    """`here`, `ssh:user@host` or `qemu:CORE`; `binary`: the swiftlet to use there. `copies`: it is here, and goes to the board."""
    kind, _, rest = text.partition(":")
    if text == "here":
        return Here(binary)
    if kind == "qemu" and rest in CORES:
        return Emulated(rest, binary)
    if kind == "ssh" and rest and not rest.startswith("-"):
        return Board(rest, binary, copies)
    raise Failure(f"--on {text}: here, ssh:USER@HOST or qemu:CORE are known, CORE one of {', '.join(CORES)}")


def _digest(path):
    try:
        return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from None


def _said(output, where):
    """Of `swiftlet bench --json`: milliseconds and bytes. The least time: whatever else a machine did only adds, and parts that take
    microseconds drown in it."""
    try:
        found = json.loads(output.splitlines()[-1])
        memory = found["bytes"]
        weights = memory["residentWeights"] + memory["streamedWeights"]
        return {"cost": found["milliseconds"]["min"], "arena": memory["arena"], "weights": weights}
    except (ValueError, KeyError, IndexError, TypeError):
        raise Failure(f"{where}: `swiftlet bench` answered something else: {output[-200:]!r}") from None


class Here:
    """This machine, one thread."""

    unit, deterministic = "milliseconds", False

    def __init__(self, binary=None):
        self.binary = binary or nests.program("swiftlet")

    def identity(self):
        """What a table's numbers belong to."""
        return {"on": "here", "binary": _digest(self.binary)}

    def measure(self, nest, runs):
        """{"cost", "arena", "weights"} of one inference."""
        return _said(nests.call(self.binary, "bench", nest, "--threads", 1, "--runs", runs, "--json"), "here")


class Emulated:
    """Instructions of an ARM core, counted by QEMU with the plugin of bench/: the same number on every machine, but for a start-up."""

    unit, deterministic = "instructions", True

    def __init__(self, core, binary=None):
        self.core, self.binary = core, pathlib.Path(binary or BOARD_BINARY)
        if not self.binary.exists():
            raise Failure(f"{self.binary} is missing: make board")
        bench = str(nests.ROOT / "bench")
        if bench not in sys.path:
            sys.path.append(bench)
        import counting

        self.counting = counting
        counting.BUILD.mkdir(parents=True, exist_ok=True)

    def identity(self):
        return {"on": f"qemu:{self.core}", "binary": _digest(self.binary)}

    def measure(self, nest, runs):
        few = 1
        words = [self.binary, "bench", nest, "--threads", "1", "--runs"]
        try:
            counts = [self.counting.count(self.core, [*words, number]) for number in (few, few + runs)]
        except (RuntimeError, OSError, ValueError, subprocess.CalledProcessError) as error:
            raise Failure(f"qemu:{self.core}: {str(error)[-300:]}") from None
        memory = _said(nests.call(nests.program("swiftlet"), "bench", nest, "--threads", 1, "--runs", 1, "--json"), "here")
        # Values and weights are laid out for all processors in the same way; scratch memory isn't counted.
        return memory | {"cost": (counts[1] - counts[0]) / runs}


class Board:
    """A board over ssh, by keys: nothing is asked. Its swiftlet is on its PATH, or `binary` there, or one of this machine is copied."""

    unit, deterministic = "milliseconds", False

    def __init__(self, address, binary=None, copies=False):
        self.address, self.binary = address, binary or "swiftlet"
        self.copied = pathlib.Path(binary or BOARD_BINARY) if copies else None
        self.control = tempfile.TemporaryDirectory(prefix="factory-ssh-")
        self.words = ["ssh", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={PATIENCE}", "-o", "ServerAliveInterval=5",
                      "-o", "ControlMaster=auto", "-o", f"ControlPath={self.control.name}/%C", "-o", "ControlPersist=60", address]

    def _run(self, command, data=None, seconds=PATIENCE):
        try:
            run = subprocess.run([*self.words, command], input=data, capture_output=True, timeout=seconds + PATIENCE)
        except FileNotFoundError:
            raise Failure("ssh is missing on this machine") from None
        except subprocess.TimeoutExpired:
            raise Gone(f"ssh:{self.address} doesn't answer any more") from None
        said = run.stderr.decode(errors="replace").strip().splitlines()
        # ssh itself says 255; all else is the command's.
        if run.returncode == 255:
            raise Gone(f"ssh:{self.address} can't be reached: {said[-1][:200] if said else 'no message'}")
        if run.returncode != 0:
            raise Failure(f"ssh:{self.address}: {said[-1][:300] if said else f'exit {run.returncode}'}")
        return run.stdout.decode(errors="replace")

    def _copy(self):
        _digest(self.copied)
        self.binary = "/tmp/factory-swiftlet"
        # Under another name first: a program that runs can't be written over.
        self._run(f"cat > {self.binary}.part && chmod 755 {self.binary}.part && mv {self.binary}.part {self.binary}",
                  self.copied.read_bytes(), 120)
        self.copied = None

    def identity(self):
        """What a table's numbers belong to; the first call copies the program where that was asked for."""
        if self.copied:
            self._copy()
        binary = shlex.quote(self.binary)
        said = self._run(f"sha256sum \"$(command -v {binary})\" && uname -m").split()
        return {"on": f"ssh:{self.address}", "binary": said[0][:16], "machine": said[-1]}

    def measure(self, nest, runs):
        place = f"/tmp/factory-{os.getpid()}.nest"
        bench = f"{shlex.quote(self.binary)} bench {place} --threads 1 --runs {runs} --json"
        output = self._run(f"cat > {place} && {bench}; status=$?; rm -f {place}; exit $status", pathlib.Path(nest).read_bytes(), 120)
        return _said(output, f"ssh:{self.address}")
