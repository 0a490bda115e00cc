"""Fetches the locked jars: in parallel, resumed after an interruption, used only with the right
checksum."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import stamina

from deploy.local.artifacts import Artifact, MavenSource, Source, locked
from deploy.local.exclusive import exclusive
from deploy.local.progress import Progress, progress_on

PARALLEL = 6
ATTEMPTS = 6
BLOCK_BYTES = 1024 * 1024


class FetchError(Exception):
    """A jar could not be fetched; the message says which and what to do."""


def jars_of(server: str, cache: Path) -> Path:
    """The folder that holds the jars of `server`."""
    return cache / server


def missing(artifacts: Sequence[Artifact], cache: Path) -> list[Artifact]:
    """Those that are not complete in the cache. A file gets its name after its checksum was
    verified."""
    return [a for a in artifacts if not _is_complete(a, jars_of(a.server, cache) / a.file_name)]


def _is_complete(artifact: Artifact, file: Path) -> bool:
    return file.is_file() and file.stat().st_size == artifact.bytes


def fetch(
    cache: Path,
    artifacts: Sequence[Artifact] | None = None,
    source: Source | None = None,
    progress: Progress | None = None,
) -> int:
    """Fetches what the lock file names and the cache lacks; returns the number of files.

    Raises FetchError if one cannot be fetched or has the wrong checksum.
    """
    with exclusive(cache / "lock", wait=True):
        return _fetch(cache, locked() if artifacts is None else artifacts, source, progress)


def _fetch(
    cache: Path, wanted: Sequence[Artifact], source: Source | None, progress: Progress | None
) -> int:
    todo = missing(wanted, cache)
    _drop_unlocked(wanted, cache)
    if not todo:
        return 0
    origin = source or MavenSource()
    with progress or progress_on(todo) as shown, ThreadPoolExecutor(PARALLEL) as pool:
        # The largest first: it determines the total time.
        ordered = sorted(todo, key=lambda a: -a.bytes)
        outcomes = [pool.submit(fetch_one, artifact, cache, origin, shown) for artifact in ordered]
        try:
            for outcome in outcomes:
                outcome.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return len(todo)


def _drop_unlocked(wanted: Sequence[Artifact], cache: Path) -> None:
    """Removes jars of an older lock file: all jars of a folder are on the class path."""
    keep = {(a.server, a.file_name) for a in wanted}
    for server in {a.server for a in wanted}:
        for file in jars_of(server, cache).glob("*.jar"):
            if (server, file.name) not in keep:
                file.unlink()


def fetch_one(artifact: Artifact, cache: Path, source: Source, progress: Progress) -> Path:
    """Fetches one artifact into the cache; once more after a resumed download with a wrong
    checksum."""
    file = jars_of(artifact.server, cache) / artifact.file_name
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    resumed = part.exists()
    _download(artifact, part, source, progress)
    found = _sha256(part)
    if found != artifact.sha256 and resumed:
        progress.advanced(artifact, 0)
        part.unlink()
        _download(artifact, part, source, progress)
        found = _sha256(part)
    if found != artifact.sha256:
        part.unlink()
        raise FetchError(
            f"{artifact.coordinate}: the checksum does not match, so it is not used.\n"
            f"  locked  sha256 {artifact.sha256}\n  fetched sha256 {found}\n"
            "The file was changed on the way from the repository, or the lock file is wrong."
        )
    part.rename(file)
    progress.done(artifact)
    return file


def _download(artifact: Artifact, part: Path, source: Source, progress: Progress) -> None:
    try:
        for attempt in stamina.retry_context(
            on=OSError, attempts=ATTEMPTS, timeout=600, wait_initial=0.2
        ):
            with attempt:
                _continue(artifact, part, source, progress)
    except OSError as reason:
        raise FetchError(
            f"{artifact.coordinate} could not be fetched in {ATTEMPTS} attempts: {reason}\n"
            "What arrived is kept; the same command resumes from there."
        ) from reason


def _continue(artifact: Artifact, part: Path, source: Source, progress: Progress) -> None:
    have = part.stat().st_size if part.exists() else 0
    if have > artifact.bytes:
        part.unlink()
        have = 0
    if have == artifact.bytes:
        return
    with source.open(artifact, have) as stream, part.open("r+b" if have else "wb") as out:
        out.truncate(stream.offset)
        out.seek(stream.offset)
        for chunk in stream.chunks:
            out.write(chunk)
            progress.advanced(artifact, out.tell())
        arrived = out.tell()
    if arrived < artifact.bytes:
        raise ConnectionError(f"interrupted after {arrived:,} of {artifact.bytes:,} bytes")


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
