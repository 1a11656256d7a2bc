"""From cycles and cache misses to milliseconds on a board, with two factors fitted to published times."""

import csv
import dataclasses
import itertools
import math
import pathlib

PUBLISHED = pathlib.Path(__file__).with_name("published-times.tsv")
LINE = 64


@dataclasses.dataclass(frozen=True)
class Board:
    """`hits`: cycles to the second and, where there is one, the third cache. `memory`: nanoseconds to a line that no prefetcher
    sees coming. `bandwidth`: bytes a nanosecond of one core reading lines in a row. Nominal; the fit scales them."""

    name: str
    core: str
    gigahertz: float
    hits: tuple
    memory: float
    bandwidth: float


BOARDS = [
    Board("Pi Zero 2 W", "cortex-a53", 1.0, (13,), 150, 1.2),
    Board("Pi 3B+", "cortex-a53", 1.4, (13,), 150, 2.0),
    Board("Pi 4", "cortex-a72", 1.8, (18,), 120, 4.0),
    Board("Pi 5", "cortex-a76", 2.4, (11, 38), 110, 10.0),
]


def stall(board, misses):
    """Cycles that misses cost with nominal latencies. A line in a stream comes from a near cache in a quarter of its latency, from
    memory at the memory's rate."""
    levels = len(board.hits) + 1
    sum_of_cycles = 0.0
    for level in range(levels):
        beyond = misses[level + 1] if level + 1 < levels else (0, 0)
        stream, alone = (max(0, here - there) for here, there in zip(misses[level], beyond))
        if level + 1 < levels:
            sum_of_cycles += alone * board.hits[level] + stream * board.hits[level] / 4
        else:
            sum_of_cycles += (alone * board.memory + stream * LINE / board.bandwidth) * board.gigahertz
    return sum_of_cycles


def milliseconds(board, cycles, misses, factors):
    """`factors`: what a cycle of llvm-mca's pipeline and a cycle of stall really take."""
    return (factors[0] * cycles + factors[1] * stall(board, misses)) / board.gigahertz / 1e6


def published():
    lines = [line for line in PUBLISHED.read_text().splitlines() if not line.startswith("#")]
    return [row | {"ms": float(row["ms"])} for row in csv.DictReader(lines, delimiter="\t")]


def scale(least, most, steps):
    return [least * (most / least) ** (index / (steps - 1)) for index in range(steps)]


def fit(boards, known):
    """Factors of each board of one core: the cycles' factor is the core's, the stalls' the board's. `known`: board's name to
    (cycles, misses, milliseconds measured), a list. Least squares of the logarithms."""

    def error(board, factors):
        return sum(math.log(milliseconds(board, cycles, misses, factors) / ms) ** 2 for cycles, misses, ms in known[board.name])

    best = None
    for cycle_factor in scale(0.3, 3, 120):
        chosen = {}
        for board in boards:
            chosen[board.name] = min(((error(board, (cycle_factor, each)), each) for each in scale(0.05, 10, 120)))
        sum_of_errors = sum(each for each, _ in chosen.values())
        if best is None or sum_of_errors < best[0]:
            best = (sum_of_errors, {name: (cycle_factor, each) for name, (_, each) in chosen.items()})
    return best[1]


def fitted(estimates, rows):
    """Factors of every board, from the rows that calibrate. `estimates`: (work, core) to (cycles, misses)."""
    factors = {}
    for core, group in itertools.groupby(BOARDS, key=lambda board: board.core):
        boards = list(group)
        known = {board.name: [] for board in boards}
        for row in rows:
            if row["half"] == "calibration" and row["board"] in known and (row["work"], core) in estimates:
                known[row["board"]].append((*estimates[row["work"], core], row["ms"]))
        if all(known.values()):
            factors |= fit(boards, known)
    return factors


def judged(estimates, rows, factors):
    """Rows with the estimate and its ratio to what was measured."""
    boards = {board.name: board for board in BOARDS}
    found = []
    for row in rows:
        board = boards[row["board"]]
        if board.name in factors and (row["work"], board.core) in estimates:
            estimate = milliseconds(board, *estimates[row["work"], board.core], factors[board.name])
            found.append(row | {"estimate": estimate, "ratio": estimate / row["ms"]})
    return found


def spread(ratios):
    """The largest factor by which estimates are off, either way, and the factor that is typical (mean of the logarithms' sizes)."""
    sizes = [abs(math.log(ratio)) for ratio in ratios]
    return math.exp(max(sizes)), math.exp(sum(sizes) / len(sizes))
