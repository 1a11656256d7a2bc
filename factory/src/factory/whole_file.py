"""Files that are written whole or not at all."""

import json
import os
import pathlib
import tempfile

from factory.failure import Failure


def write(path, text):
    """The text under a name, once it is on storage."""
    target, name = pathlib.Path(path), None
    try:
        with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False, encoding="utf-8") as file:
            name = file.name
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, target)
    except OSError as error:
        if name:
            pathlib.Path(name).unlink(missing_ok=True)
        raise Failure(f"{target}: {error.strerror}") from None


def write_json(path, value):
    write(path, json.dumps(value, indent=1, sort_keys=True) + "\n")
