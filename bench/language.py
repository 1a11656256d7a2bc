#!/usr/bin/env python3
"""Measures the language model beside llama.cpp (PyPI: xllamacpp), turn by turn in the same run, and writes the figures as
data: build/bench/language.json. The budget sweep is drawn too: build/budget-sweep.svg.

usage: bench/language.py [--only GROUP …]      (bench.sh builds what it measures; a GROUP is a function below, with hyphens)

PEERS=1 also counts llama.cpp's aarch64 instructions.
"""

import functools
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

import agreement
import counting
import limits
from counting import PEERS
from record import BOARD, BUILD, NESTC, ROOT, SWIFTLET, Section, at_least, at_most, processor
from sweep_plot import plot

NEST = ROOT / "models" / "smollm2-135m.nest"
GGUF = ROOT / "models" / "sources" / "smollm2-135m.gguf"
LLAMA = [sys.executable, str(pathlib.Path(__file__).with_name("llama-run.py"))]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(PEERS / "native")}
ROUNDS = 5
DECODED = 64
SHORT = "The history of the bicycle begins with"
SENTENCES = (
    "The river that crosses the old town was straightened in the nineteenth century, and its former arms are gardens now.",
    "Every board has a clock of its own, and no two of them agree for long.",
    "In spring the swifts come back within a few days of each other, and nobody knows quite how they do it.",
    "A bridge that is built of many small parts can be mended part by part.",
)
section = Section("language", "bench/language.py", peer="llama.cpp", only=sys.argv[2:] if sys.argv[1:2] == ["--only"] else None)


def generate(text, *words, program=SWIFTLET, prefix=()):
    command = [*prefix, program, "generate", text, "--model", NEST, "--temperature", "0", "--seed", "0", "--json", *words]
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=ROOT)
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {run.returncode}: {run.stderr.strip()}")
    return json.loads(run.stdout)


