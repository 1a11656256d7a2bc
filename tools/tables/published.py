"""Packages that others publish, fetched and compared with the checksum that they had when a table was first made of them."""

import hashlib
import io
import pathlib
import subprocess
import sys
import zipfile


def checked(path, sha256):
    """The file's bytes; ends the program where they are others."""
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {path.name} has another checksum than it should")
    return data


def debian(place, name, version, sha256):
    """Unpacks a Debian package into the folder."""
    subprocess.run(["apt-get", "-q", "download", f"{name}={version}"], cwd=place, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    package = next(place.glob(f"{name}_*.deb"))
    checked(package, sha256)
    subprocess.run(["dpkg-deb", "-x", package, place], check=True)


def wheel(place, name, version, sha256):
    """A Python package from PyPI as an archive."""
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "-d", place,
                    f"{name}=={version}"], check=True)
    return zipfile.ZipFile(io.BytesIO(checked(next(place.glob(f"{name.replace('-', '_')}-*.whl")), sha256)))
