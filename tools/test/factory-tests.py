#!/usr/bin/env python3
"""Runs the model factory's tests with build/factory's Python; `make factory` makes that, and without it they are skipped.

usage: tools/test/factory-tests.py [TEST …]        (TEST: test_integers, say, or test_integers.Agreement)
"""

import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = ROOT / "build/factory/bin/python"


def main():
    if pathlib.Path(sys.prefix) != ROOT / "build/factory":
        if not (ROOT / "build/factory/complete").exists():
            print("factory: SKIPPED: PyTorch isn't there; make factory brings it")
            return 0
        import os

        os.execv(PYTHON, [str(PYTHON), __file__, *sys.argv[1:]])
    tests = ROOT / "factory/tests"
    sys.path.insert(0, str(tests))
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames(sys.argv[1:]) if sys.argv[1:] else loader.discover(str(tests))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    # A test counts once, however many of its parts failed.
    bad = len({getattr(test, "test_case", test).id() for test, _ in result.failures + result.errors})
    print(f"factory: {result.testsRun - bad} passed, {bad} failed")
    return 1 if bad or not result.testsRun else 0


sys.exit(main())
