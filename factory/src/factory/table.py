"""A cost table: what each part of a search space costs in one place, measured, and the prediction of whole networks from it.

A network costs the sum of its parts, times one factor of the place: the median of what ten whole networks take, by the sum of theirs.
(Instructions add up; times don't quite, since a small network stays in the nearest cache.) A part costs what the network with it takes
more than the network without it (`parts.py`); between two sizes that were measured, cost is linear in each of a group's sizes. What lies
outside of the grid is refused by name.
"""

import dataclasses
import itertools
import json
import pathlib
import statistics

from factory import spaces, whole_file
from factory.failure import Failure
from factory.made import FORMS
from factory.parts import parts_of

VERSION = 1
# Whole networks are drawn with these seeds: the first ones for the factor, those after them show the error. `search` draws others.
FACTOR_SEEDS, FEWEST_FOR_FACTOR = range(1_000_000, 1_000_010), 5
AXES = {1: ("channels",), 2: ("channels", "positions"), 3: ("channels of the input", "channels", "positions")}


@dataclasses.dataclass
class Cost:
    """Of one inference: `cost` in the table's unit, `weights` and `arena` in bytes (weights as they lie in memory)."""

    cost: float
    weights: float
    arena: float


class Table:
    """`networks`: {form: {name: {"cost": [a number a round], "arena", "weights"}}}; `checks`: whole networks, predicted and measured."""

    def __init__(self, path, fields):
        self.path, self.fields, self.grids, self.factors = pathlib.Path(path), fields, {}, {}
        self.networks, self.checks = fields["networks"], fields["checks"]

    @staticmethod
    def new(path, family, shape, classes, identity, unit):
        return Table(path, {"table": VERSION, "family": family, "shape": list(shape), "classes": classes, "unit": unit,
                            "place": identity, "networks": {}, "checks": []})

    @staticmethod
    def read(path):
        """Throws Failure where it is no table."""
        try:
            fields = json.loads(pathlib.Path(path).read_text())
            if fields["table"] != VERSION:
                raise Failure(f"{path}: a table of version {fields['table']}; this factory reads {VERSION}")
            spaces.space(fields["family"], tuple(fields["shape"]), int(fields["classes"]))
            good = all(_is_measured(entry) for entries in fields["networks"].values() for entry in entries.values())
            good = good and all(_is_measured(entry) and entry["form"] in FORMS and int(entry["seed"]) >= 0 for entry in fields["checks"])
            if not good or fields["unit"] not in ("milliseconds", "instructions"):
                raise ValueError("entries without numbers")
            str(fields["place"]["on"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Failure(f"{path}: no cost table: {error}") from None
        return Table(path, fields)

    def save(self):
        whole_file.write_json(self.path, self.fields)

    @property
    def space(self):
        return spaces.space(self.fields["family"], tuple(self.fields["shape"]), self.fields["classes"])

    @property
    def unit(self):
        return self.fields["unit"]

    @property
    def on(self):
        return self.fields["place"]["on"]

    def require(self, form):
        """Throws Failure where nothing of a form was measured."""
        if not self.networks.get(form):
            raise Failure(f"{self.path}: nothing of {form} networks was measured; `factory table` with --forms {form} does")

    def predicted(self, plan, form):
        """The cost of a whole network. Throws Failure with the operation that the table doesn't cover."""
        cost = self._sum(plan, form)
        return dataclasses.replace(cost, cost=cost.cost * self.factor(form))

    def factor(self, form):
        """By how much whole networks take more than the sum of their parts; 1 where too few were measured."""
        if form not in self.factors:
            known = [entry for entry in self.checks if entry["form"] == form and entry["seed"] in FACTOR_SEEDS]
            ratios = [cost_of(entry) / self._sum(self.space.plan(self.space.draw(entry["seed"])), form).cost for entry in known]
            self.factors[form] = statistics.median(ratios) if len(ratios) >= FEWEST_FOR_FACTOR else 1.0
        return self.factors[form]

    def forget(self):
        """Has grids and factors made anew, after something was measured."""
        self.grids.clear()
        self.factors.clear()

    def _sum(self, plan, form):
        self.require(form)
        found = []
        for name, part in parts_of(plan).items():
            try:
                found.append(self._interpolated(part, form))
            except Failure as failure:
                raise Failure(f"{self.path}: {name}: {failure}") from None
        return Cost(sum(cost.cost for cost in found), sum(cost.weights for cost in found), max(cost.arena for cost in found))

    def _interpolated(self, part, form):
        grid = self._grid(form).get(part.group)
        if not grid:
            raise Failure(f"{part.group} is nothing that the table has")
        sides = []
        for axis, size in enumerate(part.sizes):
            known = sorted({sizes[axis] for sizes in grid})
            if not known[0] <= size <= known[-1]:
                raise Failure(f"{part.group}: {size} {AXES[len(part.sizes)][axis]}; the table has {known[0]} to {known[-1]}")
            sides.append(_neighbours(known, size))
        total = [0.0, 0.0, 0.0]
        for corner in itertools.product(*sides):
            sizes, share = tuple(size for size, _ in corner), 1.0
            for _, weight in corner:
                share *= weight
            if sizes not in grid:
                raise Failure(f"{part.group} of {' '.join(map(str, sizes))} wasn't measured; `factory table` goes on with the same command")
            total = [sum_of + share * value for sum_of, value in zip(total, grid[sizes])]
        return Cost(*total)

    def _grid(self, form):
        """{group: {sizes: (cost, weights, arena)}}, made once."""
        if form not in self.grids:
            grid, entries = {}, self.networks[form]
            for part in self.space.parts():
                if part.name in entries and (part.base is None or part.base in entries):
                    own = entries[part.name]
                    base = entries[part.base] if part.base else {"cost": [0], "weights": 0}
                    numbers = (cost_of(own) - cost_of(base), own["weights"] - base["weights"], own["arena"])
                    grid.setdefault(part.group, {})[part.sizes] = numbers
            self.grids[form] = grid
        return self.grids[form]

    def errors(self, form):
        """How far off predictions are for the whole networks checked, as shares of what was measured, signed."""
        return [entry["predicted"]["cost"] / cost_of(entry) - 1 for entry in self.checked(form)]

    def checked(self, form):
        """The whole networks of a form that were measured and predicted, and that the factor wasn't made of."""
        return [entry for entry in self.checks
                if entry["form"] == form and "predicted" in entry and entry["seed"] not in FACTOR_SEEDS]


def cost_of(entry):
    """Of several rounds the least: whatever else the machine did only adds. Instructions are counted once."""
    return min(entry["cost"])


def _is_measured(entry):
    numbers = [*entry["cost"], entry["arena"], entry["weights"]]
    return bool(entry["cost"]) and all(isinstance(number, (int, float)) and number >= 0 for number in numbers)


def _neighbours(known, size):
    """[(a size measured, its share)]: one where it is `size`, else the two around it."""
    if size in known:
        return [(size, 1.0)]
    above = next(value for value in known if value > size)
    below = known[known.index(above) - 1]
    share = (size - below) / (above - below)
    return [(below, 1 - share), (above, share)]


def summary(table):
    """{form: how good predictions are}, for those forms that were checked."""
    found = {}
    for form in table.networks:
        errors = sorted(abs(error) for error in table.errors(form))
        if errors:
            found[form] = {"factor": table.factor(form), "networks": len(errors),
                           "within5": sum(error <= 0.05 for error in errors) / len(errors),
                           "within10": sum(error <= 0.1 for error in errors) / len(errors), "median": statistics.median(errors),
                           "at90": errors[max(0, -(-9 * len(errors) // 10) - 1)], "largest": errors[-1]}
    return found
