"""Names of scripts in one style, and no Python inside shell."""

import os
import pathlib
import re

from tree import Finding

COMMAND = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.(sh|py)")
# Python itself names what a package begins with, and what runs it.
MODULE = re.compile(r"(__init__|__main__|[a-z0-9]+(_[a-z0-9]+)*)\.py")
PYTHON = re.compile(r"\bpython3?\b[^|;&\n]*\s-(c\b|\s|$)")


def check(tree):
    for path in tree.files(".sh", ".py"):
        name = pathlib.PurePosixPath(path).name
        # Who can be called is a command; a part of others has a name that Python can import.
        is_command = path.endswith(".sh") or os.access(tree.root / path, os.X_OK)
        if not (COMMAND if is_command else MODULE).fullmatch(name):
            style = "a command's name has hyphens between its words" if is_command \
                else "a Python module's name has underscores between its words"
            yield Finding("script", path, 1, name, style)
    for path in tree.files(".sh"):
        for number, line in enumerate(tree.text(path).split("\n"), 1):
            if not line.lstrip().startswith("#") and PYTHON.search(line):
                yield Finding("script", path, number, line.strip(), "Python inside shell: it belongs in a file of its own")
