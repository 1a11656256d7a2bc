#!/usr/bin/env python3
"""Measures Swiftlet's figures, beside LiteRT where that is installed, and writes them as data: build/bench/model.json.

usage: bench/figures.py [--only GROUP …]      (bench.sh builds what it measures; a GROUP is a function below, with hyphens)

Every number comes from this run. What can't be measured here is a line that says why.
"""

import json
import os
import pathlib
import platform
import random
import statistics
import subprocess
import sys
import tarfile
import time

import counting
import detections as detection
from counting import PEERS
from record import BOARD, BUILD, NESTC, ROOT, SWIFTLET, Section, at_least, at_most, processor

DATA = pathlib.Path(os.environ.get("SWIFTLET_DATA", ROOT.parent / "shared" / "data"))
MODELS = ROOT / "models"
PEERS_ON_ARM = os.environ.get("PEERS") == "1"
LITERT = [sys.executable, str(pathlib.Path(__file__).with_name("litert-run.py"))]
LITERT_ENVIRONMENT = os.environ | {"PYTHONPATH": str(PEERS / "native")}

TFLITE = {
    "MobileNetV2": "tf2_mobilenet_v2_1.0_224_ptq.tflite",
    "keyword spotting": "kws_ref_model.tflite",
    "visual wake words": "vww_96_int8.tflite",
    "image classification": "pretrainedResnet_quant.tflite",
    "anomaly detection": "ad01_int8.tflite",
}
section = Section("model", "bench/figures.py", peer="LiteRT 2.3.0", only=sys.argv[2:] if sys.argv[1:2] == ["--only"] else None)


def swiftlet(*words, program=SWIFTLET):
    run = subprocess.run([str(word) for word in (program, *words)], capture_output=True, text=True, cwd=ROOT)
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: exit {run.returncode}: {run.stderr.strip()}")
    return run.stdout


def answers(*words):
    return [json.loads(line) for line in swiftlet(*words, "--json").splitlines()]


def nest_of(name):
    """The TFLite model compiled for this run; None where there is no data folder."""
    source = DATA / "tflite" / TFLITE[name]
    if not source.exists():
        return None, None
    nest = BUILD / (source.stem + ".nest")
    subprocess.run([NESTC, source, "-o", nest], check=True, capture_output=True)
    return source, nest


def input_bytes(nest):
    """Bytes of one input, and whether they are floats."""
    sizes = {"int8": 1, "uint8": 1, "float32": 4}
    entry = answers("info", nest)[0]["programs"][0]["inputs"][0]
    count = 1
    for size in entry["shape"].split("x"):
        count *= int(size)
    return count * sizes[entry["type"]], entry["type"]


def agreement():
    for name in TFLITE:
        source, nest = nest_of(name)
        if nest is None:
            section.not_measured(f"{name}, outputs equal to LiteRT's", f"no {TFLITE[name]} in {DATA}")
            continue
        size, _ = input_bytes(nest)
        samples = 20
        generator = random.Random(1)
        inputs, ours, theirs = BUILD / "in.bin", BUILD / "ours.bin", BUILD / "theirs.bin"
        inputs.write_bytes(generator.randbytes(size * samples))
        swiftlet("infer", nest, inputs, "-o", ours)
        subprocess.run([*LITERT, str(source), "infer", str(inputs), str(theirs)], check=True, env=LITERT_ENVIRONMENT, capture_output=True)
        a, b = ours.read_bytes(), theirs.read_bytes()
        if len(a) != len(b):
            raise RuntimeError(f"{name}: {len(a)} bytes of output, LiteRT gives {len(b)}")
        # Steps between int8 values: a wrap-around would read as a large one.
        signed = lambda byte: byte - 256 if byte > 127 else byte
        unsigned = answers("info", nest)[0]["metadata"].get("output.unsigned") == "1"
        steps = [abs(x - y) if unsigned else abs(signed(x) - signed(y)) for x, y in zip(a, b)]
        equal = sum(step == 0 for step in steps) / len(steps)
        section.add(
            f"{name}: output values equal to LiteRT's, {samples} random inputs",
            f"{equal:.2%}, largest difference {max(steps)}",
            max(steps),
            "steps",
            bounds=[at_most(max(steps), 1, "within 1")],
        )


