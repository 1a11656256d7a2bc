"""Cycles that blocks of instructions take on an ARM core, by llvm-mca's model of its pipeline."""

import json
import subprocess

from board_blocks import PLACE

LLVM = PLACE / "llvm" / "usr" / "lib" / "llvm-19" / "bin"
# LLVM has no pipeline of the Cortex-A76; the Neoverse N1 is the same core made for servers.
PIPELINES = {"cortex-a53": "cortex-a53", "cortex-a72": "cortex-a72", "cortex-a76": "neoverse-n1"}
FEATURES = "+neon,+fp-armv8,+crc,+crypto,+lse,+rdm,+fullfp16,+dotprod,+i8mm,+bf16,+rcpc,+v8.2a"
# Executions of a block one after another, in a loop: the last ones run beside the first of the next.
ITERATIONS = 30
HOT = 0.99


def tool(name, *words, text):
    (library,) = (PLACE / "llvm" / "usr" / "lib").glob("*-linux-gnu")
    run = subprocess.run(
        [str(LLVM / name), "-mtriple=aarch64" if name == "llvm-mca" else "-triple=aarch64", *words],
        input=text,
        capture_output=True,
        text=True,
        env={"LD_LIBRARY_PATH": str(library)},
    )
    if run.returncode != 0:
        raise RuntimeError(f"{name}: {run.stderr.strip()[:300]}")
    return run.stdout


def hot(blocks):
    """The fewest blocks that hold 99 % of the instructions executed."""
    work = sorted(((count * (len(code) // 8), code) for code, count in blocks.items()), reverse=True)
    least, found, sum_of_found = HOT * sum(each for each, _ in work), [], 0
    for each, code in work:
        if sum_of_found >= least:
            break
        found.append(code)
        sum_of_found += each
    return found


def disassembled(codes):
    """The assembler lines of each block; those that LLVM can't read are left out."""
    lines = []
    for code in codes:
        for at in range(0, len(code), 8):
            lines.append(" ".join(f"0x{code[k : k + 2]}" for k in range(at, at + 8, 2)))
    # One instruction a line gives one line of text each, so that blocks can be told apart again.
    text = tool("llvm-mc", "-disassemble", f"-mattr={FEATURES}", text="\n".join(lines) + "\n").splitlines()
    listed = [line.strip() for line in text if line.strip() and not line.strip().startswith(".")]
    if len(listed) != len(lines):
        raise RuntimeError(f"llvm-mc: {len(lines)} instructions, {len(listed)} lines of assembler")
    blocks, at = [], 0
    for code in codes:
        blocks.append(listed[at : at + len(code) // 8])
        at += len(code) // 8
    return blocks


def cycles_of(codes, core):
    """Cycles of one execution of each block, for a core whose loads all hit the first cache."""
    regions = []
    for index, lines in enumerate(disassembled(codes)):
        regions += [f"# LLVM-MCA-BEGIN {index}", *lines, "# LLVM-MCA-END"]
    words = [f"-mcpu={PIPELINES[core]}", f"-mattr={FEATURES}", "-json", f"-iterations={ITERATIONS}"]
    data = json.loads(tool("llvm-mca", *words, text="\n".join(regions) + "\n"))
    found = {}
    for region in data["CodeRegions"]:
        found[codes[int(region["Name"])]] = region["SummaryView"]["TotalCycles"] / ITERATIONS
    return found


def cycles(counts, core):
    """Cycles of all instructions counted: those of the hot blocks, the others at the same rate."""
    codes = hot(counts.blocks)
    each = cycles_of(codes, core)
    sum_of_hot = sum(counts.blocks[code] * each[code] for code in each)
    instructions = sum(counts.blocks[code] * (len(code) // 8) for code in each)
    return sum_of_hot * counts.instructions / instructions
