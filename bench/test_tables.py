"""Bounds decide, and a miss shows: in the table and in the status."""

import contextlib
import io
import pathlib
import tempfile
import unittest

import record
import tables


class TablesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.addCleanup(setattr, record, "BUILD", record.BUILD)
        self.addCleanup(setattr, tables, "BUILD", tables.BUILD)
        record.BUILD = tables.BUILD = self.folder

    def run_groups(self, *groups, only=None):
        section = record.Section("model", "bench/figures.py", peer="Peer", processor="p", only=only)
        self.section = section
        with contextlib.redirect_stdout(io.StringIO()):
            return section.measure(groups)

    def shown(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = tables.show()
        return status, out.getvalue()

    def speed(self):
        self.section.add("speed", "3 a second", 3, "1/s", bounds=[record.at_least(3, self.least, "2 a second")])

    def size(self):
        self.section.add("size", "5 MB", 5, "MB", peer="6 MB", bounds=[record.at_most(5, None, "smaller than Peer")])

    def broken(self):
        raise RuntimeError("no such thing\nmore")

    def test_verdicts(self):
        self.assertEqual(
            [
                record.at_most(1, 1, "").verdict(),
                record.at_most(2, 1, "").verdict(),
                record.at_least(2, 1, "").verdict(),
                record.at_least(0.5, 1, "").verdict(),
                record.at_most(1, None, "").verdict(),
            ],
            ["met", "missed", "met", "missed", "not compared"],
        )
        several = [bound.data() for bound in (record.at_most(1, 2, "a"), record.at_most(3, 2, "b"))]
        self.assertEqual([record.verdict(several), record.verdict([])], ["missed", "no bound"])

    def test_what_is_met_ends_well_and_what_is_missed_does_not(self):
        self.least = 2
        self.assertTrue(self.run_groups(self.speed, self.size))
        self.assertEqual(self.shown()[0], 0)
        self.least = 4
        self.assertTrue(self.run_groups(self.speed, self.size))
        status, text = self.shown()
        self.assertEqual(status, 1)
        self.assertIn("| speed | 3 a second |  | 2 a second | **missed** |", text)
        self.assertIn("bench: missed: speed: 3 has to be at least 4 (2 a second); again: bench/figures.py --only speed", text)

    def test_a_figure_that_fails_is_one(self):
        self.assertFalse(self.run_groups(self.broken))
        status, text = self.shown()
        self.assertEqual(status, 1)
        self.assertIn("FAILED: no such thing", text)

    def test_no_figures_are_no_success(self):
        self.assertEqual(self.shown()[0], 1)

    def test_a_part_replaces_that_part(self):
        self.least = 2
        self.run_groups(self.speed, self.size)
        self.least = 4
        self.run_groups(self.speed, self.size, only=["speed"])
        figures = {figure["name"]: figure["verdict"] for figure in tables.load(self.folder, "model")["figures"]}
        self.assertEqual(list(figures.items()), [("speed", "missed"), ("size", "not compared")])

    def test_only_the_table_of_readme_changes(self):
        readme = "a\n<!-- model figures -->\nold\n<!-- /model figures -->\nb\n"
        self.assertEqual(tables.replaced(readme, "model", "new\n"), readme.replace("old", "new"))
        with self.assertRaises(SystemExit):
            tables.replaced("a\n", "model", "new\n")


if __name__ == "__main__":
    unittest.main()
