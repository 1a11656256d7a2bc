"""Instructions that a program executes on an ARM core, counted by QEMU."""

import os
import pathlib
import subprocess

from record import BUILD, ROOT

PEERS = ROOT / "build" / "peers"

# What /proc/cpuinfo says on such a core. LiteRT reads it to choose its kernels, and crashes on a file that speaks of
# another architecture. `max` is QEMU's core with every extension; i8mm is the one that matters here.
BASE_FEATURES = "fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid"
A76_FEATURES = BASE_FEATURES + " atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp"
CORES = {
    "cortex-a53": ("0xd03", BASE_FEATURES),
    "cortex-a76": ("0xd0b", A76_FEATURES),
    "max": ("0xd40", A76_FEATURES + " i8mm bf16"),
}
# Cores whose instructions no table counts; bench/board-time.py runs on them.
OTHER_CORES = {"cortex-a72": ("0xd08", BASE_FEATURES)}


def processor_file(core):
    part, features = (CORES | OTHER_CORES)[core]
    block = (
        f"BogoMIPS\t: 108.00\nFeatures\t: {features}\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
        f"CPU variant\t: 0x1\nCPU part\t: {part}\nCPU revision\t: 1\n"
    )
    path = BUILD / f"cpuinfo-{core}"
    path.write_text("".join(f"processor\t: {index}\n{block}\n" for index in range(4)))
    return path


def plugin():
    """The counting plugin, built against the installed QEMU's version of the interface."""
    library = BUILD / "instructions.so"
    source = pathlib.Path(__file__).with_name("instructions.c")
    if not library.exists() or library.stat().st_mtime < source.stat().st_mtime:
        banner = subprocess.run(["qemu-aarch64", "--version"], capture_output=True, text=True, check=True).stdout
        major = int(banner.split("version ")[1].split(".")[0])
        subprocess.run(
            [
                "clang",
                "-shared",
                "-fPIC",
                "-O2",
                "-Wall",
                "-Wextra",
                f"-DQEMU_PLUGIN_VERSION={2 if major >= 9 else 1}",
                "-o",
                library,
                source,
            ],
            check=True,
        )
    return library


def count(core, program, environment=None, prefix=None, as_core=False):
    """Instructions of one run. `as_core` shows the program the core's own /proc/cpuinfo (in a mount namespace)."""
    result = BUILD / f"count-{os.getpid()}"
    command = ["qemu-aarch64", "-cpu", core] + (["-L", str(prefix)] if prefix else [])
    command += ["-plugin", f"{plugin()},out={result}"] + [str(word) for word in program]
    if as_core:
        namespace = ["unshare", "-m"] if os.getuid() == 0 else ["unshare", "-rm"]
        command = (
            namespace + ["sh", "-c", 'mount --bind "$1" /proc/cpuinfo && shift && exec "$@"', "sh", str(processor_file(core))] + command
        )
    # An almost empty environment: its size moves the stack, and with it the count.
    run = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ["PATH"]} | (environment or {}))
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit {run.returncode}: {run.stderr.strip()}")
    value = int(result.read_text())
    result.unlink()
    return value


def per_repetition(core, program, **options):
    """Instructions of one repetition: what more repetitions take over few; start-up and warm-up cancel out.
    `program` takes the number of repetitions and gives the command."""
    few, more = 2, 6
    first = count(core, program(few), **options)
    rough = (count(core, program(more), **options) - first) / (more - few)
    # A start-up differs by thousands of instructions from run to run: enough repetitions to make that small.
    needed = few + min(400, int(50e6 / max(rough, 1e5)))
    if needed <= more:
        return rough
    return (count(core, program(needed), **options) - first) / (needed - few)


def litert(core, model):
    python = next((PEERS / "root" / "usr" / "bin").glob("python3.*[0-9]"))
    script = pathlib.Path(__file__).with_name("litert-run.py")
    return per_repetition(
        core,
        lambda repetitions: [python, script, model, "count", repetitions],
        environment={"PYTHONPATH": str(PEERS / "aarch64"), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"},
        prefix=PEERS / "root",
        as_core=True,
    )
