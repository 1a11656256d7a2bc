#!/usr/bin/env python3
"""llama.cpp through PyPI's xllamacpp, for comparison.

    llama-run.py MODEL.gguf THREADS            answers lines {"prompt", "tokens"} with the figures of a completion
    llama-run.py MODEL.gguf THREADS TOKENS     continues one text by so many tokens and ends
"""

import json
import sys

import xllamacpp


def main():
    parameters = xllamacpp.CommonParams()
    parameters.model.path = sys.argv[1]
    parameters.n_ctx = 1024 if len(sys.argv) == 3 else 128
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = int(sys.argv[2])
    parameters.warmup = False
    server = xllamacpp.Server(parameters)

    def complete(prompt, tokens):
        reply = server.handle_completions(
            {"prompt": prompt, "n_predict": tokens, "temperature": 0, "cache_prompt": False, "ignore_eos": True}
        )
        return (reply if isinstance(reply, dict) else json.loads(reply))["timings"]

    if len(sys.argv) == 4:
        print(json.dumps(complete("The history of the bicycle begins with", int(sys.argv[3]))), flush=True)
        return
    for line in sys.stdin:
        question = json.loads(line)
        timings = complete(question["prompt"], question["tokens"])
        print(
            json.dumps(
                {"decode": timings["predicted_per_second"], "prompt": timings["prompt_per_second"], "promptTokens": timings["prompt_n"]}
            ),
            flush=True,
        )


main()
