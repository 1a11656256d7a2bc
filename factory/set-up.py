#!/usr/bin/env python3
"""Makes build/factory, a virtual environment with the command `factory` and all that it needs, at pinned versions.

usage: factory/set-up.py

requirements.lock has hashes of wheels for Python 3.11 on x86-64 Linux; elsewhere its versions are installed without them. PyTorch is
looked for where pip looks, as a build for CPUs, then at PyTorch's own index: the one on PyPI brings gigabytes for graphics cards.
"""

import hashlib
import pathlib
import platform
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PLACE = ROOT / "build/factory"
LOCK = ROOT / "factory/requirements.lock"
INDEX = "https://download.pytorch.org/whl/cpu"


def say(text):
    print(f"set-up: {text}", flush=True)


def install(python, *words):
    """pip's exit status and the end of what it said."""
    run = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *map(str, words)],
                         capture_output=True, text=True)
    return run.returncode, (run.stderr.strip() or run.stdout.strip())[-600:]


def requirements():
    """The lock file as this Python can use it."""
    if sys.version_info[:2] == (3, 11) and platform.machine() == "x86_64":
        return ["--require-hashes", "-r", LOCK]
    target = PLACE / "requirements.txt"
    target.write_text(re.sub(r"\s*\\?\s*--hash=\S+", "", LOCK.read_text()))
    say("hashes are known for Python 3.11 on x86-64 alone; versions are pinned here, hashes are not checked")
    return ["-r", target]


def main():
    digest = hashlib.sha256(LOCK.read_bytes() + (ROOT / "factory/pyproject.toml").read_bytes()).hexdigest()
    mark = PLACE / "complete"
    if mark.exists() and mark.read_text() == digest:
        say("build/factory is there")
        return 0
    if sys.version_info < (3, 11):
        say(f"Python 3.11 or newer is needed, this is {platform.python_version()}")
        return 1
    say("build/factory: PyTorch and its company, some 250 MB")
    subprocess.run([sys.executable, "-m", "venv", PLACE], check=True)
    python = PLACE / "bin/python"
    wanted = requirements()
    status, said = install(python, "--no-deps", *wanted)
    if status != 0:
        status, said = install(python, "--no-deps", "--extra-index-url", INDEX, *wanted)
    if status != 0:
        print(said, file=sys.stderr)
        say(f"PyTorch for CPUs (or what goes with it) is neither where pip looks (its index, PIP_FIND_LINKS) nor at {INDEX}; see above")
        return 1
    status, said = install(python, "--no-deps", "--no-build-isolation", "--editable", ROOT / "factory")
    if status != 0:
        print(said, file=sys.stderr)
        return 1
    mark.write_text(digest)
    say("done: build/factory/bin/factory --help")
    return 0


sys.exit(main())
