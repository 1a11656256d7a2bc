"""How often a compiled model and llama.cpp name the same next token, and how often llama.cpp agrees with itself.

Three judges of the same weights: llama.cpp with the weights as float32, which rounds no activations and so tells what
the weights say; llama.cpp as it comes, which rounds them to 8 bits; and that with its other way of computing attention.
Nobody can agree with the second more often than it does with the first, unless they round alike to the last bit.
"""

import hashlib
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

from counting import PEERS
from record import BUILD, ROOT, at_least, at_most

BENCH = ROOT / "bench"
TEXTS = [ROOT / "Tests" / "golden" / "language-text.txt", *sorted((BENCH / "texts").glob("*.txt"))]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(PEERS / "native")}


def run(*words):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, env=ENVIRONMENT)
    if result.returncode != 0:
        raise RuntimeError(f"{words[1]}: exit {result.returncode}: {result.stderr.strip()[-300:]}")
    return result.stdout


def float_weights(gguf):
    out = BUILD / "float-weights.gguf"
    if not out.exists() or out.stat().st_mtime < gguf.stat().st_mtime:
        run(sys.executable, BENCH / "float-weights.py", gguf, out)
    return out


def predictions(gguf, text, *options):
    """What llama.cpp predicts; kept, because it takes a minute and depends on nothing but what is in the key."""
    script = ROOT / "goldens" / "language-predictions.py"
    key = hashlib.sha256(
        repr((gguf.name, gguf.stat().st_size, options)).encode()
        + text.read_bytes()
        + script.read_bytes()
        + (BENCH / "peers.sh").read_bytes()
    ).hexdigest()[:16]
    out = BUILD / f"predictions-{key}.json"
    if not out.exists():
        run(sys.executable, script, "reference", gguf, text, out, *options)
    return json.loads(out.read_text())


def ours(nestc, nest, tokens, *options):
    """The likeliest token and the logarithm of the real one's probability, after each token."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(" ".join(map(str, tokens)))
        file.flush()
        words = ("--tokens", file.name, "--predictions", "--context", "1024")
        lines = run(nestc, "perplexity", nest, *words, *options).strip().split("\n")
    return [(int(best), float(logarithm)) for _, best, logarithm in (line.split() for line in lines[:-1])]


def likeliest(reference):
    return [row["top"][0][0] for row in reference["rows"]]


def margins(reference, names):
    """How much likelier, in nats, the reference holds its own token than ours, where they differ (5 likeliest known)."""
    for row, name in zip(reference["rows"], names):
        if name != row["top"][0][0]:
            yield row["top"][0][1] - dict(map(tuple, row["top"])).get(name, -math.inf)


def share(pairs):
    pairs = list(pairs)
    return 100 * sum(a == b for a, b in pairs) / len(pairs)


def perplexity(logarithms):
    logarithms = list(logarithms)
    return math.exp(-sum(logarithms) / len(logarithms))


def add_figures(section, nestc, nest, gguf):
    whole = float_weights(gguf)
    named, narrow, real, plain, other, exact, apart = [], [], [], [], [], [], []
    each = []
    for text in TEXTS:
        first = predictions(gguf, text)
        mine = ours(nestc, nest, first["tokens"])
        names = [best for best, _ in mine]
        named += names
        narrow += [best for best, _ in ours(nestc, nest, first["tokens"], "--activations", "8")]
        real += [logarithm for _, logarithm in mine]
        plain += first["rows"]
        other += predictions(gguf, text, "--no-flash-attention")["rows"]
        judge = predictions(whole, text)
        each.append(share(zip(names, likeliest(judge))))
        apart += margins(judge, names)
        exact += judge["rows"]
    top = lambda rows: [row["top"][0][0] for row in rows]
    count, sizes = len(named), ", ".join(f"{value:.1f}" for value in each)
    agreed = share(zip(named, top(exact)))
    section.add(
        f"same likeliest next token as llama.cpp with the same weights as float32, {count} tokens of {len(TEXTS)} texts",
        f"{agreed:.1f} % ({sizes}); with --activations 8 {share(zip(narrow, top(exact))):.1f} %; "
        f"where they differ llama.cpp holds its own for {max(apart, default=0):.2f} nats likelier at most",
        agreed,
        "%",
        f"as it comes, with activations of 8 bits: {share(zip(top(plain), top(exact))):.1f} %",
        [at_least(agreed, 98, "98 %")],
    )
    beside = share(zip(named, top(plain)))
    section.add(
        "the same beside llama.cpp as it comes",
        f"{beside:.1f} %",
        beside,
        "%",
        f"with itself, attention computed its other way: {share(zip(top(plain), top(other))):.1f} %",
    )
    mine = perplexity(real)
    theirs, truth = (perplexity(row["next"] for row in rows) for rows in (plain, exact))
    worse = 100 * (mine / truth - 1)
    section.add(
        "perplexity on them",
        f"{mine:.4f} ({worse:+.2f} % against float32)",
        mine,
        "",
        f"with float32 weights {truth:.4f}; as it comes {theirs:.4f}",
        [at_most(abs(worse), 1, "within 1 %")],
    )