class Llama:
    """A process that answers a line with the figures of one completion."""

    def __init__(self, threads):
        self.process = subprocess.Popen(
            [*LLAMA, str(GGUF), str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=ENVIRONMENT,
        )

    def complete(self, text, tokens):
        self.process.stdin.write(json.dumps({"prompt": text, "tokens": tokens}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("llama.cpp ended; is build/peers complete?")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def paragraph(tokens):
    """A text of about so many tokens that doesn't repeat itself word for word."""
    words, text = 0, ""
    while words < tokens * 0.8:
        sentence = SENTENCES[words % len(SENTENCES)]
        text += f"{words}. {sentence} "
        words += len(sentence.split()) + 2
    return text


def compare(figure, ours, narrow, theirs, decimals, least, rate_least=None):
    """Medians of tokens a second, and the median of the ratios of neighbouring runs."""
    ratio = lambda mine: statistics.median(a / b for a, b in zip(mine, theirs))
    rate = lambda values: f"{statistics.median(values):.{decimals}f}"
    bounds = [at_least(ratio(ours), least, f"{least:.1f}× llama.cpp")]
    if rate_least:
        bounds.append(at_least(statistics.median(ours), rate_least, f"{rate_least} tokens/s"))
    section.add(
        figure,
        f"{rate(ours)} tokens/s; with --activations 8 {rate(narrow)} ({ratio(narrow):.2f}× llama.cpp)",
        statistics.median(ours),
        "tokens/s",
        f"{rate(theirs)} tokens/s (ours {ratio(ours):.2f}×)",
        bounds,
    )


def speed():
    long = paragraph(512)
    for threads in (1, 2):
        llama = Llama(threads)
        ours, narrow, theirs, our_prompt, narrow_prompt, their_prompt, counts = [], [], [], [], [], [], set()
        words = ("--threads", threads, "--context", "1024")
        eight = ("--activations", 8)
        llama.complete(SHORT, 8)
        for _ in range(ROUNDS):
            ours.append(generate(SHORT, "--tokens", DECODED, *words)["tokensPerSecond"])
            narrow.append(generate(SHORT, "--tokens", DECODED, *words, *eight)["tokensPerSecond"])
            theirs.append(llama.complete(SHORT, DECODED)["decode"])
            answer = generate(long, "--tokens", 1, *words)
            our_prompt.append(answer["promptTokensPerSecond"])
            narrow_prompt.append(generate(long, "--tokens", 1, *words, *eight)["promptTokensPerSecond"])
            reply = llama.complete(long, 1)
            their_prompt.append(reply["prompt"])
            counts |= {answer["promptTokens"], reply["promptTokens"]}
        llama.close()
        plural = "thread" if threads == 1 else "threads"
        compare(f"decode, {threads} {plural}", ours, narrow, theirs, 1, 1.0, 50 if threads == 1 else None)
        prompt = f"prompt of {'/'.join(map(str, sorted(counts)))} tokens, {threads} {plural}"
        compare(prompt, our_prompt, narrow_prompt, their_prompt, 0, 0.7)


def drafts():
    text = "The seasons, again and again:" + " spring, summer, autumn, winter;" * 8
    plain = generate(text, "--tokens", DECODED, "--threads", 1)
    drafted = generate(text, "--tokens", DECODED, "--threads", 1, "--draft", 8)
    if plain["text"] != drafted["text"]:
        raise RuntimeError("drafts changed the text")
    section.add(
        "a text that repeats itself, drafts of 8, one thread",
        f"{drafted['tokensPerSecond']:.1f} tokens/s, without drafts {plain['tokensPerSecond']:.1f}; the same text",
        drafted["tokensPerSecond"],
        "tokens/s",
    )


def memory():
    answer = generate(SHORT, "--tokens", 16, "--threads", 1, "--context", 512)
    weights = answer["bytes"]["residentWeights"]
    whole, most = answer["bytes"]["process"] / 1e6, (weights + 25e6) / 1e6
    section.add(
        "resident memory, whole process, context of 512",
        f"{whole:.1f} MB, weights {weights / 1e6:.1f} MB",
        whole,
        "MB",
        bounds=[at_most(whole, most, f"weights + 25 MB = {most:.1f} MB at most")],
    )


def start_up():
    text = "It was the best of times, it was the worst of times, it was the age of"
    answers = [generate(text, "--tokens", 1, "--threads", 1, "--context", 512) for _ in range(7)]
    totals = [answer["loadMilliseconds"] + answer["firstTokenMilliseconds"] for answer in answers]
    total = statistics.median(totals)
    section.add(
        f"start to first token, {answers[0]['promptTokens']} tokens of prompt, one thread, files in the page cache",
        f"{total:.0f} ms",
        total,
        "ms",
        bounds=[at_most(total, 300, "300 ms at most")],
    )


def model_copy(path):
    """A file that nobody else has open: what others map stays in the page cache, and isn't charged to a limited group."""
    copy = BUILD / ("limited" + path.suffix)
    if not copy.exists() or copy.stat().st_mtime < path.stat().st_mtime:
        shutil.copyfile(path, copy)
    return copy


def streamed(budget, few=4, more=12):
    """Tokens a second and bytes read a token within a budget; where control groups allow it, with the budget as the
    limit too, page cache included, and with the bytes that the kernel counted."""
    if limits.why_not():
        answer = generate(SHORT, "--tokens", more, "--threads", 2, "--context", 128, "--budget", budget)
        return {"budget": budget, "rate": answer["tokensPerSecond"], "read": answer["bytes"]["streamed"] / answer["tokens"]}
    nest, read = model_copy(NEST), []
    for tokens in (few, more):
        command = [
            SWIFTLET,
            "generate",
            SHORT,
            "--model",
            nest,
            "--temperature",
            "0",
            "--json",
            "--tokens",
            tokens,
            "--threads",
            2,
            "--context",
            128,
            "--budget",
            budget,
        ]
        output, counted = limits.run(command, budget, [nest], cwd=ROOT)
        answer = json.loads(output)
        if answer["bytes"]["processPeak"] > budget:
            raise RuntimeError(f"{answer['bytes']['processPeak']} bytes resident with a budget of {budget}")
        read.append(counted["read"])
    return {"budget": budget, "rate": answer["tokensPerSecond"], "read": max(0, read[1] - read[0]) / (more - few)}


@functools.cache
def llama_overhead():
    """Bytes that Python and llama.cpp are charged for beside the model's file."""
    gguf = model_copy(GGUF)
    _, counted = limits.run([*LLAMA, gguf, 2, 4], 1 << 33, [gguf], environment=ENVIRONMENT)
    if counted["peak"] is None:
        raise RuntimeError("this kernel doesn't say how much memory a control group took at most")
    return counted["peak"] - gguf.stat().st_size


def mapped(memory, few=2, more=5):
    """The same of llama.cpp, which maps its file, under a limit of `memory` above its own needs."""
    gguf, read = model_copy(GGUF), []
    for tokens in (few, more):
        output, counted = limits.run([*LLAMA, gguf, 2, tokens], memory + llama_overhead(), [gguf], environment=ENVIRONMENT)
        read.append(counted["read"])
    rate = json.loads(output.splitlines()[-1])["predicted_per_second"]
    return {"budget": memory, "rate": rate, "read": max(0, read[1] - read[0]) / (more - few)}


def sweep():
    whole = generate(SHORT, "--tokens", 1, "--threads", 2, "--context", 128)["bytes"]["residentWeights"]
    ours = [streamed(int(whole * share)) for share in (1.3, 1.1, 0.9, 0.7, 0.5, 0.35, 0.25)]
    theirs = [] if limits.why_not() else [mapped(int(whole * share)) for share in (1.3, 1.1, 0.9, 0.6, 0.35)]
    point = lambda each: f"{each['budget'] / 1e6:.0f} MB: {each['rate']:.1f} tokens/s, {each['read'] / 1e6:.0f} MB a token"
    words = lambda points: "; ".join(map(point, points))
    section.add("budget sweep (build/budget-sweep.svg)", words(ours), peer=words(theirs))
    plot(ROOT / "build" / "budget-sweep.svg", ours, theirs, whole)


def under_a_limit():
    if reason := limits.why_not():
        section.not_measured("under a memory limit of a third of the weights", reason)
        return
    whole = generate(SHORT, "--tokens", 1, "--threads", 2, "--context", 128)["bytes"]["residentWeights"]
    limit = whole // 3
    ours, theirs = streamed(limit), mapped(limit)
    ratio = ours["read"] / theirs["read"]
    section.add(
        f"bytes read a token, the whole process under a memory limit of weights/3 = {limit / 1e6:.0f} MB",
        f"{ours['read'] / 1e6:.0f} MB, {ours['rate']:.1f} tokens/s",
        ours["read"] / 1e6,
        "MB",
        f"{theirs['read'] / 1e6:.0f} MB, {theirs['rate']:.1f} tokens/s (ours {ratio:.2f}×; its limit counts the file alone)",
        [at_most(ratio, 0.7, f"0.7× llama.cpp (M − B = {(whole - limit) / 1e6:.0f} MB)")],
    )


def large_model(megabytes=1200, budget=400_000_000, few=2, more=6):
    """A model of random weights, three times as large as the memory that it gets."""
    nest, tokens = BUILD / f"synthetic-{megabytes}.nest", BUILD / "tokens.txt"
    if not nest.exists() or nest.stat().st_mtime < NESTC.stat().st_mtime:
        command = [NESTC, "synthetic", "--megabytes", str(megabytes), "--output", nest]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    figure = f"a generated model of {nest.stat().st_size / 1e6:.0f} MB, the process under a memory limit of {budget / 1e6:.0f} MB"
    if reason := limits.why_not():
        section.not_measured(figure, reason)
        return
    read, seconds = [], []
    for count in (few, more):
        tokens.write_text(" ".join(map(str, range(1, count + 1))))
        command = [NESTC, "perplexity", nest, "--tokens", tokens, "--rows", 1, "--context", 128, "--threads", 2, "--budget", budget]
        begin = time.perf_counter()
        _, counted = limits.run(command, budget, [nest], cwd=ROOT)
        seconds.append(time.perf_counter() - begin)
        if counted["largest"] > budget:
            raise RuntimeError(f"{counted['largest']} bytes resident with a budget of {budget}")
        read.append(counted["read"])
    step = more - few
    read_each, missing = (read[1] - read[0]) / step / 1e6, (nest.stat().st_size - budget) / 1e6
    # The budget is the whole process's: what the program itself takes of it can't hold weights.
    section.add(
        figure,
        f"{read_each:.0f} MB read and {(seconds[1] - seconds[0]) / step:.2f} s a token, "
        f"{counted['largest'] / 1e6:.0f} MB resident at most",
        read_each,
        "MB",
        bounds=[at_most(read_each, 1.05 * missing, f"M − B = {missing:.0f} MB and a twentieth at most")],
    )


def instructions():
    def board(tokens):
        return [BOARD, "generate", SHORT, "--model", NEST, "--temperature", "0", "--tokens", tokens, "--threads", 1, "--context", 128]

    def each(core, more):
        return (counting.count(core, board(10) + more) - counting.count(core, board(2) + more)) / 8

    for core in counting.CORES:
        ours, narrow = each(core, []), each(core, ["--activations", 8])
        theirs = None
        if os.environ.get("PEERS") == "1":
            python = next((PEERS / "root" / "usr" / "bin").glob("python3.*[0-9]"))
            environment = {"PYTHONPATH": str(PEERS / "aarch64"), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
            options = {"environment": environment, "prefix": PEERS / "root", "as_core": True}
            run = lambda tokens: counting.count(core, [python, LLAMA[1], GGUF, 1, tokens], **options)
            theirs = (run(6) - run(2)) / 4
        section.add(
            f"aarch64 instructions a decoded token, {core}",
            f"{ours / 1e6:.1f} M; with --activations 8 {narrow / 1e6:.1f} M",
            ours / 1e6,
            "million",
            f"{theirs / 1e6:.1f} M ({ours / theirs:.2f}×)" if theirs else "",
            [at_most(ours / 1e6, theirs and theirs / 1e6, "1.0× llama.cpp")] if core == "cortex-a76" else [],
        )


def predictions():
    agreement.add_figures(section, NESTC, NEST, GGUF)


def main():
    section.processor = processor()
    groups = (predictions, speed, drafts, memory, start_up, sweep, under_a_limit, large_model, instructions)
    sys.exit(0 if section.measure(groups) else 1)


if __name__ == "__main__":
    main()
