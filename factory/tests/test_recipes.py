"""The command, from made-up data to nests, and what it says of bad input."""

import json
import resource
import signal
import unittest
from unittest import mock

import made_up
import torch
from case import Case, run

from factory import data, nests
from factory.failure import Failure
from factory.run_folder import MODEL, RunFolder
from factory.training import Trainer

QUICK = ["--epochs", "2", "--batch", "16", "--quiet", "--json"]


class Recipes(Case):
    def test_pictures(self):
        """All recipes one after the other, on pictures that a person could tell apart."""
        source, place = made_up.pictures(self.folder / "data", each=40), self.folder
        trained = self.result("train", source, "-o", place / "a", "--family", "residual", "--width", "16", *QUICK, "--epochs", "6")
        self.assertGreater(trained["accuracy"]["test"], 0.6)
        self.assertEqual(sum(trained["examples"].values()), 120)
        teachers = ["--teacher", place / "a", "--teacher", place / "a/model.onnx"]
        self.result("distil", source, "-o", place / "b", *teachers, "--family", "mobile", "--width", "8", *QUICK)
        pruned = self.result("prune", place / "a", "--data", source, "-o", place / "c", "--keep", "0.4", *QUICK)
        self.assertLessEqual(pruned["parameters"], 0.4 * trained["parameters"])
        self.assertLess(pruned["nests"]["float"]["bytes"], trained["nests"]["float"]["bytes"])
        whole = self.result("quantise", place / "c", "--data", source, "-o", place / "d", *QUICK, "--epochs", "1")
        self.assertGreaterEqual(whole["accuracy"]["validation"], whole["untrained"]["validation"])
        self.assertEqual(whole["agreement"]["equal"], whole["agreement"]["integers"])
        model = place / "a/model.onnx"
        foreign = self.result("quantise", model, "--data", source, "-o", place / "e", *QUICK, "--epochs", "1")
        self.assertEqual(foreign["agreement"]["equal"], foreign["agreement"]["integers"])
        for name in ("card.md", "course.svg", "model.onnx", "int8.nest", "log.jsonl"):
            self.assertTrue((place / "d" / name).exists(), name)
        status, table, _ = run("report", *(place / name for name in "abcd"))
        self.assertEqual(status, 0)
        self.assertIn("| c | ", table)
        self.assertIn("integers", table)

    def test_patience(self):
        source = made_up.pictures(self.folder / "data")
        result = self.result("train", source, "-o", self.folder / "a", "--width", "8", *QUICK, "--epochs", "50", "--patience", "2",
                             "--rate", "1e-9")
        self.assertLess(result["epochs"], 10)

    def test_people_whom_folders_split(self):
        for part in ("train", "test"):
            made_up.pictures(self.folder / "data" / part, each=6)
        notes = data.load(self.folder / "data", person="^0*([0-9])").notes
        self.assertTrue(any("as the folders have them" in note for note in notes), notes)

    def test_motion(self):
        source = made_up.motion(self.folder / "motion.csv")
        found = data.load(source)
        self.assertEqual(found.shape, (1, 24, 2))
        self.assertEqual([len(found.x[part]) % 6 for part in data.PARTS], [0, 0, 0], "a person is in two parts")
        self.assertAlmostEqual(float(found.x["train"].std()), 1, places=2)
        self.assertNotIn("window.rate", found.metadata)
        rated = self.folder / "rated.csv"
        lines = source.read_text().splitlines()
        rated.write_text("".join(f"{line},{'rate' if number == 0 else 50}\n" for number, line in enumerate(lines)))
        again = data.load(rated)
        self.assertEqual(again.metadata, found.metadata | {"window.rate": "50"})
        self.assertEqual(again.shape, found.shape)
        result = self.result("train", source, "-o", self.folder / "a", "--family", "sequence", "--width", "8", *QUICK)
        quantised = self.result("quantise", self.folder / "a", "--data", source, "-o", self.folder / "b", *QUICK, "--epochs", "1")
        self.assertEqual(quantised["agreement"]["equal"], quantised["agreement"]["integers"])
        self.assertIn("float", result["nests"])
        inspected = nests.call(nests.program("nestc"), "inspect", self.folder / "b/int8.nest")
        self.assertRegex(inspected, rf"measured.accuracy +{quantised['accuracy']['test']:.4f}")
        self.assertRegex(inspected, "measured.cost +[0-9.e-]+ ms")

    def test_sound(self):
        source = made_up.sounds(self.folder / "data")
        result = self.result("train", source, "-o", self.folder / "a", "--family", "sequence", "--width", "8", "--person", "_(.*)[.]",
                             *QUICK, "--epochs", "40")
        self.assertEqual(result["accuracy"]["test"], 1.0)
        self.assertIn("people are apart", (self.folder / "a/card.md").read_text())
        # The firmware makes the same features of a sound, and says the same.
        for name in ("high", "low"):
            file = next((source / name).glob("*.wav"))
            said = nests.call(nests.program("swiftlet"), "hear", file, "--model", self.folder / "a/float.nest", "--json")
            self.assertEqual([sound["label"] for sound in json.loads(said)["sounds"]], [name])

    def test_interrupted(self):
        """A run that is interrupted between epochs and called again ends with the same bits as one that isn't."""
        source = made_up.pictures(self.folder / "data")
        words = ["train", source, "--family", "mobile", "--width", "8", *QUICK, "--epochs", "3", "--name", "same"]
        self.result(*words, "-o", self.folder / "whole")
        checkpoint, calls = Trainer._checkpoint, []

        def interrupt(trainer):
            checkpoint(trainer)
            calls.append(1)
            if len(calls) == 2:
                raise KeyboardInterrupt

        with mock.patch.object(Trainer, "_checkpoint", interrupt):
            status, _, error = run(*words, "-o", self.folder / "parts")
        self.assertEqual(status, 130, error)
        self.result(*words, "-o", self.folder / "parts")
        one, other = (torch.load(self.folder / name / MODEL, weights_only=True)["state"] for name in ("whole", "parts"))
        for name, value in one.items():
            self.assertTrue(torch.equal(value, other[name]), name)

    def test_interrupted_pruning(self):
        """The same while the network changes its shape."""
        source = made_up.pictures(self.folder / "data")
        self.result("train", source, "-o", self.folder / "a", "--width", "16", *QUICK)
        words = ["prune", self.folder / "a", "--data", source, "--keep", "0.4", *QUICK, "--epochs", "4", "--name", "same"]
        self.result(*words, "-o", self.folder / "whole")
        checkpoint = Trainer._checkpoint

        def interrupt(trainer):
            checkpoint(trainer)
            if trainer.epoch == 2:
                raise KeyboardInterrupt

        with mock.patch.object(Trainer, "_checkpoint", interrupt):
            self.assertEqual(run(*words, "-o", self.folder / "parts")[0], 130)
        self.result(*words, "-o", self.folder / "parts")
        one, other = (torch.load(self.folder / name / MODEL, weights_only=True)["state"] for name in ("whole", "parts"))
        for name, value in one.items():
            self.assertTrue(torch.equal(value, other[name]), name)


