#!/usr/bin/env python3
"""Runs the ONNX project's own node tests, those of operators that nestc knows, and sorts them: right, refused with a reason, wrong.

usage: tools/test/onnx-nodes.py [--list right|refused|wrong|unknown] [--only PART] [--nestc PROGRAM]

A test is compiled up to twice: with its first real input computed and all others constant, as weights are, and with all real
inputs computed. Whole numbers (axes, shapes) are constant in both. The tests come with PyPI's onnx, installed into
build/onnx-nodes with the hash that goldens/requirements.txt has; without a network the check says so and passes.
"""

import argparse
import collections
import concurrent.futures
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PLACE = ROOT / "build/onnx-nodes"
PACKAGES = ("onnx", "numpy", "protobuf", "ml-dtypes", "typing-extensions")


def environment():
    """The interpreter with onnx in it, made where it isn't there; None without a network."""
    python = PLACE / "bin/python"
    if (PLACE / "complete").exists():
        return python
    wanted = [line for line in (ROOT / "goldens/requirements.txt").read_text().splitlines() if line.startswith(PACKAGES)]
    subprocess.run([sys.executable, "-m", "venv", PLACE], check=True)
    (PLACE / "requirements.txt").write_text("\n".join(wanted) + "\n")
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", PLACE / "requirements.txt"]
    if subprocess.run(install, capture_output=True).returncode != 0:
        return None
    (PLACE / "complete").touch()
    return python


def forms(test):
    """The test as models: (inputs that stay, model) for each form that differs."""
    import numpy
    import onnx
    from onnx import numpy_helper

    names = [info.name for info in test.model.graph.input]
    values = test.data_sets[0][0]
    real = [name for name, value in zip(names, values) if getattr(value, "dtype", None) == "float32"]
    seen = []
    for kept in (real[:1], real):
        if not kept or kept in seen:
            continue
        seen.append(kept)
        model = onnx.ModelProto()
        model.CopyFrom(test.model)
        del model.graph.input[:]
        for info, value in zip(test.model.graph.input, values):
            if info.name in kept:
                model.graph.input.append(info)
            else:
                model.graph.initializer.append(numpy_helper.from_array(numpy.asarray(value), info.name))
        yield kept, model


def arranged(value):
    """Images as nests take them, channels last."""
    if value.ndim == 4 and value.shape[2] > 1 and value.shape[3] > 1:
        value = value.transpose(0, 2, 3, 1)
    return value.astype("float32").tobytes()


def is_right(numpy, path, expected):
    if expected.dtype.kind in "iu":
        found = numpy.fromfile(path, expected.dtype if expected.dtype.itemsize == 1 else "int32")
    else:
        found = numpy.fromfile(path, "float32")
    if found.size != expected.size:
        return False
    wanted = expected.astype("float32" if expected.dtype.kind in "fb" else "int64")
    orders = [wanted] + ([wanted.transpose(0, 2, 3, 1)] if wanted.ndim == 4 else [])
    return any(numpy.allclose(found, order.ravel(), rtol=1e-3, atol=1e-5, equal_nan=True) for order in orders)


def judge(test, nestc):
    """What became of a test: a verdict and the reason for it."""
    import numpy

    values = [value for values in test.data_sets[0] for value in values]
    if not all(isinstance(value, (numpy.ndarray, numpy.generic)) and value.size > 0 for value in values):
        return "unknown", "sequences, or no values"
    verdicts = []
    for kept, model in forms(test):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "model.onnx").write_bytes(model.SerializeToString())
            made = subprocess.run([nestc, folder / "model.onnx", "-o", folder / "model.nest"], capture_output=True, text=True)
            if made.returncode != 0:
                reason = made.stderr.strip()
                unknown = "operator is missing" in reason or "operators are missing" in reason
                named = made.returncode == 1 and reason.startswith("nestc: ")
                verdicts.append(("unknown" if unknown else "refused" if named else "wrong", reason))
                continue
            names = [info.name for info in test.model.graph.input]
            files = []
            for name in kept:
                files.append(folder / f"input{len(files)}.bin")
                files[-1].write_bytes(arranged(test.data_sets[0][0][names.index(name)]))
            ran = subprocess.run([nestc, "run", folder / "model.nest", *files, "-o", folder / "y"], capture_output=True, text=True)
            if ran.returncode != 0:
                verdicts.append(("wrong", ran.stderr.strip()))
                continue
            outputs = test.data_sets[0][1]
            wrong = [i for i, value in enumerate(outputs) if not is_right(numpy, folder / f"y{i}.bin", numpy.asarray(value))]
            verdicts.append(("wrong", f"outputs {wrong} with {kept} computed") if wrong else ("right", ""))
    for wanted in ("wrong", "right", "refused", "unknown"):
        for verdict in verdicts:
            if verdict[0] == wanted:
                return verdict
    return "unknown", "no real input"


def compare(arguments):
    import warnings

    # The cases compute infinities on purpose.
    warnings.simplefilter("ignore")
    from onnx.backend.test.case.node import collect_testcases

    tests = [test for test in collect_testcases(None) if arguments.only in test.name and len(test.model.graph.node) > 0]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        verdicts = list(pool.map(lambda test: judge(test, arguments.nestc), tests))
    for test, (verdict, reason) in zip(tests, verdicts):
        if verdict in ("wrong", arguments.list):
            print(f"{verdict}: {test.name}: {reason[:300]}")
    count = collections.Counter(verdict for verdict, _ in verdicts)
    print(f"ONNX node tests of known operators: {count['right']} right, {count['refused']} refused with a reason, {count['wrong']} wrong")
    print(f"onnx nodes: {count['right'] + count['refused']} passed, {count['wrong']} failed")
    return 1 if count["wrong"] or not count["right"] else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", default="", help="also name the tests of this verdict")
    parser.add_argument("--only", default="", help="tests with this in their name")
    parser.add_argument("--nestc", default=str(ROOT / ".build/release/nestc"), help="the compiler; by default the one that was built last")
    arguments = parser.parse_args()
    if sys.prefix == sys.base_prefix:
        python = environment()
        if python is None:
            print("onnx nodes: SKIPPED: PyPI's onnx couldn't be installed; these tests need it")
            return 0
        return subprocess.run([python, __file__, *sys.argv[1:]]).returncode
    return compare(arguments)


sys.exit(main())
