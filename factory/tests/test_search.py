"""The search, on tiny data with a made-up cost table: what it chooses, that it goes on where it was interrupted, bad input."""

import json
import unittest
import xml.etree.ElementTree
from unittest import mock

import made_up
import torch
from case import Case, run
from test_table import MadeUpPlace, at, price

from factory import data, folds, nests, search, trials
from factory.failure import Failure
from factory.plan import Plan

QUICK = ["--epochs", "2", "--final-epochs", "2", "--batch", "16", "--seeds", "2", "--folds", "2", "--quiet", "--json"]
# The network made by hand has 64 channels at its end and five samples wide kernels.
SMALL = {"CHANNELS": tuple(range(8, 65, 8)), "MEASURED_CHANNELS": (8, 32, 64), "KERNELS": (3, 5), "MOST_BLOCKS": 4}


def space():
    from factory import spaces

    return mock.patch.multiple(spaces, **SMALL)


class Search(Case):
    def setUp(self):
        super().setUp()
        self.source, self.table = made_up.motion(self.folder / "motion.csv"), self.folder / "t.json"
        with at(MadeUpPlace()), space():
            self.result("table", self.source, "-o", self.table, "--on", "here", "--check", "0", "--quiet", "--json")

    def words(self, run, *more):
        return ["search", self.source, "-o", self.folder / run, "--table", self.table, "--trials", "6", "--name", "same", *QUICK, *more]

    def test_search(self):
        with at(MadeUpPlace()), space():
            result = self.result(*self.words("a"))
        self.assertEqual(sum(result["trials"].values()), 6)
        sides = result["sides"]
        for side in sides.values():
            self.assertEqual([len(side[name]) for name in ("float", "int8", "validation")], [2, 2, 2])
            self.assertAlmostEqual(side["predicted"]["cost"] / side["measured"]["cost"], 1, places=6)
        chosen = Plan.from_json(result["plan"])
        self.assertLessEqual(price(chosen), result["within"] + 1e-6)
        self.assertAlmostEqual(result["within"], sides["by hand"]["predicted"]["cost"], places=6)
        self.assertAlmostEqual(sides["chosen"]["predicted"]["cost"] / price(chosen), 1, places=9)
        for name in ("card.md", "model.onnx", "int8.onnx", "float.nest", "int8.nest", "result.json"):
            self.assertTrue((self.folder / "a" / name).exists(), name)
        inspected = nests.call(nests.program("nestc"), "inspect", self.folder / "a/int8.nest")
        self.assertRegex(inspected, rf"measured.accuracy +{result['nests']['int8']['accuracy']:.4f}")
        self.assertRegex(inspected, "measured.cost +1234 instructions")
        root = xml.etree.ElementTree.parse(self.folder / "a/pareto.svg").getroot()
        self.assertTrue(root.tag.endswith("svg"))
        status, said, _ = run("report", self.folder / "a", self.table)
        self.assertEqual(status, 0)
        self.assertIn("right on test, by hand → chosen", said)

    def test_interrupted(self):
        """A search that was interrupted, twice, tries the networks that one that wasn't does, and ends with the same bits."""
        with at(MadeUpPlace()), space():
            more = ["--within", "1e9-instructions"]
            whole = self.result(*self.words("whole", *more))
            accuracy = trials.accuracy
            for stop in (0, 2):
                calls = []

                def interrupt(*words):
                    calls.append(1)
                    if len(calls) > stop:
                        raise KeyboardInterrupt
                    return accuracy(*words)

                with mock.patch.object(trials, "accuracy", interrupt):
                    self.assertEqual(run(*self.words("parts", *more))[0], 130)
            parts = self.result(*self.words("parts", *more))
        for name in ("choice", "sides", "trials", "best"):
            self.assertEqual(whole[name], parts[name], name)
        one, other = (torch.load(self.folder / name / "model.pt", weights_only=True)["state"] for name in ("whole", "parts"))
        for name, value in one.items():
            self.assertTrue(torch.equal(value, other[name]), name)

    def test_refused(self):
        with at(MadeUpPlace()), space():
            for words, pattern in (
                (["--within", "2ms"], "--within 2ms: the table is of instructions"),
                (["--within", "much"], "--within much: a cost such as"),
                (["--within", "5-instructions"], "no network costs at most 5 instructions"),
                (["--folds", "20"], "20 folds of"),
                (["--folds", "1"], "--folds 1: "),
            ):
                self.refused(pattern, *self.words("bad" + words[1], *words))
            other = made_up.motion(self.folder / "other.csv", time=30)
            words = self.words("other")
            self.refused("is of inputs .* the data of", words[0], other, *words[2:])
            fields = json.loads(self.table.read_text())
            fields["networks"] = {"float": {}}
            self.table.write_text(json.dumps(fields))
            self.refused("t.json: nothing of float networks was measured", *self.words("empty"))

    def test_unmeasured(self):
        """Without its place a search ends all the same, and says that costs are predictions."""
        class Away(MadeUpPlace):
            def measure(self, plan, runs):
                raise Failure("away")

        with at(Away()), space():
            status, said, error = run(*self.words("a"))
        self.assertEqual(status, 0, error)
        self.assertIn("not measured: away", error)
        self.assertIsNone(json.loads(said)["sides"]["chosen"]["measured"])
        self.assertIn("not measured", (self.folder / "a/card.md").read_text())


class Judging(Case):
    def test_folds(self):
        """Every example is held out once, people stay together, and the test part isn't in it."""
        found = data.load(made_up.motion(self.folder / "motion.csv", people=12))
        parts = folds.folds(found, 3)
        held = torch.cat([part.x["validation"] for part in parts])
        known = torch.cat([found.x["train"], found.x["validation"]])
        self.assertEqual(sorted(held.sum((1, 2, 3)).tolist()), sorted(known.sum((1, 2, 3)).tolist()))
        self.assertEqual({len(part.x["validation"]) % 6 for part in parts}, {0}, "a person is on both sides")
        for part in parts:
            self.assertEqual(len(part.x["train"]) + len(part.x["validation"]), len(known))
            self.assertNotIn("test", part.x)

    def test_race(self):
        race = trials.Race()
        race.add(100, [0.7, 0.8, 0.81])
        for cost, rungs in ((90, [0.1]), (100, [0.7]), (200, [0.65]), (200, [0.5, 0.79]), (200, [0.7, 0.7, 0.8])):
            race.require(cost, rungs)
        for cost, rungs in ((100, [0.6]), (200, [0.7, 0.77]), (200, [0.7, 0.8, 0.7])):
            with self.assertRaises(trials.Stopped):
                race.require(cost, rungs)

    def test_limits(self):
        for text, unit, value in (("1.5ms", "milliseconds", 1.5), ("2e6-instructions", "instructions", 2e6), ("0.5s", "milliseconds", 500)):
            self.assertEqual(search.limit(text, unit), value)
        for text in ("", "ms", "0ms", "-1ms", "1e999-instructions", "1.2.3ms", "2e6"):
            with self.assertRaises(Failure):
                search.limit(text, "milliseconds")


if __name__ == "__main__":
    unittest.main()
