"""The files that are looked at: what git tracks or would track, and the package's targets."""

import dataclasses
import functools
import json
import pathlib
import subprocess

import source_text


@dataclasses.dataclass(frozen=True)
class Finding:
    check: str
    path: str
    line: int
    # What an exception names: it has to survive a moved line.
    name: str
    what: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.what}"


class Tree:
    def __init__(self, root, paths, package=None):
        self.root = pathlib.Path(root)
        self.paths = sorted(paths)
        self.package = package or {"targets": []}

    @staticmethod
    def of_checkout(root):
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=root, check=True, capture_output=True, text=True
        ).stdout
        dumped = subprocess.run(["swift", "package", "dump-package"], cwd=root, check=True, capture_output=True, text=True).stdout
        paths = [path for path in listed.split("\0") if path and (pathlib.Path(root) / path).is_file()]
        return Tree(root, paths, json.loads(dumped))

    def files(self, *suffixes, under=""):
        return [path for path in self.paths if path.endswith(suffixes) and path.startswith(under)]

    @functools.cache
    def text(self, path):
        return (self.root / path).read_text(errors="replace")

    @functools.cache
    def code(self, path, strings=False):
        return source_text.code(path, self.text(path), strings=strings)

    @functools.cached_property
    def folders(self):
        return {str(parent) for path in self.paths for parent in pathlib.PurePosixPath(path).parents}

    @functools.cached_property
    def names(self):
        return {pathlib.PurePosixPath(path).name for path in self.paths}

    @functools.cached_property
    def targets(self):
        return {target["name"]: target for target in self.package["targets"]}

    def folder_of(self, target):
        entry = self.targets[target]
        return entry.get("path") or ("Tests/" if entry["type"] == "test" else "Sources/") + target

    def dependencies(self, target):
        """Names of targets and of other packages' products."""
        return {next(iter(entry.values()))[0] for entry in self.targets[target]["dependencies"]}
