"""Cost tables: their arithmetic against a plain calculation, real measurements of a few parts, and places that go away."""

import contextlib
import json
import os
import pathlib
import stat
import unittest
from unittest import mock

import made_up
from case import Case

from factory import families, made, measuring, nests, parts, places, spaces
from factory.failure import Failure
from factory.plan import INPUT, Node, Plan
from factory.table import Table

SHAPE, CLASSES = (1, 24, 2), 2


def price(plan):
    """A made-up cost of a whole network that is linear in each size: predictions from any grid of it are exact."""
    total = 1000.0
    shapes = plan.shapes()
    for node in plan.nodes:
        channels, height, width = shapes[node.inputs[0]]
        depth = channels if node.operation != "conv" or not node.depthwise else 1
        total += 7 + 3 * depth * max(1, node.channels) * height * width * node.kernel[0] + 11 * channels
    return total


class MadeUpPlace:
    """Answers with `price`; goes away after so many answers."""

    unit, deterministic = "instructions", True

    def __init__(self, answers=1 << 30):
        self.answers, self.asked = answers, 0

    def identity(self):
        return {"on": "made up", "binary": "none"}

    def measure(self, plan, runs):
        self.asked += 1
        if self.asked > self.answers:
            raise places.Gone("made up doesn't answer any more")
        if not isinstance(plan, Plan):
            # A nest of a trained network.
            return {"cost": 1234.0, "arena": 0, "weights": 0}
        return {"cost": price(plan), "arena": 10 * plan.products(), "weights": plan.parameters()}


@contextlib.contextmanager
def at(place):
    """Tables are measured there, and nothing is compiled."""
    with mock.patch.object(places, "parse", lambda *_: place), mock.patch.object(made, "nest", lambda plan, *_: plan):
        yield


def small_space():
    """Fewer sizes than there are, so that tests are quick."""
    return mock.patch.multiple(spaces, CHANNELS=(8, 16, 24, 32), MEASURED_CHANNELS=(8, 24, 32), KERNELS=(3, 5), MOST_BLOCKS=3)


