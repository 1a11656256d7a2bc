#!/usr/bin/env python3
"""Measures `swiftlet listen` as people have it: clips in real time with silence between, and hours in which nobody speaks, and writes
the figures as data: build/bench/listen.json, with every text in build/bench/listen.tsv.

usage: bench/listen.py [--only GROUP …]      (bench.sh builds what it measures; a GROUP is a function below, with hyphens)

Two latencies are kept apart: `after the speech` is from the last sample in which the end-pointer hears a voice until the text that
becomes final first stands there; `after the end was known` from the sample with which the end-pointer decides that the utterance is
over until its text is final. Clips are those of shared/data/speech.
"""

import json
import os
import pathlib
import subprocess
import sys

from counting import PEERS
from record import BUILD, ROOT, SWIFTLET, Section, at_most, processor

sys.path.insert(0, str(PEERS / "native"))

import numpy  # noqa: E402
import soundscape  # noqa: E402
from logmel import RATE, sound  # noqa: E402
from transcript_errors import errors, known  # noqa: E402

DATA = pathlib.Path(os.environ.get("SWIFTLET_DATA", ROOT.parent / "shared" / "data")) / "speech"
THREADS = "2"
section = Section("listen", "bench/listen.py", only=sys.argv[2:] if sys.argv[1:2] == ["--only"] else None)


def swiftlet(*words):
    run = subprocess.run([str(word) for word in (SWIFTLET, *words)], capture_output=True, text=True, cwd=ROOT)
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: exit {run.returncode}: {run.stderr.strip()}")
    return [json.loads(line) for line in run.stdout.splitlines()]


def listen(samples, *words):
    """What is heard of samples: utterances and what they came to."""
    path = BUILD / "listen.wav"
    soundscape.write(path, samples)
    try:
        *utterances, last = swiftlet("listen", "--wav", path, "--threads", THREADS, "--json", *words)
    finally:
        path.unlink()
    return utterances, last["summary"]


def clips(kind):
    found = [(DATA / name, text) for name, its_kind, text in known(DATA / "transcripts.tsv") if its_kind == kind]
    if not found:
        raise RuntimeError(f"no clips in {DATA}")
    return found