class BadInput(Case):
    def train(self, source, *words):
        return ["train", source, "-o", self.folder / "run", "--width", "8", *QUICK, *words]

    def test_classes(self):
        made_up.pictures(self.folder / "one", classes=1)
        self.refused("only one class, class0", *self.train(self.folder / "one"))
        made_up.pictures(self.folder / "two", classes=2)
        (self.folder / "two/nothing").mkdir()
        self.refused("class nothing has no pictures", *self.train(self.folder / "two"))
        self.refused("nothing of that name", *self.train(self.folder / "nowhere"))

    def test_broken_pictures(self):
        source = made_up.pictures(self.folder / "data")
        (source / "class0/000.png").write_bytes((source / "class0/001.png").read_bytes()[:60])
        (source / "class1/000.png").write_bytes(b"no picture")
        found = data.load(source)
        self.assertEqual(sum(len(values) for values in found.x.values()), 70)
        self.assertEqual(len([note for note in found.notes if "left out" in note]), 2)

    def test_loss_without_end(self):
        source = made_up.pictures(self.folder / "data")
        words = self.train(source, "--rate", "100", "--batch", "2")
        self.refused(r"the loss is (nan|inf) in epoch 1, step \d+ of \d+; a lower --rate", *words)

    def test_full_disk(self):
        """A limit on file sizes stands for the disk's end: a line, and nothing half written."""
        folder = RunFolder(self.folder / "run", {"name": "a"})
        before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
            with self.assertRaisesRegex(Failure, "model.pt: File too large; the run can go on"):
                folder.save("model.pt", bytes(10_000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)
        self.assertEqual(sorted(file.name for file in (self.folder / "run").iterdir()), ["options.json"])

    def test_motion(self):
        source = made_up.motion(self.folder / "motion.csv")
        lines = source.read_text().splitlines()
        for changed, pattern in (
            (lines[:5] + ["0,walk,p0,nothing,1"] + lines[5:], "line 6: not a number"),
            (lines[:5] + ["0,walk,p0,nan,1"] + lines[5:], "line 6: a value that isn't finite"),
            (lines[:-1], "window 47 has 23 rows"),
            (["a,b", "1,2"], "columns window, label"),
            (lines[:1], "no rows"),
            ([f"{line},{'rate' if place == 0 else place % 2 + 50}" for place, line in enumerate(lines)], "column rate: one number"),
            ([f"{line},{'rate' if place == 0 else 'fast'}" for place, line in enumerate(lines)], "column rate: one number"),
        ):
            source.write_text("\n".join(changed) + "\n")
            self.refused(pattern, *self.train(source, "--family", "sequence"))

    def test_other_options(self):
        source = made_up.pictures(self.folder / "data")
        self.result(*self.train(source))
        self.refused(r"holds a run with other options \(rate\)", *self.train(source, "--rate", "0.2"))
        (self.folder / "run/model.pt").write_bytes(b"no model")
        self.refused("model.pt: can't be read", "prune", self.folder / "run", "--data", source, "-o", self.folder / "b", *QUICK)
        self.refused("no finished run", "quantise", self.folder / "data", "--data", source, "-o", self.folder / "b", *QUICK)

    def test_broken_teacher(self):
        source = made_up.pictures(self.folder / "data")
        (self.folder / "teacher.onnx").write_bytes(b"no model")
        self.refused("teacher.onnx: ONNX Runtime can't load it", "distil", source, "-o", self.folder / "b", "--teacher",
                     self.folder / "teacher.onnx", *QUICK)


if __name__ == "__main__":
    unittest.main()