class Arithmetic(Case):
    def words(self, *more):
        if not (self.folder / "motion.csv").exists():
            made_up.motion(self.folder / "motion.csv")
        return ["table", self.folder / "motion.csv", "-o", self.folder / "t.json", "--on", "here", "--quiet", "--json", *more]

    def test_predictions(self):
        """Sums and interpolations of a cost that is linear in each size are that cost, for networks that weren't measured."""
        with at(MadeUpPlace()), small_space():
            said = self.result(*self.words("--check", "30"))
            table = Table.read(self.folder / "t.json")
            space, unmeasured = table.space, 0
            for seed in range(30):
                plan = space.plan(space.draw(seed))
                unmeasured += any(part.name not in table.networks["int8"] for part in parts.parts_of(plan).values())
                self.assertAlmostEqual(table.predicted(plan, "int8").cost / price(plan), 1, places=9)
                self.assertEqual(table.predicted(plan, "int8").weights, plan.parameters())
        self.assertGreater(unmeasured, 10, "nothing was interpolated")
        self.assertEqual(said["errors"]["float"]["within5"], 1)
        self.assertEqual(said["errors"]["float"]["networks"], 30)

    def test_factor(self):
        """Where whole networks take a quarter more than their parts, that is learnt from ten and right for the others."""
        place = MadeUpPlace()
        place.measure = lambda plan, _: {"cost": price(plan) * (1 if len(plan.nodes) < 4 else 1.25), "arena": 1, "weights": 1}
        with at(place), small_space():
            said = self.result(*self.words("--check", "12", "--forms", "float"))["errors"]["float"]
        self.assertAlmostEqual(said["factor"], 1.25, places=9)
        self.assertEqual((said["networks"], said["within5"]), (12, 1))

    def test_plain_interpolation(self):
        """Between four corners, against the formula written out."""
        names = {}
        for low, high, value in ((8, 8, 10), (8, 24, 50), (24, 8, 30), (24, 24, 200)):
            part = parts.part(Node("conv", "", [INPUT], high, relu=True), (low, 12, 1), False)
            names[part.name] = {"cost": [value + 5], "arena": 0, "weights": 0}
            names[part.base] = {"cost": [5, 9], "arena": 0, "weights": 0}
        table = Table.new(self.folder / "t.json", "sequence", SHAPE, CLASSES, {"on": "here"}, "milliseconds")
        table.networks["float"] = names
        with small_space():
            plan = Plan((1, 12, 1), [Node("conv", "a", ["input"], 12, relu=True), Node("conv", "b", ["a"], 20, relu=True)])
            part = parts.parts_of(plan)["b"]
            expected = 0.75 * (0.25 * 10 + 0.75 * 50) + 0.25 * (0.25 * 30 + 0.75 * 200)
            self.assertAlmostEqual(table._interpolated(part, "float").cost, expected, places=9)

    def test_not_covered(self):
        with at(MadeUpPlace()), small_space():
            self.result(*self.words("--check", "0", "--forms", "float"))
            table = Table.read(self.folder / "t.json")
            space = table.space
            for chosen, pattern in (
                ({"first": (8, 5, 2), "blocks": ((64, 5, 1),)}, "block0point: convolution 1x1 .*: 64 channels; the table has 8 to 32"),
                ({"first": (8, 7, 2), "blocks": ()}, "stem: first convolution 7x2 .* is nothing that the table has"),
            ):
                with self.assertRaisesRegex(Failure, pattern):
                    table.predicted(space.plan(chosen), "float")
            with self.assertRaisesRegex(Failure, "nothing of int8 networks was measured"):
                table.predicted(space.plan(space.draw(0)), "int8")

    def test_place_that_goes_away(self):
        """What was measured is kept, one line says so, the same command goes on and measures nothing twice."""
        with small_space():
            with at(MadeUpPlace(answers=50)):
                self.refused(r"doesn't answer any more; 50 networks measured are kept in .*t.json", *self.words())
            kept = json.loads((self.folder / "t.json").read_text())["networks"]["float"]
            self.assertEqual(len(kept), 50)
            place = MadeUpPlace()
            with at(place):
                said = self.result(*self.words("--check", "2"))
            self.assertEqual(place.asked, sum(said["networks"].values()) - 50 + 2 * 12)
            again = MadeUpPlace(answers=0)
            with at(again):
                self.result(*self.words("--check", "2"))

    def test_broken_tables(self):
        target = self.folder / "t.json"
        with at(MadeUpPlace()), small_space():
            for text, pattern in (("", "no cost table"), ("[]", "no cost table"), ('{"table": 9}', "version 9"),
                                  ('{"table": 1, "family": "sequence"}', "no cost table")):
                target.write_text(text)
                self.refused(pattern, *self.words())
            target.unlink()
            self.result(*self.words("--check", "0"))
            fields = json.loads(target.read_text())
            for changed in ({"shape": [1, 30, 2]}, {"place": {"on": "elsewhere"}}):
                target.write_text(json.dumps(fields | changed))
                self.refused("is a table of another", *self.words())
            next(iter(fields["networks"]["float"].values()))["cost"] = ["dear"]
            target.write_text(json.dumps(fields))
            self.refused("no cost table: entries without numbers", *self.words())
        self.refused("--on moon: here, ssh:", "table", self.folder / "motion.csv", "-o", target, "--on", "moon")
        made_up.pictures(self.folder / "pictures")
        with at(MadeUpPlace()):
            self.refused("of windows of sound or motion", "table", self.folder / "pictures", "-o", self.folder / "p.json", "--on", "here")


def has_programs():
    try:
        return bool(nests.program("nestc") and nests.program("swiftlet"))
    except Failure:
        return False


