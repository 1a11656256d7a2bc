"""What a step shows, and that its status comes through."""

import pathlib
import subprocess
import sys
import unittest

import quietly


class QuietlyTest(unittest.TestCase):
    def run_step(self, script):
        # The log of a test is a log like any other: its name says whose it is.
        return subprocess.run([sys.executable, quietly.__file__, "test of quietly", "sh", "-c", script], capture_output=True, text=True)

    def test_a_step_is_one_line(self):
        done = self.run_step("echo '[1/2] a'; echo '[2/2] b' >&2")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^test of quietly: done in \d s\n$")
        self.assertEqual(quietly.LOGS.joinpath("test-of-quietly.log").read_text(), "[1/2] a\n[2/2] b\n")

    def test_warnings_are_counted_once_each(self):
        done = self.run_step("echo 'a.c:1:2: warning: x'; echo 'a.c:1:2: warning: x'; echo 'b.c:1:2: warning: x'")
        self.assertIn("2 warnings, see build/log/test-of-quietly.log", done.stdout)

    def test_a_failure_shows_its_errors_and_its_end(self):
        done = self.run_step("echo 'a.c:1:2: error: first'; seq 100; exit 3")
        self.assertEqual(done.returncode, 3)
        self.assertEqual(
            [line in done.stdout.split("\n") for line in ("    a.c:1:2: error: first", "    80", "    100")], [True, False, True]
        )
        self.assertIn("all of it: build/log/test-of-quietly.log", done.stdout)

    def test_a_killed_step_and_a_missing_program_fail(self):
        self.assertEqual(self.run_step("kill -9 $$").returncode, 137)
        missing = subprocess.run([sys.executable, quietly.__file__, "test of quietly", "/no/such/program"], capture_output=True, text=True)
        self.assertEqual(missing.returncode, 127)
        self.assertIn("/no/such/program: No such file", missing.stdout)

    def test_the_bar(self):
        self.assertEqual(quietly.latest_progress("[1/9] x\n[3/9] y [8/4] [5"), (3, 9))
        self.assertIsNone(quietly.latest_progress("[a/b]"))
        self.assertEqual(quietly.bar("step", 1, 2, 80), "step [############............] 1/2")
        self.assertEqual(len(quietly.bar("step", 1, 2, 10)), 9)


if __name__ == "__main__":
    unittest.main()
