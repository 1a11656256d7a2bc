"""Figures as data: what was measured, what it has to keep, whether it does, and the command that measures it again.

A run writes build/bench/SECTION.json; tables.py makes Markdown of such files and says what was missed.
"""

import dataclasses
import json
import pathlib
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "bench"
SWIFTLET, BOARD, NESTC = ROOT / ".build/release/swiftlet", ROOT / "build/aarch64/swiftlet", ROOT / ".build/release/nestc"
# What a figure that can't be taken raises: its row says why, and the run goes on.
FAILURES = (RuntimeError, OSError, subprocess.CalledProcessError, KeyError, IndexError, StopIteration, ValueError)


@dataclasses.dataclass
class Bound:
    """`value` has to be `direction` ("at most" or "at least") `limit`; None for a limit that this run didn't measure."""

    says: str
    value: float
    direction: str
    limit: float | None

    def verdict(self):
        if self.limit is None or self.value is None:
            return "not compared"
        return "met" if (self.value <= self.limit if self.direction == "at most" else self.value >= self.limit) else "missed"

    def data(self):
        return dataclasses.asdict(self) | {"verdict": self.verdict()}


def at_most(value, limit, says):
    return Bound(says, value, "at most", limit)


def at_least(value, limit, says):
    return Bound(says, value, "at least", limit)


def verdict(bounds):
    """Of several bounds the worst."""
    found = [bound["verdict"] for bound in bounds]
    return next((each for each in ("missed", "not compared", "met") if each in found), "no bound")


class Section:
    """The figures of one run, in their order. `script` is what measures one group of them again, or all where it is `whole`."""

    def __init__(self, name, script, peer="", processor="", only=None, whole=False):
        self.whole = whole
        self.path = BUILD / f"{name}.json"
        self.script, self.peer, self.processor = script, peer, processor
        self.only, self.group, self.figures = only or [], "", []

    def add(self, name, shown, value=None, unit="", peer="", bounds=()):
        """`shown` and `peer` are for people, `value` and `unit` for programs."""
        listed = [bound.data() for bound in bounds]
        self.figures.append(
            {
                "name": name,
                "value": value,
                "unit": unit,
                "shown": shown,
                "peer": peer,
                "bounds": listed,
                "verdict": verdict(listed),
                "group": self.group,
                "repeat": self.script if self.whole else f"{self.script} --only {self.group}",
                "processor": self.processor,
                "date": time.strftime("%Y-%m-%d"),
            }
        )
        said = f" ({self.peer} {peer})" if peer else ""
        print(f"bench: {name}: {shown}{said}: {self.figures[-1]['verdict']}", flush=True)

    def not_measured(self, name, why):
        self.add(name, f"not measured: {why}")
        self.figures[-1]["verdict"] = "not measured"

    def measure(self, groups):
        """Runs functions that add figures; what fails is a figure of its own. False where one failed."""
        BUILD.mkdir(parents=True, exist_ok=True)
        failed = 0
        for group in groups:
            self.group = group.__name__.replace("_", "-")
            if self.only and self.group not in self.only:
                continue
            try:
                group()
            except FAILURES as error:
                failed += 1
                self.add(group.__name__.replace("_", " "), f"FAILED: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
                self.figures[-1]["verdict"] = "failed"
        self.save()
        return not failed

    def save(self):
        """A run of some groups replaces these in what an earlier run left."""
        figures = list(self.figures)
        if self.only and self.path.exists():
            earlier = json.loads(self.path.read_text())["figures"]
            groups = list(dict.fromkeys(figure["group"] for figure in earlier + figures))
            taken = {figure["group"] for figure in figures}
            both = [figure for figure in earlier if figure["group"] not in taken] + figures
            figures = sorted(both, key=lambda figure: groups.index(figure["group"]))
        data = {"peer": self.peer, "figures": figures}
        self.path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def processor():
    """What the measured program says of the machine."""
    status = subprocess.run([SWIFTLET, "status"], capture_output=True, text=True, cwd=ROOT)
    if status.returncode != 0:
        raise SystemExit(f"bench: {SWIFTLET.relative_to(ROOT)} status: {status.stderr.strip()}; is it built?")
    return "; ".join(" ".join(line.split()) for line in status.stdout.splitlines()[1:3])