class Spaces(unittest.TestCase):
    def test_by_hand(self):
        """The network made by hand is the family's, and is one of the space."""
        for family, shape in (("sequence", (1, 64, 6)), ("sequence", (1, 49, 32)), ("mobile", (3, 32, 32)), ("mobile", (1, 28, 28))):
            space = spaces.space(family, shape, 5)
            answers = space.by_hand()

            def answer(name, values, answers=answers):
                self.assertIn(answers[name], values)
                return answers[name]

            self.assertEqual(space.plan(space.sample(answer)).as_json(), families.build(family, shape, 5, 16).as_json())

    def test_grids(self):
        """Every network that may be drawn is covered by the grid of its space."""
        for family, shape in (("sequence", (1, 49, 32)), ("mobile", (3, 33, 40))):
            space = spaces.space(family, shape, 5)
            table = Table.new("t.json", family, shape, 5, {"on": "here"}, "milliseconds")
            measured = {name: price(plan) for name, plan in measuring._networks(space).items()}
            table.networks["float"] = {name: {"cost": [cost], "arena": 1, "weights": 1} for name, cost in measured.items()}
            for seed in range(60):
                plan = space.plan(space.draw(seed))
                self.assertLess(abs(table.predicted(plan, "float").cost / price(plan) - 1), 0.02)


class Measured(Case):
    @unittest.skipUnless(has_programs(), "no nestc and swiftlet")
    def test_here(self):
        """Memory of a whole network from that of its parts, by the real compiler and engine."""
        space = spaces.space("sequence", SHAPE, CLASSES)
        plan = space.plan({"first": (8, 3, 2), "blocks": ((16, 3, 1), (16, 5, 2))})
        place = places.parse("here")

        def weights_of(plan, form):
            return place.measure(made.nest(plan, form, self.folder, "one"), 2)["weights"]

        for form in made.FORMS:
            weights = sum(weights_of(part.network(), form) - (weights_of(part.base_network(), form) if part.base else 0)
                          for part in parts.parts_of(plan).values())
            self.assertLess(abs(weights / weights_of(plan, form) - 1), 0.05)

    @unittest.skipUnless(has_programs(), "no nestc and swiftlet")
    def test_over_ssh(self):
        """A stand-in for ssh carries commands out here, for a while."""
        calls = self.folder / "calls"
        stand_in = self.folder / "ssh"
        stand_in.write_text(f'#!/bin/sh\necho x >> {calls}\n[ $(wc -l < {calls}) -gt ${{LAST:-1000}} ] && '
                            'echo "ssh: connect to host board port 22: No route to host" >&2 && exit 255\n'
                            'for word; do last=$word; done\nexec sh -c "$last"\n')
        stand_in.chmod(stand_in.stat().st_mode | stat.S_IXUSR)
        binaries = pathlib.Path(nests.program("swiftlet")).parent
        path = {"PATH": f"{self.folder}:{binaries}:{os.environ['PATH']}"}
        made_up.motion(self.folder / "motion.csv")
        words = ["table", self.folder / "motion.csv", "-o", self.folder / "t.json", "--on", "ssh:user@board", "--quiet", "--json",
                 "--rounds", "1", "--check", "0", "--forms", "int8"]
        tiny = mock.patch.multiple(spaces, CHANNELS=(8,), MEASURED_CHANNELS=(8,), KERNELS=(3,), FIRST_STEPS=(4,), STEPS=(1,))
        with tiny, mock.patch.dict(os.environ, path | {"LAST": "4"}):
            self.refused("can't be reached: ssh: connect .* No route to host; 3 networks measured are kept", *words)
        with tiny, mock.patch.dict(os.environ, path):
            said = self.result(*words)
        self.assertEqual(said["place"]["on"], "ssh:user@board")
        self.assertGreater(said["networks"]["int8"], 5)
        self.assertEqual(list(pathlib.Path("/tmp").glob(f"factory-{os.getpid()}.nest")), [])
        with tiny, mock.patch.dict(os.environ, path):
            self.assertEqual(self.result(*words[:2], "-o", self.folder / "c.json", *words[4:], "--copy", "--binary",
                                         nests.program("swiftlet"))["place"], said["place"])
            self.addCleanup(pathlib.Path("/tmp/factory-swiftlet").unlink, missing_ok=True)
            self.refused("ssh:user@board: .*", *words[:2], "-o", self.folder / "u.json", *words[4:], "--binary", "/nowhere/swiftlet")


if __name__ == "__main__":
    unittest.main()
