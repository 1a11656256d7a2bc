"""What tests of the command have in common."""

import contextlib
import io
import json
import pathlib
import tempfile
import unittest

from factory.command import main


def run(*words):
    """(status, standard output, standard error)"""
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        try:
            status = main([str(word) for word in words])
        except SystemExit as end:
            status = end.code
    return status, out.getvalue(), error.getvalue()


class Case(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def result(self, *words):
        status, said, error = run(*words)
        self.assertEqual(status, 0, error)
        return json.loads(said)

    def refused(self, pattern, *words):
        status, _, error = run(*words)
        self.assertNotEqual(status, 0)
        self.assertRegex(error, pattern)
        self.assertEqual(len(error.strip().splitlines()), 1, error)
