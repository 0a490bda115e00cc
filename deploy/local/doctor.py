"""What this machine lacks to run the platform, checked before anything is started."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.local.binaries import PACKAGES, ProgramMissingError, program

PYTHON = (3, 11)
DISK_BYTES = 2 * 1024**3
LDD_SECONDS = 20
LIBRARY_PACKAGES = {
    "libcurl.so.4": "libcurl4",
    "liblzma.so.5": "liblzma5",
    "libcrypto.so.3": "libssl3",
    "libssl.so.3": "libssl3",
    "libresolv.so.2": "libc6",
    "libm.so.6": "libc6",
    "libc.so.6": "libc6",
    "libgcc_s.so.1": "libgcc-s1",
    "libstdc++.so.6": "libstdc++6",
}
"""System libraries that mongod links to, and the Debian and Ubuntu packages that contain them."""


@dataclass(frozen=True)
class Problem:
    """Something missing, and the remedy."""

    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}\n  -> {self.remedy}"


def examine(home: Path) -> list[Problem]:
    """All problems of this machine; empty if the platform can run with its data below `home`."""
    return [*_python(), *_disk(home), *_programs()]


def _python() -> list[Problem]:
    if sys.version_info[:2] >= PYTHON:
        return []
    have = ".".join(map(str, sys.version_info[:3]))
    return [
        Problem(
            f"Python {have} is too old.", "Install Python 3.11 or newer, then `make clean setup`."
        )
    ]


def _disk(home: Path) -> list[Problem]:
    place = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free >= DISK_BYTES:
        return []
    return [
        Problem(
            f"Only {free / 1e9:.1f} GB are free at {place}.",
            f"Free {DISK_BYTES / 1e9:.1f} GB there.",
        )
    ]


def _programs() -> list[Problem]:
    problems: list[Problem] = []
    for name in PACKAGES:
        try:
            path = program(name)
        except ProgramMissingError as reason:
            problems.append(Problem(str(reason), "make setup"))
            continue
        if not os.access(path, os.X_OK):
            problems.append(Problem(f"{path} may not be executed.", f"chmod +x {path}"))
        elif name == "mongod":
            problems += _libraries(path)
    return problems


def _libraries(mongod: Path) -> list[Problem]:
    ldd = shutil.which("ldd")
    if ldd is None:
        return []  # Without ldd, mongod's own log names what is missing.
    try:
        asked = subprocess.run(
            [ldd, str(mongod)],
            capture_output=True,
            text=True,
            timeout=LDD_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        return []
    return library_problems(asked.stdout + asked.stderr)


def library_problems(ldd_output: str) -> list[Problem]:
    """Parses `ldd mongod`: missing libraries, or a C library that is too old."""
    lacking: list[str] = sorted(
        set(re.findall(r"^\s*(\S+) => not found", ldd_output, re.MULTILINE))
    )
    old: list[str] = sorted(set(re.findall(r"version `(\S+)' not found", ldd_output)))
    problems: list[Problem] = []
    if lacking:
        packages: list[str] = sorted({LIBRARY_PACKAGES.get(name, name) for name in lacking})
        problems.append(
            Problem(
                f"mongod needs system libraries that are missing: {', '.join(lacking)}.",
                f"Let an administrator run: apt-get install {' '.join(packages)} "
                "(Debian, Ubuntu; elsewhere the packages with these libraries).",
            )
        )
    if old:
        problems.append(
            Problem(
                f"The system's libraries are too old for mongod: {', '.join(old)} not found.",
                "Use Ubuntu 22.04, Debian 12 or newer, or `make up` with Docker.",
            )
        )
    return problems
