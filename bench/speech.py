#!/usr/bin/env python3
"""Measures the speech model beside CTranslate2, turn by turn in the same run, and writes the figures as data:
build/bench/speech.json.

usage: bench/speech.py [--only GROUP …]      (bench.sh builds what it measures; a GROUP is a function below, with hyphens)

CTranslate2 reads the model that the nest was made from. The clips are those of shared/data/speech.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import time

from counting import PEERS
from record import BUILD, NESTC, ROOT, Section, at_least, at_most, processor

sys.path.insert(0, str(PEERS / "native"))
DATA = pathlib.Path(os.environ.get("SWIFTLET_DATA", ROOT.parent / "shared" / "data")) / "speech"
NEST = ROOT / "models" / "whisper-base.nest"
SOURCE = ROOT / "models" / "sources" / "whisper-base"
ROUNDS = 5
START, END, CHINESE, ENGLISH, TRANSCRIBE, NO_TIMES = 50258, 50257, 50260, 50259, 50359, 50363
section = Section("speech", "bench/speech.py", peer="CTranslate2 4.8.5",
                  only=sys.argv[2:] if sys.argv[1:2] == ["--only"] else None)


def peer(kind):
    import ctranslate2

    return ctranslate2.models.Whisper(str(SOURCE), device="cpu", compute_type=kind, intra_threads=1)


def features(mel):
    import ctranslate2
    import numpy

    return ctranslate2.StorageView.from_array(numpy.ascontiguousarray(mel.T[None]))


def prompt(path):
    return [START, CHINESE if path.name.startswith("BAC") else ENGLISH, TRANSCRIBE, NO_TIMES]


def clips():
    found = sorted(DATA.glob("*.wav"))
    if not found:
        raise RuntimeError(f"no clips in {DATA}")
    return found


def ours(utterances, *words):
    """For each utterance, microseconds of its encoding and of a token, and the likeliest token after each."""
    lines, listed = [], BUILD / "utterances.txt"
    for index, (mel, frames, stride, tokens) in enumerate(utterances):
        path = BUILD / f"utterance-{index}.f32"
        mel.tofile(path)
        lines.append(" ".join(map(str, [path, frames, stride, *tokens])))
    listed.write_text("\n".join(lines) + "\n")
    command = [str(word) for word in (NESTC, "speech", NEST, "--utterances", listed, *words)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    result = []
    for line in run.stdout.splitlines():
        words = line.split()
        if words[0] == "utterance":
            result.append((int(words[1]), int(words[2]), []))
        else:
            result[-1][2].append(int(words[1]))
    return result


def predictions():
    """Texts are those that CTranslate2 in float32 chooses: each token is its first choice after those before."""
    from logmel import log_mel

    model, utterances = peer("float32"), []
    for path in clips()[::2]:
        mel, start = log_mel(path, 10), prompt(path)
        answer = model.generate(features(mel), [start], beam_size=1, max_length=100, suppress_tokens=[], suppress_blank=False)[0]
        utterances.append((mel, len(mel), 0, start + answer.sequences_ids[0]))
    same = total = 0
    for (_, _, _, tokens), (_, _, chosen) in zip(utterances, ours(utterances)):
        pairs = list(zip(chosen[3:], tokens[4:]))
        same += sum(a == b for a, b in pairs)
        total += len(pairs)
    share = 100 * same / total
    section.add(f"first choices equal to the source model's in float32, {total} steps", f"{share:.1f} %", share, "%",
                bounds=[at_least(share, 99, "99 % at least")])


def encoder():
    """The peer's window is the least that its second fits; ours ends with the speech and has a silence tail."""
    from logmel import log_mel

    model = peer("int8")
    clip = next(path for path in clips() if path.name.startswith("BAC"))
    for name, seconds, frames, stride, window in (("3 s of speech", 3.1, 300, 256, 4), ("10 s", 10, 1000, 0, 10)):
        mel, theirs_mel = log_mel(clip, seconds), features(log_mel(clip, window))
        model.encode(theirs_mel)
        times = []
        for _ in range(ROUNDS):
            own = ours([(mel, frames, stride, prompt(clip))], "--repeats", "4")[0][0] / 1000
            best = min(timed(lambda: model.encode(theirs_mel)) for _ in range(4))
            times.append((own, best))
        own, other = (statistics.median(values) for values in zip(*times))
        ratio = statistics.median(b / a for a, b in times)
        section.add(f"encoder, {name}, one thread", f"{own:.0f} ms", own, "ms", f"{other:.0f} ms, window of {window} s (ours {ratio:.2f}×)",
                    [at_least(ratio, 1.0, "1.0× CTranslate2")])


def timed(work):
    import numpy

    start = time.perf_counter()
    numpy.array(work())
    return (time.perf_counter() - start) * 1000


def memory():
    size = NEST.stat().st_size / 1e6
    section.add("nest of Whisper base", f"{size:.1f} MB", size, "MB", bounds=[at_most(size, 100, "100 MB at most")])


if __name__ == "__main__":
    section.processor = processor()
    sys.exit(0 if section.measure([predictions, encoder, memory]) else 1)
