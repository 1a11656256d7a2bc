"""A run's folder: its options, log, checkpoint and results. Every file is written whole or not at all."""

import io
import json
import pathlib
import time

import torch

from factory import whole_file
from factory.failure import Failure

OPTIONS, LOG, CHECKPOINT, MODEL, RESULT = "options.json", "log.jsonl", "checkpoint.pt", "model.pt", "result.json"
ADVICE = "; the run can go on from its last checkpoint"


class RunFolder:
    """Made by the command that runs; the same command once more goes on where it was interrupted."""

    def __init__(self, path, options):
        self.path = pathlib.Path(path)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Failure(f"{path}: {error.strerror}") from None
        known = self._json(OPTIONS)
        if known is not None and [file.name for file in self.path.iterdir()] == [OPTIONS]:
            # Whoever made it came to nothing.
            known = None
            (self.path / OPTIONS).unlink()
        if known is not None and known != options:
            changed = sorted(name for name in known.keys() | options.keys() if known.get(name) != options.get(name))
            raise Failure(f"{path} holds a run with other options ({', '.join(changed)}); name another folder with -o")
        if known is None:
            if any(self.path.iterdir()):
                raise Failure(f"{path} is a folder of something else; name another one with -o")
            self.save_json(OPTIONS, options)

    def _json(self, name):
        file = self.path / name
        try:
            return json.loads(file.read_text()) if file.exists() else None
        except (OSError, ValueError) as error:
            raise Failure(f"{file}: {error}") from None

    @property
    def result(self):
        """What the finished run found; None before."""
        return self._json(RESULT)

    def save(self, name, data):
        """Bytes under a name, once they are on storage."""
        return whole_file.write(self.path / name, data, ADVICE)

    def save_json(self, name, value):
        return whole_file.write_json(self.path / name, value, ADVICE)

    def save_torch(self, name, value):
        buffer = io.BytesIO()
        torch.save(value, buffer)
        return self.save(name, buffer.getvalue())

    def load_torch(self, name):
        """None where there is nothing of that name."""
        file = self.path / name
        return read_torch(file) if file.exists() else None

    def log(self, **entry):
        """A line of the log."""
        try:
            with open(self.path / LOG, "a", encoding="utf-8") as file:
                file.write(json.dumps({"at": round(time.time(), 1), **entry}) + "\n")
        except OSError as error:
            raise Failure(f"{self.path / LOG}: {error.strerror}") from None

    def entries(self):
        """The log, the last entry for each epoch alone: a resumed run says an epoch again."""
        entries = {}
        if (self.path / LOG).exists():
            for line in (self.path / LOG).read_text().splitlines():
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue
                if "epoch" in entry:
                    entries[entry["epoch"]] = entry
        return [entries[epoch] for epoch in sorted(entries)]


def read_torch(file):
    """A file of tensors and plain values; nothing in it is executed."""
    try:
        return torch.load(file, weights_only=True)
    except Exception as error:  # The pickle reader raises what it likes on a broken file.
        raise Failure(f"{file}: can't be read: {str(error).splitlines()[0][:200]}") from None
