#!/usr/bin/env python3
"""What llama.cpp (PyPI: xllamacpp) predicts after every token of a text, and how a compiled nest compares with it.

    goldens/language-predictions.py reference MODEL.gguf TEXT OUT.json [--tokens 501] [--no-flash-attention]
    goldens/language-predictions.py compare OUT.json NESTC MODEL.nest [NESTC OPTION ...]
    goldens/language-predictions.py golden OUT.json GOLDEN.txt

`reference` writes the tokens, the likeliest next tokens after each and the logarithm of the real next token's
probability; --no-flash-attention has llama.cpp compute attention in its other way. `compare` runs `nestc perplexity` on the same
tokens: how often the likeliest token is the same, and how far the perplexities are apart. `golden` keeps every tenth
position for the tests.
"""
import json, math, subprocess, sys, tempfile, urllib.request

PROBABILITIES = 64


def server(model, context, flash_attention):
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    parameters.n_ctx = context
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    parameters.warmup = False
    if not flash_attention:
        parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    return xllamacpp.Server(parameters)


def ask(machine, path, question):
    request = urllib.request.Request(
        f"{machine.listening_address}/{path}", json.dumps(question).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


def reference(model, text, out, count=501, flash_attention=True):
    machine = server(model, 1024, flash_attention)
    words = open(text, encoding="utf-8").read()
    tokens = ask(machine, "tokenize", {"content": words, "add_special": True})["tokens"][:count]
    rows = []
    for end in range(1, len(tokens)):
        wanted = PROBABILITIES
        while True:
            reply = ask(
                machine,
                "completion",
                {"prompt": tokens[:end], "n_predict": 1, "n_probs": wanted, "temperature": 0, "cache_prompt": True, "stream": False},
            )
            top = reply["completion_probabilities"][0]["top_logprobs"]
            found = [entry["logprob"] for entry in top if entry["id"] == tokens[end]]
            if found or wanted >= 65536:
                break
            wanted *= 32
        rows.append({"top": [[entry["id"], entry["logprob"]] for entry in top[:5]], "next": found[0]})
    json.dump({"tokens": tokens, "rows": rows}, open(out, "w"))
    mean = -sum(row["next"] for row in rows) / len(rows)
    print(f"{len(rows)} predictions, perplexity {math.exp(mean):.4f}")


def compare(path, nestc, nest, options):
    data = json.load(open(path))
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(" ".join(str(token) for token in data["tokens"]))
        file.flush()
        text = subprocess.run(
            [nestc, "perplexity", nest, "--tokens", file.name, "--predictions", "--context", "1024"] + options,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    lines = text.strip().split("\n")
    same, ours, apart, close = 0, 0.0, [], 0
    for line, row in zip(lines, data["rows"]):
        index, best, logarithm = line.split()
        ours -= float(logarithm)
        same += int(best) == row["top"][0][0]
        # The first two are so near to each other that either may win.
        close += int(best) != row["top"][0][0] and row["top"][0][1] - row["top"][1][1] < 0.05
        apart.append(abs(float(logarithm) - row["next"]))
    count = len(data["rows"])
    theirs = -sum(row["next"] for row in data["rows"])
    print(lines[-1])
    print(
        f"top-1 agreement {same} of {count} ({100 * same / count:.2f} %), {close} of the others within 0.05 nats; "
        f"perplexity {math.exp(ours / count):.4f} "
        f"against {math.exp(theirs / count):.4f} ({100 * (math.exp((ours - theirs) / count) - 1):+.3f} %); "
        f"log probabilities apart: mean {sum(apart) / count:.4f}, most {max(apart):.4f}"
    )


def golden(path, out):
    data = json.load(open(path))
    with open(out, "w") as file:
        file.write("tokens " + " ".join(str(token) for token in data["tokens"]) + "\n")
        for index, row in enumerate(data["rows"]):
            if index % 10 == 9:
                file.write(f"{index} {row['next']:.4f} " + " ".join(f"{token} {logarithm:.4f}" for token, logarithm in row["top"]) + "\n")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if len(arguments) >= 4 and arguments[0] == "reference":
        options = arguments[4:]
        count = int(options[options.index("--tokens") + 1]) if "--tokens" in options else 501
        reference(arguments[1], arguments[2], arguments[3], count, "--no-flash-attention" not in options)
    elif len(arguments) >= 4 and arguments[0] == "compare":
        compare(arguments[1], arguments[2], arguments[3], arguments[4:])
    elif len(arguments) == 3 and arguments[0] == "golden":
        golden(arguments[1], arguments[2])
    else:
        sys.exit(__doc__)
