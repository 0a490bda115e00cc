"""Builds the apps, once for each state of their sources: `python -m deploy.apps` says where they
are."""

import hashlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from deploy.apps.node import environment
from deploy.local.exclusive import exclusive
from deploy.local.paths import ROOT, STATE

APPS = ("phone", "desk", "screen")
CACHE = STATE / "apps"
SOURCES = (
    "apps",
    "api/openapi.json",
    "contracts/texts",
    "jinan/data/jinan_districts_gcj02.geojson",
    "services/incidents/routing/domain/signs-*.toml",
)
"""What a build reads, below the checkout's root; patterns of paths."""
BUILD_SECONDS = 900
KEPT = 3
"""Builds that stay: a running platform may serve one of the older."""
_NOT_SOURCES = frozenset(("node_modules", "dist", "screenshots", "__pycache__"))
_GENERATED = frozenset(("schema.ts", "values.ts", "text-keys.ts"))
_OTHERS = frozenset((".md", ".py", ".pyc"))

Say = Callable[[str], None]


class BuildError(Exception):
    """The apps could not be built; the message has the end of what the tool said."""


def sources(root: Path = ROOT) -> Iterator[Path]:
    """Every file that a build depends on, in order."""
    for start in (start for name in SOURCES for start in sorted(root.glob(name))):
        found = [start] if start.is_file() else _below(start)
        for path in sorted(found):
            if path.suffix not in _OTHERS and path.name not in _GENERATED:
                yield path


def _below(folder: Path) -> Iterator[Path]:
    """Like rglob, past the tens of thousands of files of the packages."""
    for path in folder.iterdir():
        if path.is_dir() and path.name not in _NOT_SOURCES:
            yield from _below(path)
        elif path.is_file():
            yield path


def digest(root: Path = ROOT) -> str:
    """The state of the sources, as 16 hexadecimal digits."""
    total = hashlib.sha256()
    for path in sources(root):
        total.update(str(path.relative_to(root)).encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def built(say: Say, root: Path = ROOT, cache: Path = CACHE) -> Path:
    """The folder with `phone`, `desk` and `screen`, ready to be served; builds them where the
    sources have changed. Raises BuildError."""
    with exclusive(cache / "lock", wait=True):
        folder = cache / digest(root)
        if not folder.exists():
            _build(say, root, cache, folder)
        folder.touch()
        _forget_old(cache)
        return folder


def workshop(say: Say, root: Path = ROOT, cache: Path = CACHE) -> Path:
    """A copy of `apps/` with its packages, for the tools that check it. Raises BuildError."""
    with exclusive(cache / "lock", wait=True):
        apps = _prepared(say, root, cache)
        npm(cache, apps, "run", "prepare-sources")
        return apps


def _prepared(say: Say, root: Path, cache: Path) -> Path:
    work = cache / "work"
    _copy(root, work)
    apps = work / "apps"
    lock = hashlib.sha256((apps / "package-lock.json").read_bytes()).hexdigest()
    mark = apps / "node_modules" / ".quancheng-lock"
    if not mark.exists() or mark.read_text() != lock:
        say("apps: fetching their packages (210 MB, the first time) ...")
        npm(cache, apps, "ci", "--no-audit", "--no-fund")
        mark.write_text(lock)
    return apps


def _build(say: Say, root: Path, cache: Path, folder: Path) -> None:
    began = time.monotonic()
    apps = _prepared(say, root, cache)
    for name, task in (("types and texts", "prepare-sources"), *((a, f"build:{a}") for a in APPS)):
        say(f"apps: {name} ...")
        npm(cache, apps, "run", task)
    say("apps: compressing ...")
    npm(cache, apps, "run", "compress")
    part = cache / "part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for name in APPS:
        shutil.move(apps / name / "dist", part / name)
    part.rename(folder)
    say(f"apps: built in {time.monotonic() - began:.0f} s")


def _copy(root: Path, work: Path) -> None:
    """The sources as they are now, with the packages that are there already."""
    kept = {path.relative_to(root) for path in sources(root)}
    for old in work.rglob("*"):
        name = old.relative_to(work)
        if "node_modules" not in name.parts and old.is_file() and name not in kept:
            old.unlink()
    for name in kept:
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, work / name)


def npm(cache: Path, folder: Path, *arguments: str) -> None:
    """Runs npm in `folder`. Raises BuildError with the end of what it said."""
    fetches = arguments[0] == "ci"
    try:
        done = subprocess.run(
            ["npm", *arguments],
            cwd=folder,
            env=environment(cache / "node"),
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BuildError(f"npm {' '.join(arguments)} took more than {BUILD_SECONDS} s") from None
    if done.returncode:
        said = (done.stdout + done.stderr)[-3000:]
        hint = "It needs the package registry that npm is configured for." if fetches else ""
        raise BuildError(f"npm {' '.join(arguments)} failed in apps/:\n{said}\n{hint}")


def _forget_old(cache: Path) -> None:
    folders = [path for path in cache.iterdir() if len(path.name) == 16 and path.is_dir()]
    for old in sorted(folders, key=lambda path: -path.stat().st_mtime)[KEPT:]:
        with suppress(OSError):
            shutil.rmtree(old)