def keywords():
    archive = DATA / "tflite" / "kws01_1000_features.tgz"
    _, nest = nest_of("keyword spotting")
    if nest is None or not archive.exists():
        return
    with tarfile.open(archive) as tar:
        files = {pathlib.PurePath(member.name).name: tar.extractfile(member).read() for member in tar if member.isfile()}
    entries = [line.split(",") for line in files["y_labels.csv"].decode().split()]
    inputs, outputs = BUILD / "in.bin", BUILD / "ours.bin"
    inputs.write_bytes(b"".join(files[name] for name, _, _ in entries))
    swiftlet("infer", nest, inputs, "-o", outputs)
    scores = outputs.read_bytes()
    classes = int(entries[0][1])
    right = 0
    for index, (_, _, label) in enumerate(entries):
        values = [byte - 256 if byte > 127 else byte for byte in scores[index * classes : (index + 1) * classes]]
        right += values.index(max(values)) == int(label)
    share = 100 * right / len(entries)
    section.add(
        f"keyword spotting, {len(entries)} labelled vectors", f"{share:.1f} % right", share, "%", bounds=[at_least(share, 90.2, "90.2 %")]
    )


def labelled_pictures():
    folder = MODELS / "sources" / "imagenet"
    # The label is in the name: imagenet_NN_LABEL.jpg.
    pictures = {str(path): int(path.stem.split("_")[2]) for path in sorted(folder.glob("*.jpg"))}
    validation = DATA / "images" / "val"
    if (validation / "labels.csv").exists():
        for line in (validation / "labels.csv").read_text().split()[1:]:
            name, label = line.split(",")
            pictures[str(validation / name)] = int(label)
    return pictures


def accuracy():
    pictures = labelled_pictures()
    right, tops = {}, {}
    for model in ("efficientnet-lite0-float", "efficientnet-lite0"):
        found = answers("classify", *pictures, "--top", "1", "--model", model)
        tops[model] = [entry["results"][0]["index"] for entry in found]
        right[model] = sum(pictures[entry["image"]] == entry["results"][0]["index"] for entry in found)
    count = len(pictures)
    full, small = right["efficientnet-lite0-float"], right["efficientnet-lite0"]
    same = sum(a == b for a, b in zip(*tops.values()))
    gained = (small - full) / count * 100
    section.add(
        f"EfficientNet-Lite0, {count} pictures: right in float / int8",
        f"{full / count:.1%} / {small / count:.1%}, {gained:+.1f} points; same answer on {same}",
        gained,
        "points",
        bounds=[at_least(gained, -1.5, "within 1.5 points")],
    )


def names():
    """Names that a classifier gives to detected objects, on pictures whose one label is known."""
    pictures = labelled_pictures()
    labels = json.loads((MODELS / "imagenet-labels.json").read_text())
    said = right = 0
    post = []
    for entry in answers("detect", *pictures, "--names", "efficientnet-lite0"):
        given = [thing["name"] for thing in entry["objects"] if "name" in thing]
        said += len(given)
        right += given.count(labels[pictures[entry["image"]]].split(",")[0])
        if given:
            post.append(entry["milliseconds"]["post"])
    if not said:
        raise RuntimeError("no object has a name")
    share = 100 * right / said
    section.add(
        f"names in boxes, {len(pictures)} pictures: right of those said",
        f"{right} of {said}, {share:.0f} %",
        share,
        "%",
        bounds=[at_least(share, 80, "80 %")],
    )
    middle = statistics.median(post)
    section.add(
        "boxes and their names after the network, a picture with names",
        f"{middle:.1f} ms; at most {max(post):.1f} ms",
        middle,
        "ms",
        bounds=[at_most(middle, 10, "10 ms")],
    )