def conversation(paths):
    """Clips one after another with a room's quiet between them; the sound, and where each of them lies, seconds."""
    generator = numpy.random.default_rng(1)
    parts, places, length = [soundscape.room(generator, 2)], [], 2.0
    for path in paths:
        samples = sound(path)
        places.append((length, length + len(samples) / RATE))
        parts += [samples + soundscape.room(generator, len(samples) / RATE)[: len(samples)], soundscape.room(generator, 2)]
        length = sum(map(len, parts)) / RATE
    return numpy.concatenate(parts), places


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, -(-len(ordered) * percent // 100) - 1)]


def live(name, kind, language, margin):
    """The same clips as they are spoken and as whole files."""
    rows = clips(kind)
    whole = [each["text"] for each in swiftlet("transcribe", *(path for path, _ in rows), "--language", language, "--json")]
    samples, places = conversation([path for path, _ in rows])
    utterances, summary = listen(samples, "--language", language, "--pace", "real-time")
    heard = [" ".join(each["text"] for each in utterances if start - 1 <= (each["start"] + each["end"]) / 2 < end + 1)
             for start, end in places]
    with open(BUILD / "listen.tsv", "a", encoding="utf-8") as file:
        for (path, truth), one, two in zip(rows, heard, whole):
            file.write("\t".join((path.name, truth, one, two)) + "\n")
    truths = [text for _, text in rows]
    own, bound = errors(list(zip(truths, heard))), errors(list(zip(truths, whole)))
    section.add(f"{name} wrong, spoken live, {len(rows)} clips", f"{own:.1f} %, as whole files {bound:.1f} %", own, "%",
                bounds=[at_most(own, bound + margin, f"+{margin} points")])
    if summary["lost"] or summary["overruns"]:
        raise RuntimeError(f"{summary['lost']} samples lost")
    return utterances


def latencies(name, utterances, bounds):
    for key, said, limits in (("afterSpeech", "after the speech", bounds[0]), ("afterDecision", "after its end was known", bounds[1])):
        values = [each["milliseconds"][key] for each in utterances]
        found = {percent: percentile(values, percent) for percent in (50, 90)}
        section.add(f"final text {said}, {name}, {len(values)} utterances: 50 % / 90 %", f"{found[50]:.0f} / {found[90]:.0f} ms",
                    found[90], "ms",
                    bounds=[at_most(found[percent], limit, f"{limit} ms for {percent} %") for percent, limit in limits.items()])


def chinese():
    utterances = live("Chinese characters", "zh", "zh", 2)
    short = [each for each in utterances if each["end"] - each["start"] <= 3.3]
    latencies("up to 3 s, two threads", short, ({50: 150, 90: 300}, {90: 100}))
    latencies("of any length, two threads", utterances, ({}, {90: 100}))


def english():
    utterances = live("English words", "en", "en", 2)
    latencies("English, two threads", utterances, ({}, {}))


def silence():
    """What a microphone costs while nobody speaks, in real time."""
    utterances, summary = listen(soundscape.room(numpy.random.default_rng(2), 60), "--pace", "real-time")
    share = summary["milliseconds"]["processor"] / summary["audioSeconds"] / 10
    section.add("listening to silence: share of one core", f"{share:.2f} %", share, "%", bounds=[at_most(share, 5, "5 % at most")])
    if utterances:
        raise RuntimeError(f"silence is heard as {utterances[0]['text']}")


def resident(process):
    """Megabytes of a running process."""
    lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1000


def soak():
    """Two hours of a quiet room through a pipe, as fast as they are taken: the memory after ten minutes and at the end."""
    minute = (soundscape.room(numpy.random.default_rng(4), 60) * 32768).astype("<i2").tobytes()
    command = [str(word) for word in (SWIFTLET, "listen", "--wav", "-", "--threads", THREADS, "--json")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        for number in range(120):
            process.stdin.write(minute)
            if number == 10:
                early = resident(process)
        grown = resident(process) - early
        process.stdin.close()
        last = json.loads(process.stdout.read().splitlines()[-1])["summary"]
    section.add(f"memory grown in {last['audioSeconds'] / 3600:.1f} hours of silence", f"{grown:.2f} MB", grown, "MB",
                bounds=[at_most(grown, 1, "1 MB at most")])
    if last["utterances"] or process.returncode:
        raise RuntimeError(f"{last['utterances']} texts in silence, exit {process.returncode}")


def nothing_invented():
    """Half an hour of all kinds of sound in which nobody speaks."""
    heard = []
    for name, samples in soundscape.without_speech():
        utterances, summary = listen(samples, "--pace", "none")
        print(f"bench: {name}: {len(utterances)} texts, {summary['utterancesWithoutText']} times nothing "
              f"of {summary['audioSeconds']:.0f} s", flush=True)
        heard += [(name, summary["audioSeconds"], each) for each in utterances]
        heard += [(name, summary["audioSeconds"], None)]
    texts = [(name, each) for name, _, each in heard if each]
    with open(BUILD / "listen.tsv", "a", encoding="utf-8") as file:
        for name, each in texts:
            file.write("\t".join((name, "", each["text"], "")) + "\n")
    minutes = sum(seconds for _, seconds, each in heard if each is None) / 60
    section.add(f"texts in {minutes:.0f} minutes without speech", f"{len(texts)}", len(texts), "texts",
                bounds=[at_most(len(texts), 1, "1 at most")])


if __name__ == "__main__":
    BUILD.mkdir(parents=True, exist_ok=True)
    if not section.only:
        (BUILD / "listen.tsv").unlink(missing_ok=True)
    section.processor = processor()
    sys.exit(0 if section.measure([chinese, english, silence, soak, nothing_invented]) else 1)
