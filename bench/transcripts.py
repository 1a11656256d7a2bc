#!/usr/bin/env python3
"""Measures what `swiftlet transcribe` hears of clips with known texts beside CTranslate2's int8 Whisper in the same run, and writes
the figures as data: build/bench/transcripts.json, with every text in build/bench/transcripts.tsv.

usage: bench/transcripts.py PEER_MODEL [--model NEST] [--only GROUP …]

PEER_MODEL is Whisper base as CTranslate2 has it (a folder with model.bin, config.json, tokenizer.json); clips are data/speech of the
evaluation data (SWIFTLET_DATA or ../shared/data).
needs: pip install ctranslate2==4.8.5 tokenizers numpy scipy opencc-python-reimplemented==0.1.7
"""

import argparse
import functools
import json
import os
import pathlib
import statistics
import subprocess
import sys

import ctranslate2
import numpy as np
import opencc
import tokenizers
from logmel import log_mel
from record import BUILD, ROOT, SWIFTLET, Section, at_most, processor
from transcript_errors import errors, known, loops

DATA = pathlib.Path(os.environ.get("SWIFTLET_DATA", ROOT.parent / "shared" / "data")) / "speech"
simplified = opencc.OpenCC("t2s").convert


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("peer")
    parser.add_argument("--model", default="whisper-base")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--only", nargs="*")
    return parser.parse_args()


options = arguments()
section = Section("transcripts", "bench/transcripts.py PEER_MODEL", peer="CTranslate2 int8", processor=processor(), only=options.only)


def clips(kind):
    for name, its_kind, text in known(DATA / "transcripts.tsv"):
        if its_kind == kind:
            yield DATA / name, text


def ours(paths, language, *words):
    command = [SWIFTLET, "transcribe", *paths, "--model", options.model, "--language", language, "--threads", options.threads, "--json"]
    run = subprocess.run([*map(str, command), *words], capture_output=True, text=True, cwd=ROOT)
    if run.returncode != 0:
        raise RuntimeError(f"swiftlet transcribe: exit {run.returncode}: {run.stderr.strip()}")
    return [json.loads(line) for line in run.stdout.splitlines()]


@functools.cache
def peer():
    threads = int(options.threads)
    model = ctranslate2.models.Whisper(options.peer, device="cpu", compute_type="int8", intra_threads=threads, inter_threads=1)
    return model, tokenizers.Tokenizer.from_file(options.peer + "/tokenizer.json")


def theirs(path, language):
    model, tokenizer = peer()
    prompt = ["<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>", "<|notimestamps|>"]
    mel = ctranslate2.StorageView.from_array(np.ascontiguousarray(log_mel(path, 30).T[None]))
    result = model.generate(mel, [[tokenizer.token_to_id(each) for each in prompt]], beam_size=1, max_length=200)
    return simplified(tokenizer.decode(result[0].sequences_ids[0]))


def compare(name, kind, asked, language, margin):
    rows = list(clips(kind))
    answers = ours([path for path, _ in rows], asked)
    truths = [text for _, text in rows]
    mine, other = list(zip(truths, (each["text"] for each in answers))), list(zip(truths, (theirs(path, language) for path, _ in rows)))
    with open(BUILD / "transcripts.tsv", "a", encoding="utf-8") as file:
        for (path, truth), (_, one), (_, two) in zip(rows, mine, other):
            file.write("\t".join((name, path.name, truth, one, two)) + "\n")
    own, bound = errors(mine), errors(other)
    factor = statistics.median(each["realTimeFactor"] for each in answers)
    section.add(name, f"{own:.1f} % of {len(rows)} clips, {loops(mine)} loops; {factor:.3f} of real time", own, "%", f"{bound:.1f} %",
                [at_most(own, bound + margin, f"+{margin} points")] if margin is not None else [])


def chinese():
    compare("Chinese characters wrong", "zh", "zh", "zh", 0.5)


def english():
    compare("English words wrong", "en", "en", "en", 0.5)


def letters():
    compare("Chinese clips with letters: characters and words wrong", "zh+latin", "zh", "zh", None)


def mixed():
    compare("mixed clips: characters and words wrong", "mixed", "mixed", "zh", 0.5)


def found_language():
    """The same clips, the language left to the model."""
    compare("Chinese characters wrong, language found", "zh", "auto", "zh", None)
    compare("English words wrong, language found", "en", "auto", "en", None)
    compare("mixed clips wrong, language found", "mixed", "auto", "zh", None)


if __name__ == "__main__":
    BUILD.mkdir(parents=True, exist_ok=True)
    if not options.only:
        (BUILD / "transcripts.tsv").unlink(missing_ok=True)
    sys.exit(0 if section.measure([chinese, english, letters, mixed, found_language]) else 1)
