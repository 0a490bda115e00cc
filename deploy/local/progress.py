"""Progress of a fetch: bars on a terminal, a line every 10 % elsewhere."""

import sys
from collections.abc import Sequence
from threading import Lock
from types import TracebackType
from typing import Protocol, Self

from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
from rich.progress import Progress as Bars

from deploy.local.artifacts import Artifact

MEGABYTE = 1_000_000
TITLES = {"kafka": "Apache Kafka", "zipkin": "Zipkin"}


class Progress(Protocol):
    """Receives how many bytes of an artifact have arrived, from several threads."""

    def __enter__(self) -> "Progress": ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def advanced(self, artifact: Artifact, arrived: int) -> None:
        """`arrived` bytes have arrived in total."""
        ...

    def done(self, artifact: Artifact) -> None:
        """The file is complete and verified."""
        ...


class Tally:
    """Bytes and files that have arrived, per server."""

    def __init__(self, artifacts: Sequence[Artifact]) -> None:
        self.total = {s: sum(a.bytes for a in artifacts if a.server == s) for s in TITLES}
        self._arrived: dict[Artifact, int] = dict.fromkeys(artifacts, 0)
        self._lock = Lock()

    def update(self, artifact: Artifact, arrived: int) -> int:
        """Records the new count; returns the bytes that have arrived for the artifact's server."""
        with self._lock:
            self._arrived[artifact] = arrived
            return sum(n for a, n in self._arrived.items() if a.server == artifact.server)


class PlainProgress:
    """A line for every 10 % of each server."""

    def __init__(self, artifacts: Sequence[Artifact]) -> None:
        self._tally = Tally(artifacts)
        self._tenths: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def advanced(self, artifact: Artifact, arrived: int) -> None:
        """Prints when another 10 % are complete."""
        have, total = self._tally.update(artifact, arrived), self._tally.total[artifact.server]
        tenth = 10 * have // total
        if tenth > self._tenths.get(artifact.server, 0):
            self._tenths[artifact.server] = tenth
            title = TITLES[artifact.server]
            print(f"fetch {title}: {10 * tenth} % of {total / MEGABYTE:.0f} MB", flush=True)

    def done(self, artifact: Artifact) -> None:
        """Counts it as complete."""
        self.advanced(artifact, artifact.bytes)


class BarProgress:
    """A bar for each server."""

    def __init__(self, artifacts: Sequence[Artifact]) -> None:
        self._tally = Tally(artifacts)
        columns = (
            TextColumn("{task.description:14}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
        )
        self._bars = Bars(*columns)
        servers = {a.server for a in artifacts}
        self._tasks = {
            s: self._bars.add_task(TITLES[s], total=self._tally.total[s]) for s in sorted(servers)
        }

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def advanced(self, artifact: Artifact, arrived: int) -> None:
        """Advances its server's bar."""
        self._bars.update(
            self._tasks[artifact.server],
            completed=self._tally.update(artifact, arrived),
        )

    def done(self, artifact: Artifact) -> None:
        """Counts it as complete."""
        self.advanced(artifact, artifact.bytes)


def progress_on(artifacts: Sequence[Artifact]) -> Progress:
    """Bars on a terminal, lines elsewhere."""
    return BarProgress(artifacts) if sys.stdout.isatty() else PlainProgress(artifacts)
