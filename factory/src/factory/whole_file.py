"""Files that are written whole or not at all."""

import contextlib
import json
import os
import pathlib
import secrets

from factory.failure import Failure


def write(path, data, advice=""):
    """Bytes, or a text, under a name, once they are on storage. `advice`: what a failure's line ends with."""
    target = pathlib.Path(path)
    part = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    try:
        # A file that nobody else has made, with the rights that this user's new files have.
        with open(part, "xb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise Failure(f"{target}: {error.strerror}{advice}") from None
    return target


def write_json(path, value, advice=""):
    return write(path, json.dumps(value, indent=1, sort_keys=True) + "\n", advice)
