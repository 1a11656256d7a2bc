"""nestc and swiftlet at work on what the factory made."""

import json
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile

import numpy as np

from factory.failure import Failure

ROOT = pathlib.Path(__file__).resolve().parents[3]


def program(name):
    """Where nestc or swiftlet is: SWIFTLET_BIN, this repository's release build, or PATH."""
    places = [os.environ.get("SWIFTLET_BIN"), ROOT / ".build/release"]
    for place in places:
        if place and (pathlib.Path(place) / name).exists():
            return str(pathlib.Path(place) / name)
    if found := shutil.which(name):
        return found
    raise Failure(f"{name} is missing: swift build -c release --product {name}, or SWIFTLET_BIN=FOLDER with it in")


def call(*words):
    """What a program prints. Throws Failure with its own message where it fails."""
    run = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if run.returncode != 0:
        said = (run.stderr.strip() or run.stdout.strip() or "no message").splitlines()[-1]
        raise Failure(f"{pathlib.Path(str(words[0])).name} {words[1]}: exit {run.returncode}: {said[:300]}")
    return run.stdout


def compile_nest(onnx_file, nest, name, classes, metadata):
    """Makes a nest of an ONNX file, with `metadata` in it and the classes' names, where there are any."""
    words = [word for key, value in metadata.items() for word in ("--set", f"{key}={value}")]
    with tempfile.TemporaryDirectory() as folder:
        if classes:
            labels = pathlib.Path(folder) / "labels.json"
            labels.write_text(json.dumps(classes))
            words += ["--labels", labels]
        call(program("nestc"), onnx_file, "-o", nest, "--name", name, *words)


def run_nest(nest, inputs, kind):
    """The nest's answers to inputs (batch, channels, height, width), one row each; `kind`: numpy's name of their type."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        # Nests take channels last.
        (folder / "in.bin").write_bytes(np.ascontiguousarray(inputs.transpose(0, 2, 3, 1), np.float32).tobytes())
        call(program("nestc"), "run", nest, folder / "in.bin", "-o", folder / "out")
        return np.fromfile(folder / "out0.bin", kind).reshape(len(inputs), -1)


def agreement(nest, network, inputs):
    """How the nest's int8 answers compare with an integer network's, inputs as a float32 tensor."""
    expected = network.integers(inputs).numpy()
    if expected.ndim == 4:
        expected = expected.transpose(0, 2, 3, 1).reshape(len(inputs), -1)
    found = run_nest(nest, inputs.numpy(), "int8")
    if found.shape != expected.shape:
        raise Failure(f"{nest}: answers of {found.shape[1]} numbers, {expected.shape[1]} expected")
    difference = np.abs(found.astype(int) - expected)
    return {"inputs": len(inputs), "integers": int(found.size), "equal": int((difference == 0).sum()), "largest": int(difference.max())}


def finished(source, nest, name, data, accuracy, place=None):
    """A nest that says how right it is and what it costs, as one of a family has to; gives what a result says of it.

    - data: whose classes and metadata it gets. - accuracy: the share of the test part that is right. - place: where its cost is measured;
    without one that is this machine.
    """
    compile_nest(source, nest, name, data.classes, data.metadata)
    said = measure(nest)
    cost, unit, where = said["bench"]["milliseconds"]["median"], "ms", platform.machine()
    if place:
        cost, unit, where = round(place.measure(nest, 200)["cost"], 4), place.unit, place.identity()["on"]
    known = {"measured.accuracy": f"{accuracy:.4f}", "measured.cost": f"{cost:g} {unit}", "measured.on": where}
    compile_nest(source, nest, name, data.classes, data.metadata | known)
    bench = said["bench"]
    return {"bytes": os.path.getsize(nest), "milliseconds": bench["milliseconds"]["median"], "arena": bench["bytes"]["arena"],
            "accuracy": accuracy}


def measure(nest, runs=200):
    """Size and the median time of one inference on this machine, one thread."""
    said = json.loads(call(program("swiftlet"), "bench", nest, "--threads", 1, "--runs", runs, "--json").splitlines()[-1])
    return {"bytes": os.path.getsize(nest), "bench": said}
