"""The Java servers' jars, each locked by its sha256 in `servers.lock.json`, and where they come
from."""

import json
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import requests
from maven_artifact.artifact import Artifact as MavenArtifact
from maven_artifact.downloader import Downloader

LOCK_FILE = Path(__file__).with_name("servers.lock.json")
CHUNK_BYTES = 256 * 1024
TIMEOUT_SECONDS = (10, 30)  # to connect, and between two chunks


@dataclass(frozen=True)
class Artifact:
    """One jar of a server: `coordinate` is `group:name[:type:classifier]:version`."""

    server: str
    coordinate: str
    bytes: int
    sha256: str

    @property
    def file_name(self) -> str:
        """`name-version[-classifier].jar`, unique among the jars of one server."""
        parts = self.coordinate.split(":")
        return "-".join([parts[1], parts[-1], *parts[3:-1]]) + ".jar"


@dataclass(frozen=True)
class Stream:
    """An artifact's bytes from `offset` on (0 where the source cannot resume)."""

    offset: int
    chunks: Iterator[bytes]


class Source(Protocol):
    """Where artifacts come from. An OSError is worth a retry."""

    def open(self, artifact: Artifact, offset: int) -> AbstractContextManager[Stream]:
        """Opens the artifact, if possible at `offset` bytes."""
        ...


class MavenSource:
    """The public repository of Java packages, at the address that `maven-artifact` knows."""

    def __init__(self) -> None:
        self._resolver = Downloader().resolver

    @contextmanager
    def open(self, artifact: Artifact, offset: int) -> Generator[Stream]:
        """Requests the rest of the file; a server without ranges sends all of it."""
        address: str = self._resolver.uri_for_artifact(MavenArtifact.parse(artifact.coordinate))
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        with requests.get(
            address, headers=headers, stream=True, timeout=TIMEOUT_SECONDS
        ) as response:
            response.raise_for_status()
            resumed = response.status_code == requests.codes.partial_content
            yield Stream(offset if resumed else 0, response.iter_content(CHUNK_BYTES))


def locked(lock_file: Path = LOCK_FILE) -> list[Artifact]:
    """Every artifact that the lock file names."""
    return [Artifact(**entry) for entry in json.loads(lock_file.read_text())]