def detections():
    """The int8 detector against the float one, on pictures that calibration hasn't seen."""
    folder = DATA / "images"
    pictures = sorted((folder / "val").glob("*.JPEG")) + sorted(folder.glob("*.jpg"))
    if not pictures:
        return section.not_measured("YOLOX-Nano: objects in int8 and in float", f"no pictures in {folder}")
    expected, found = (answers("detect", *pictures, "--model", name) for name in ("yolox-nano", "yolox-nano-int8"))
    score, common, total, reference = detection.f1(found, expected)
    section.add(
        f"YOLOX-Nano, int8 against float, {len(pictures)} pictures: F1 of objects (overlap 0.5, score 0.3)",
        f"{score:.3f}: {common} in common, {reference} in float, {total} in int8",
        score,
        bounds=[at_least(score, 0.9, "0.90")],
    )


def instructions():
    for name in ("MobileNetV2", "keyword spotting", "visual wake words", "image classification"):
        source, nest = nest_of(name)
        if nest is None:
            continue
        for core in counting.CORES:
            ours = counting.per_repetition(core, lambda runs: [BOARD, "bench", nest, "--threads", "1", "--runs", runs])
            theirs = counting.litert(core, source) if PEERS_ON_ARM else None
            section.add(
                f"{name}: aarch64 instructions, {core}",
                f"{ours / 1e6:.3f} M",
                ours / 1e6,
                "million",
                f"{theirs / 1e6:.3f} M ({ours / theirs:.2f}×)" if theirs else "",
                [at_most(ours / 1e6, theirs and theirs / 1e6, "fewer than LiteRT")],
            )


def network_steps():
    """One step of the attitude network."""
    for name, weights in (("riann", "float32"), ("riann-int8", "int8")):
        for core in counting.CORES:
            ours = counting.per_repetition(core, lambda runs: [BOARD, "bench", MODELS / f"{name}.nest", "--threads", "1", "--runs", runs])
            section.add(f"RIANN, {weights} weights: aarch64 instructions a step, {core}", f"{ours / 1e3:.1f} k", ours / 1e3, "thousand")


def inclination():
    """Of the filter alone and with the network, on recorded trials with a camera reference."""
    trials = sorted((DATA / "pose").glob("*.npy"))
    if not trials:
        return
    for network in (None, "riann", "riann-int8"):
        more = ["--network", network] if network else []
        words = ("--rate", "285.7142857", "--reference", "ref", *more)
        errors = [answers("pose", trial, *words)[-1]["rmse_deg"]["inclination"] for trial in trials]
        section.add(
            f"inclination, RMS, {len(trials)} trials, {'filter with ' + network if network else 'filter alone'}",
            f"{statistics.mean(errors):.3f}° ({', '.join(f'{error:.3f}' for error in errors)})",
            statistics.mean(errors),
            "degrees",
            bounds=[at_most(statistics.mean(errors), 0.72, "0.72° at most")],
        )


