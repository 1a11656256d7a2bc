#!/usr/bin/env python3
"""Makes Tests/golden/tokenizer/words.jsonl: where the pre-tokenizers of published byte-level tokenizers cut strings, by
the package `tokenizers`.

needs: pip install tokenizers
usage: goldens/words.py [Tests/golden/tokenizer/words.jsonl]
"""

import json
import sys

from tokenizers import Regex, pre_tokenizers

from tokenizer_strings import strings

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SCANNERS = {
    "gpt-2": pre_tokenizers.ByteLevel(add_prefix_space=False),
    "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]),
    "llama-bpe": pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
    "qwen2": pre_tokenizers.Split(Regex(LLAMA3.replace("{1,3}", "")), "isolated"),
}


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else "Tests/golden/tokenizer/words.jsonl"
    with open(path, "w") as file:
        for index, text in enumerate(strings(800, seed=11)):
            name = list(SCANNERS)[index % 4]
            if len(text) > 200:
                continue
            ends = [len(text[:end].encode()) for _, (_, end) in SCANNERS[name].pre_tokenize_str(text)]
            # Byte-level pieces of one character share its offsets; a cut is where the offset moves on.
            file.write(json.dumps([name, text, ends], separators=(",", ":")) + "\n")


main()