def times():
    for name in ("MobileNetV2", "keyword spotting", "visual wake words", "image classification"):
        source, nest = nest_of(name)
        if nest is None:
            continue
        ours, theirs = [], []
        with subprocess.Popen(
            [*LITERT, str(source), "time"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=LITERT_ENVIRONMENT,
        ) as peer:
            # Turn by turn, so that what else the machine does falls on both alike.
            for _ in range(11):
                ours.append(answers("bench", nest, "--threads", "1", "--runs", "20")[0]["milliseconds"]["median"])
                rounds = []
                for _ in range(20):
                    peer.stdin.write("\n")
                    peer.stdin.flush()
                    rounds.append(float(peer.stdout.readline()))
                theirs.append(statistics.median(rounds))
            peer.stdin.close()
        ratio = statistics.median(b / a for a, b in zip(ours, theirs))
        section.add(
            f"{name}: {platform.machine()} time, one thread",
            f"{statistics.median(ours):.3f} ms",
            statistics.median(ours),
            "ms",
            f"{statistics.median(theirs):.3f} ms ({ratio:.2f}× ours)",
            [at_least(ratio, 1, "not slower than LiteRT")],
        )


def memory():
    shape = answers("info", "efficientnet-lite0")[0]
    bound = shape["programs"][0]["arenaBytes"] + shape["fileBytes"] + 1_000_000
    # The process reads its own resident set before the model is loaded and after the runs: what a parent sees of a
    # child's peak includes the parent's own memory from before the child's program began.
    words = ("bench", "efficientnet-lite0", "--threads", "1", "--runs", "5")
    whole = answers(*words)[0]["bytes"]
    grown = whole["processGrowth"] / 1e6
    section.add(
        "EfficientNet-Lite0: memory over the process's own start",
        f"{grown:.2f} MB",
        grown,
        "MB",
        bounds=[at_most(grown, bound / 1e6, f"arena + model + 1 MB = {bound / 1e6:.2f} MB at most")],
    )
    # This machine's libraries are a good part of a process; the board's has none.
    least = whole["processPeak"] - whole["processGrowth"]
    for more in (6_000_000, 4_500_000):
        budget = least + more
        within = answers(*words, "--budget", str(budget))[0]["bytes"]
        section.add(
            f"the whole process, with a budget {more / 1e6:.1f} MB above its start",
            f"{within['processPeak'] / 1e6:.2f} MB",
            within["processPeak"] / 1e6,
            "MB",
            bounds=[at_most(within["processPeak"] / 1e6, budget / 1e6, f"{budget / 1e6:.2f} MB at most")],
        )


def start_up():
    picture = MODELS / "sources" / "pictures" / "rocket.jpg"
    words = [str(SWIFTLET), "classify", str(picture), "--threads", "1"]
    walls = []
    for _ in range(21):
        begin = time.perf_counter()
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        walls.append((time.perf_counter() - begin) * 1000)
    inference = answers("bench", "efficientnet-lite0", "--threads", "1", "--runs", "20")[0]["milliseconds"]["median"]
    wall = statistics.median(walls)
    section.add(
        "process start to first classification, picture decoded, to exit",
        f"{wall:.1f} ms, of it one inference {inference:.1f} ms",
        wall,
        "ms",
        bounds=[at_most(wall, 30 + inference, f"30 ms + one inference = {30 + inference:.1f} ms at most")],
    )


def frames():
    count = 60
    path = BUILD / "frames.yuyv"
    frame = random.Random(2).randbytes(1920 * 1080 * 2)
    with open(path, "wb") as file:
        for _ in range(count):
            file.write(frame)
    lines = answers("classify", "--frames", "1920x1080:yuyv", path, "--threads", "1")
    summary = lines[-1]["summary"]
    path.unlink()
    each = summary["millisecondsPerFrame"]
    section.add(
        "1080p YUYV frames, conversion + EfficientNet-Lite0, one thread",
        f"{summary['framesPerSecond']:.1f} frames/s (convert {each['convert']:.2f} ms, network {each['network']:.2f} ms)",
        summary["framesPerSecond"],
        "frames/s",
        bounds=[at_least(summary["framesPerSecond"], 30, "30 frames/s")],
    )


def board_size():
    size = BOARD.stat().st_size / 1e6
    section.add(
        "board binary, static, with sensors, console, language and speech",
        f"{size:.2f} MB",
        size,
        "MB",
        bounds=[at_most(size, 3.3, "3.3 MB at most")],
    )


def main():
    section.processor = processor()
    groups = (board_size, agreement, keywords, accuracy, names, detections, instructions, network_steps, inclination, times, memory)
    groups += (start_up, frames)
    sys.exit(0 if section.measure(groups) else 1)


if __name__ == "__main__":
    main()
